//! Rows of `certificate` by their keys, many at a time: by the primary key, CA by CA, since no index begins with the
//! serial number.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DbErr, EntityTrait as _, QueryResult,
    QuerySelect as _, sea_query::Query,
};

use super::{
    Store, StoreError,
    entity::{authority, certificate},
    failed,
};

/// Key of a row of `certificate`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertificateKey {
    /// The CA.
    pub issuer: String,
    /// Hex.
    pub serial: String,
}

/// Rows with one of these keys.
pub(super) fn by_keys<'a>(keys: impl IntoIterator<Item = &'a CertificateKey>) -> Condition {
    let mut serials: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in keys {
        serials.entry(&key.issuer).or_default().push(&key.serial);
    }
    serials
        .into_iter()
        .fold(Condition::any(), |any, (issuer, serials)| {
            any.add(
                Condition::all()
                    .add(certificate::Column::Issuer.eq(issuer))
                    .add(certificate::Column::Serial.is_in(serials)),
            )
        })
}

impl Store {
    /// The names of all CAs.
    pub(super) async fn load_issuers(&self) -> Result<Vec<String>, StoreError> {
        authority::Entity::find()
            .select_only()
            .column(authority::Column::Name)
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("load names of CAs"))
    }

    /// Some columns of the rows with these keys; `read` finds them behind the two columns of the key.
    pub(super) async fn load_by_keys<'a, T>(
        &self,
        keys: impl IntoIterator<Item = &'a CertificateKey>,
        columns: impl IntoIterator<Item = certificate::Column>,
        read: impl Fn(&QueryResult) -> Result<T, DbErr>,
        act: &'static str,
    ) -> Result<HashMap<CertificateKey, T>, StoreError> {
        let condition = by_keys(keys);
        if condition.is_empty() {
            return Ok(HashMap::new());
        }
        let mut select = Query::select();
        select
            .columns([certificate::Column::Issuer, certificate::Column::Serial])
            .columns(columns)
            .from(certificate::Entity)
            .cond_where(condition);
        let rows = self
            .connection
            .query_all(&select)
            .await
            .map_err(failed(act))?;
        rows.iter()
            .map(|row| {
                let key = CertificateKey {
                    issuer: row.try_get_by_index(0)?,
                    serial: row.try_get_by_index(1)?,
                };
                Ok((key, read(row)?))
            })
            .collect::<Result<_, _>>()
            .map_err(failed(act))
    }
}
