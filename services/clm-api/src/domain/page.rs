//! Keyset pages: a page begins after the last row of the one before, so that depth costs nothing.

use std::str::FromStr;

/// Rows on a page when nobody says otherwise.
pub const DEFAULT_PAGE_SIZE: u32 = 50;
/// Most rows on a page.
pub const LARGEST_PAGE_SIZE: u32 = 1000;

/// Which page of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest<K> {
    /// How many rows.
    pub size: u32,
    /// Key of the last row of the page before.
    pub after: Option<K>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// Token of the next page, when there is one.
    pub next: Option<String>,
    /// Rows on all pages.
    pub total: u64,
}

/// The page cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPage {
    /// Not a token of ours.
    #[error("read page_token: not one that a page ended with")]
    Token,
    /// Too large.
    #[error("read page_size: at most {LARGEST_PAGE_SIZE}")]
    Size,
}

impl InvalidPage {
    /// The field at fault.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Token => "page_token",
            Self::Size => "page_size",
        }
    }
}

impl<K: FromStr> PageRequest<K> {
    /// Reads what was asked for; zero and the empty token mean nothing was said.
    pub fn read(size: u32, token: &str) -> Result<Self, InvalidPage> {
        let size = match size {
            0 => DEFAULT_PAGE_SIZE,
            1..=LARGEST_PAGE_SIZE => size,
            _ => return Err(InvalidPage::Size),
        };
        let after = match token {
            "" => None,
            token => Some(token.parse().map_err(|_| InvalidPage::Token)?),
        };
        Ok(Self { size, after })
    }
}

impl<T> Page<T> {
    /// A page of a list that is whole in memory, ordered by keys.
    pub fn of_list(
        mut rows: Vec<T>,
        request: &PageRequest<String>,
        key: impl Fn(&T) -> String,
    ) -> Self {
        let total = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        rows.sort_by_cached_key(&key);
        if let Some(after) = &request.after {
            rows.retain(|row| key(row) > *after);
        }
        Self::cut(rows, request.size, total, key)
    }

    /// Cuts a page out of rows that were read with one more than its size, to see whether more follow.
    pub fn cut(mut rows: Vec<T>, size: u32, total: u64, token: impl Fn(&T) -> String) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| more).map(token);
        Self { rows, next, total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_token_only_when_more_follows() {
        let page = Page::cut(vec![1, 2, 3], 2, 3, ToString::to_string);
        assert_eq!((page.rows, page.next.as_deref()), (vec![1, 2], Some("2")));
        let last = Page::cut(vec![3], 2, 3, ToString::to_string);
        assert_eq!((last.rows, last.next), (vec![3], None));
    }

    #[test]
    fn a_list_in_memory_is_turned_over_page_by_page() {
        let mut request = PageRequest::<String>::read(2, "").unwrap();
        let mut seen = Vec::new();
        loop {
            let page = Page::of_list(vec!["c", "a", "b"], &request, ToString::to_string);
            assert_eq!(page.total, 3);
            seen.extend(page.rows);
            match page.next {
                Some(next) => request.after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, ["a", "b", "c"]);
    }

    #[test]
    fn sizes_and_tokens_are_checked() {
        assert_eq!(
            PageRequest::<i64>::read(0, ""),
            Ok(PageRequest {
                size: 50,
                after: None
            })
        );
        assert_eq!(
            PageRequest::<i64>::read(7, "12"),
            Ok(PageRequest {
                size: 7,
                after: Some(12)
            })
        );
        assert_eq!(PageRequest::<i64>::read(1001, ""), Err(InvalidPage::Size));
        assert_eq!(PageRequest::<i64>::read(1, "x"), Err(InvalidPage::Token));
    }
}
