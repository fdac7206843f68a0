//! Parts of queries that several endpoints share. The grammar of all lists: each parameter is a condition, all must hold;
//! `search` finds parts, whatever their case; `page_size` and `page_token` turn pages.

use ers_runtime::http::{Problem, wrong};
use serde::{Deserialize, Deserializer, de::Error as _};
use utoipa::IntoParams;

use crate::domain::{
    id::RealmName,
    page::{LARGEST_PAGE_SIZE, PageRequest},
};

const LONGEST_SEARCH: usize = 255;

/// Which part of a list is wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PlainQuery {
    /// Part of a name or description; case does not matter.
    #[serde(default)]
    #[param(max_length = 255)]
    search: String,
    /// Rows on a page: 50 when absent, at most 1000.
    #[serde(default, deserialize_with = "page_size")]
    #[param(maximum = 1000)]
    page_size: u32,
    /// `next_page_token` of the page before.
    #[serde(default)]
    page_token: String,
}

/// The same for what lies in realms.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RealmQuery {
    /// Only those of this realm.
    realm: Option<String>,
    /// Part of a name or description; case does not matter.
    #[serde(default)]
    #[param(max_length = 255)]
    search: String,
    /// Rows on a page: 50 when absent, at most 1000.
    #[serde(default, deserialize_with = "page_size")]
    #[param(maximum = 1000)]
    page_size: u32,
    /// `next_page_token` of the page before.
    #[serde(default)]
    page_token: String,
}

/// A text that is looked for.
pub(super) struct Search(String);

impl Search {
    pub(super) fn read(text: &str) -> Result<Self, Problem> {
        if text.chars().count() > LONGEST_SEARCH {
            return Err(wrong(
                "search",
                format!("at most {LONGEST_SEARCH} characters"),
            ));
        }
        Ok(Self(text.to_lowercase()))
    }

    /// Whether one of the texts has it as a part.
    pub(super) fn is_in(&self, texts: &[&str]) -> bool {
        self.0.is_empty()
            || texts
                .iter()
                .any(|text| text.to_lowercase().contains(&self.0))
    }
}

impl PlainQuery {
    pub(super) fn read(&self) -> Result<(Search, PageRequest<String>), Problem> {
        Ok((
            Search::read(&self.search)?,
            page(self.page_size, &self.page_token)?,
        ))
    }
}

impl RealmQuery {
    pub(super) fn read(&self) -> Result<(Search, PageRequest<String>), Problem> {
        Ok((
            Search::read(&self.search)?,
            page(self.page_size, &self.page_token)?,
        ))
    }

    pub(super) fn realm(&self) -> Result<Option<RealmName>, Problem> {
        self.realm
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| wrong("realm", error))
    }
}

fn page(size: u32, token: &str) -> Result<PageRequest<String>, Problem> {
    PageRequest::read(size, token).map_err(|error| wrong(error.field(), error))
}

/// A number of rows; the reader of queries by itself does not say which key it could not read.
pub(super) fn page_size<'de, D: Deserializer<'de>>(query: D) -> Result<u32, D::Error> {
    String::deserialize(query)?.parse().map_err(|_| {
        D::Error::custom(format_args!(
            "page_size: must be a number, at most {LARGEST_PAGE_SIZE}"
        ))
    })
}

/// A struct with the parts of a filter of the inventory, and more. Unknown keys are refused, which flattening would not.
macro_rules! with_filter {
    ($(#[$of:meta])* $name:ident { $($(#[$doc:meta])* $more:ident: $kind:ty,)* }) => {
        $(#[$of])*
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            /// Only those of this realm.
            realm: Option<String>,
            /// Part of subject or name, or the beginning of serial or fingerprint, of 3 characters or more; case does not matter.
            search: Option<String>,
            /// `valid`, `revoked` or `expired`.
            state: Option<String>,
            /// Valid now and not any more after so long, e.g. `30d`.
            expires_within: Option<String>,
            /// Ends then or later: a date, or a time of RFC 3339.
            expires_from: Option<String>,
            /// Ends before then.
            expires_before: Option<String>,
            /// Allowed by this policy.
            policy: Option<String>,
            /// Issued by this CA.
            issuer: Option<String>,
            /// With a key of this kind, e.g. `P-256`.
            key_algorithm: Option<String>,
            /// Of this end entity.
            end_entity: Option<String>,
            /// With this owner.
            owner: Option<String>,
            /// `true`: without an owner.
            #[serde(default)]
            unowned: bool,
            /// With all these tags, separated by commas: `name` with any value or none, or `name=value`.
            tags: Option<String>,
            /// `issued` or `imported`.
            source: Option<String>,
            /// `newest` first, which it is when absent (with `state=expired`: what ended last first), or by `expiry`, the soonest
            /// first.
            order: Option<String>,
            $($(#[$doc])* $more: $kind,)*
        }

        impl $name {
            /// The filter as it was written.
            fn filter_text(&self) -> crate::domain::inventory_filter::FilterText {
                crate::domain::inventory_filter::FilterText {
                    realm: self.realm.clone(),
                    search: self.search.clone(),
                    state: self.state.clone(),
                    expires_within: self.expires_within.clone(),
                    expires_from: self.expires_from.clone(),
                    expires_before: self.expires_before.clone(),
                    policy: self.policy.clone(),
                    issuer: self.issuer.clone(),
                    key_algorithm: self.key_algorithm.clone(),
                    end_entity: self.end_entity.clone(),
                    owner: self.owner.clone(),
                    unowned: self.unowned,
                    tags: self.tags.clone(),
                    source: self.source.clone(),
                    order: self.order.clone(),
                }
            }
        }
    };
}

pub(super) use with_filter;
