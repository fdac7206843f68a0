//! Rows of `certificate` by their keys, many at a time: by the primary key, CA by CA, since no index begins with the
//! serial number.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DbBackend, DbErr, EntityTrait as _,
    Iden as _, QueryFilter as _, QueryResult, QuerySelect as _, Statement, sea_query::Query,
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

/// One statement for any number of keys. LATERAL with its LIMIT makes a look into the primary key for each: for a list
/// the planner would, while the table is small, choose to read all rows of the CA, and stay with that when there are many.
fn each_by_key(keys: &[&CertificateKey], columns: &str) -> Statement {
    let (issuers, serials): (Vec<String>, Vec<String>) = keys
        .iter()
        .map(|key| (key.issuer.clone(), key.serial.clone()))
        .unzip();
    let sql = format!(
        "SELECT {columns} FROM unnest($1::text[], $2::text[]) AS asked(issuer, serial), LATERAL \
         (SELECT * FROM certificate WHERE certificate.issuer = asked.issuer \
         AND certificate.serial = asked.serial LIMIT 1) AS found"
    );
    let values = [issuers.into(), serials.into()];
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
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

    /// The rows with these keys, in no order.
    pub(super) async fn load_whole<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a CertificateKey>,
        act: &'static str,
    ) -> Result<Vec<certificate::Model>, StoreError> {
        let keys: Vec<&CertificateKey> = keys.into_iter().collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let rows = if self.connection.get_database_backend() == DbBackend::Postgres {
            certificate::Entity::find()
                .from_raw_sql(each_by_key(&keys, "found.*"))
                .all(&self.connection)
                .await
        } else {
            certificate::Entity::find()
                .filter(by_keys(keys))
                .all(&self.connection)
                .await
        };
        rows.map_err(failed(act))
    }

    /// Which of these serial numbers are stored, by whichever CA; with the CA's name before.
    pub async fn known_serials(
        &self,
        serials: Vec<String>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        // CA by CA: the primary key begins with it, and nothing begins with the serial number.
        let issuers = self.load_issuers().await?;
        if self.connection.get_database_backend() == DbBackend::Postgres {
            let asked: Vec<CertificateKey> = issuers
                .iter()
                .flat_map(|issuer| {
                    serials.iter().map(|serial| CertificateKey {
                        issuer: issuer.clone(),
                        serial: serial.clone(),
                    })
                })
                .collect();
            let known = self
                .load_by_keys(&asked, [], |_| Ok(()), "load serial numbers")
                .await?;
            return Ok(known
                .into_keys()
                .map(|key| (key.issuer, key.serial))
                .collect());
        }
        certificate::Entity::find()
            .select_only()
            .columns([certificate::Column::Issuer, certificate::Column::Serial])
            .filter(certificate::Column::Issuer.is_in(issuers))
            .filter(certificate::Column::Serial.is_in(serials))
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("load serial numbers"))
    }

    /// Which of these certificates are stored.
    pub async fn known_certificates<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a CertificateKey>,
    ) -> Result<HashSet<CertificateKey>, StoreError> {
        let known = self
            .load_by_keys(keys, [], |_| Ok(()), "load serial numbers")
            .await?;
        Ok(known.into_keys().collect())
    }

    /// Some columns of the rows with these keys; `read` finds them behind the two columns of the key.
    pub(super) async fn load_by_keys<'a, T>(
        &self,
        keys: impl IntoIterator<Item = &'a CertificateKey>,
        columns: impl IntoIterator<Item = certificate::Column>,
        read: impl Fn(&QueryResult) -> Result<T, DbErr>,
        act: &'static str,
    ) -> Result<HashMap<CertificateKey, T>, StoreError> {
        let keys: Vec<&CertificateKey> = keys.into_iter().collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let columns = [certificate::Column::Issuer, certificate::Column::Serial]
            .into_iter()
            .chain(columns);
        let rows = if self.connection.get_database_backend() == DbBackend::Postgres {
            let names: Vec<String> = columns
                .map(|column| format!("found.{}", column.unquoted()))
                .collect();
            let statement = each_by_key(&keys, &names.join(", "));
            self.connection.query_all_raw(statement).await
        } else {
            let mut select = Query::select();
            select
                .columns(columns)
                .from(certificate::Entity)
                .cond_where(by_keys(keys));
            self.connection.query_all(&select).await
        };
        let rows = rows.map_err(failed(act))?;
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
