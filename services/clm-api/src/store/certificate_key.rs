//! What places a certificate in the order of a search, and where its pages begin.

use crate::domain::{
    inventory::Entry,
    inventory_filter::{Cursor, Order},
    page::PageRequest,
};

/// What places a certificate in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) number: i64,
    pub(super) ends_ms: i64,
}

/// Of all keys those of a page and one more.
pub(super) fn on_page(mut keys: Vec<Key>, page: &PageRequest<Cursor>, order: Order) -> Vec<Key> {
    let place = |key: &Key| key.place(order);
    keys.sort_unstable_by_key(place);
    if let Some(cursor) = page.after {
        let last = match cursor {
            Cursor::Newest(number) => Key { number, ends_ms: 0 },
            Cursor::Expiry(ends_ms, number) => Key { number, ends_ms },
        };
        keys.retain(|key| place(key) > place(&last));
    }
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    keys.truncate(size.saturating_add(1));
    keys
}

impl Key {
    fn of(entry: &Entry) -> Self {
        Self {
            number: entry.number,
            ends_ms: entry.certificate.not_after_ms,
        }
    }

    /// The lowest place is the first. Turned round by `!`, which is there for each number: a page token may hold any.
    fn place(&self, order: Order) -> (i64, i64) {
        match order {
            Order::Newest => (!self.number, 0),
            Order::Expiry => (self.ends_ms, self.number),
            Order::Ended => (!self.ends_ms, !self.number),
        }
    }

    /// Where the page after this certificate begins.
    pub(super) fn cursor(&self, order: Order) -> Cursor {
        match order {
            Order::Newest => Cursor::Newest(self.number),
            Order::Expiry | Order::Ended => Cursor::Expiry(self.ends_ms, self.number),
        }
    }
}

/// Where the page after this certificate begins.
pub fn cursor_of(entry: &Entry, order: Order) -> Cursor {
    Key::of(entry).cursor(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::page::Page;

    #[test]
    fn keys_are_turned_over_in_each_order_as_a_database_does() {
        let all: Vec<Key> = [(1, 30), (2, 10), (3, 30), (4, 20)]
            .map(|(number, ends_ms)| Key { number, ends_ms })
            .to_vec();
        let orders = [
            (Order::Newest, [4, 3, 2, 1]),
            (Order::Expiry, [2, 4, 1, 3]),
            (Order::Ended, [3, 1, 4, 2]),
        ];
        for (order, wanted) in orders {
            let mut request = PageRequest {
                size: 1,
                after: None,
            };
            let mut seen = Vec::new();
            loop {
                let keys = on_page(all.clone(), &request, order);
                let cursor = |key: &Key| key.cursor(order).to_string();
                let page = Page::cut(keys, request.size, 4, cursor);
                seen.extend(page.rows.iter().map(|key| key.number));
                let Some(next) = page.next else { break };
                request.after = Some(next.parse().unwrap());
            }
            assert_eq!(seen, wanted, "{order:?}");
        }
    }

    #[test]
    fn a_page_token_may_hold_any_number() {
        let key = Key {
            number: 1,
            ends_ms: 30,
        };
        for number in [i64::MIN, i64::MAX] {
            for order in [Order::Newest, Order::Expiry, Order::Ended] {
                let page = PageRequest {
                    size: 10,
                    after: Some(Cursor::Expiry(number, number)),
                };
                let is_behind_all = (number == i64::MAX) == (order == Order::Expiry);
                let left = on_page(vec![key], &page, order).len();
                assert_eq!(left, usize::from(!is_behind_all), "{order:?} {number}");
            }
        }
    }
}
