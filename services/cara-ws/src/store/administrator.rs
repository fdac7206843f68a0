//! Tables `cara_administrator` and `cara_administrator_certificate`.

use ers_pki::certificate::Certificate;
use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, sea_query::OnConflict,
};

use super::{
    Store, StoreError,
    entity::{administrator, administrator_certificate},
    failed,
};
use crate::domain::{Administrator, AdministratorCertificate, AdministratorName, AuthorityName};

/// What became of a change of administrators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdministratorChange {
    /// It was made.
    Made,
    /// There is nobody of that name.
    NotFound,
    /// Nobody would be left who administers administrators.
    NobodyLeft,
    /// The certificate shows somebody else.
    Taken,
}

impl Store {
    /// All administrators by name.
    pub async fn list_administrators(&self) -> Result<Vec<Administrator>, StoreError> {
        let rows = administrator::Entity::find()
            .order_by_asc(administrator::Column::Name)
            .all(&self.connection)
            .await
            .map_err(failed("list administrators"))?;
        rows.into_iter().map(read).collect()
    }

    /// An administrator by name.
    pub async fn find_administrator(
        &self,
        name: &AdministratorName,
    ) -> Result<Option<Administrator>, StoreError> {
        let row = administrator::Entity::find_by_id(name.as_str())
            .one(&self.connection)
            .await
            .map_err(failed("load administrator"))?;
        row.map(read).transpose()
    }

    /// Whom the certificate with that SHA-256 shows.
    pub async fn find_administrator_by_certificate(
        &self,
        fingerprint: &[u8],
    ) -> Result<Option<Administrator>, StoreError> {
        const ACT: &str = "load administrator of certificate";
        let shown = administrator_certificate::Entity::find_by_id(hex::encode(fingerprint))
            .one(&self.connection)
            .await
            .map_err(failed(ACT))?;
        let Some(shown) = shown else {
            return Ok(None);
        };
        let row = administrator::Entity::find_by_id(shown.administrator)
            .one(&self.connection)
            .await
            .map_err(failed(ACT))?;
        row.map(read).transpose()
    }

    /// The certificates that show administrators, all or one's.
    pub async fn list_administrator_certificates(
        &self,
        of: Option<&AdministratorName>,
    ) -> Result<Vec<AdministratorCertificate>, StoreError> {
        let mut query = administrator_certificate::Entity::find()
            .order_by_asc(administrator_certificate::Column::AddedAt)
            .order_by_asc(administrator_certificate::Column::Fingerprint);
        if let Some(name) = of {
            query =
                query.filter(administrator_certificate::Column::Administrator.eq(name.as_str()));
        }
        let rows = query
            .all(&self.connection)
            .await
            .map_err(failed("list certificates of administrators"))?;
        rows.into_iter().map(read_certificate).collect()
    }

    /// Makes or changes an administrator; when it was made stays.
    pub async fn put_administrator(
        &self,
        new: &Administrator,
    ) -> Result<AdministratorChange, StoreError> {
        const ACT: &str = "store administrator";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            if !new.is_full() && would_leave_nobody(&transaction, &new.name).await? {
                return Ok(AdministratorChange::NobodyLeft);
            }
            administrator::Entity::insert(write(new))
                .on_conflict(
                    OnConflict::column(administrator::Column::Name)
                        .update_columns([
                            administrator::Column::Roles,
                            administrator::Column::Authorities,
                            administrator::Column::Disabled,
                        ])
                        .to_owned(),
                )
                .exec_without_returning(&transaction)
                .await
                .map_err(failed(ACT))?;
            transaction.commit().await.map_err(failed(ACT))?;
            Ok(AdministratorChange::Made)
        })
        .await
    }

    /// Removes an administrator with their certificates.
    pub async fn delete_administrator(
        &self,
        name: &AdministratorName,
    ) -> Result<AdministratorChange, StoreError> {
        const ACT: &str = "delete administrator";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            if would_leave_nobody(&transaction, name).await? {
                return Ok(AdministratorChange::NobodyLeft);
            }
            administrator_certificate::Entity::delete_many()
                .filter(administrator_certificate::Column::Administrator.eq(name.as_str()))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?;
            let deleted = administrator::Entity::delete_by_id(name.as_str())
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?;
            transaction.commit().await.map_err(failed(ACT))?;
            Ok(match deleted.rows_affected {
                0 => AdministratorChange::NotFound,
                _ => AdministratorChange::Made,
            })
        })
        .await
    }

    /// From now on the certificate shows that administrator.
    pub async fn add_administrator_certificate(
        &self,
        new: &AdministratorCertificate,
    ) -> Result<AdministratorChange, StoreError> {
        const ACT: &str = "store certificate of administrator";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            let known = administrator::Entity::find_by_id(new.administrator.as_str())
                .one(&transaction)
                .await
                .map_err(failed(ACT))?;
            if known.is_none() {
                return Ok(AdministratorChange::NotFound);
            }
            let fingerprint = hex::encode(new.certificate.fingerprint());
            let before = administrator_certificate::Entity::find_by_id(fingerprint.as_str())
                .one(&transaction)
                .await
                .map_err(failed(ACT))?;
            match before {
                Some(before) if before.administrator == new.administrator.as_str() => {
                    return Ok(AdministratorChange::Made);
                }
                Some(_) => return Ok(AdministratorChange::Taken),
                None => {}
            }
            administrator_certificate::Entity::insert(administrator_certificate::ActiveModel {
                fingerprint: Set(fingerprint),
                administrator: Set(new.administrator.to_string()),
                certificate: Set(new.certificate.der().to_vec()),
                added_at: Set(new.added_at_ms),
            })
            .exec_without_returning(&transaction)
            .await
            .map_err(failed(ACT))?;
            transaction.commit().await.map_err(failed(ACT))?;
            Ok(AdministratorChange::Made)
        })
        .await
    }

    /// From now on that certificate shows nobody.
    pub async fn remove_administrator_certificate(
        &self,
        name: &AdministratorName,
        fingerprint: &[u8],
    ) -> Result<AdministratorChange, StoreError> {
        let removed = administrator_certificate::Entity::delete_many()
            .filter(administrator_certificate::Column::Administrator.eq(name.as_str()))
            .filter(administrator_certificate::Column::Fingerprint.eq(hex::encode(fingerprint)))
            .exec(&self.connection)
            .await
            .map_err(failed("remove certificate of administrator"))?;
        Ok(match removed.rows_affected {
            0 => AdministratorChange::NotFound,
            _ => AdministratorChange::Made,
        })
    }
}

/// Whether that administrator is the only one who may do everything.
async fn would_leave_nobody(
    connection: &impl ConnectionTrait,
    name: &AdministratorName,
) -> Result<bool, StoreError> {
    let rows = administrator::Entity::find()
        .all(connection)
        .await
        .map_err(failed("list administrators"))?;
    let full = rows
        .into_iter()
        .map(read)
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .filter(Administrator::is_full)
        .map(|full| full.name)
        .collect::<Vec<_>>();
    Ok(full.as_slice() == std::slice::from_ref(name))
}

fn write(new: &Administrator) -> administrator::ActiveModel {
    let words = |words: Vec<&str>| words.join(" ");
    administrator::ActiveModel {
        name: Set(new.name.to_string()),
        roles: Set(words(new.roles.iter().map(|role| role.as_str()).collect())),
        authorities: Set(words(
            new.authorities.iter().map(AuthorityName::as_str).collect(),
        )),
        disabled: Set(new.disabled),
        created_at: Set(new.created_at_ms),
    }
}

fn read(row: administrator::Model) -> Result<Administrator, StoreError> {
    let inconsistent = |column| StoreError::Inconsistent {
        table: "cara_administrator",
        row: row.name.clone(),
        column,
    };
    Ok(Administrator {
        name: row.name.parse().map_err(|_| inconsistent("name"))?,
        roles: row
            .roles
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| inconsistent("roles"))?,
        authorities: row
            .authorities
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| inconsistent("authorities"))?,
        disabled: row.disabled,
        created_at_ms: row.created_at,
    })
}

fn read_certificate(
    row: administrator_certificate::Model,
) -> Result<AdministratorCertificate, StoreError> {
    let inconsistent = |column| StoreError::Inconsistent {
        table: "cara_administrator_certificate",
        row: row.fingerprint.clone(),
        column,
    };
    Ok(AdministratorCertificate {
        administrator: row
            .administrator
            .parse()
            .map_err(|_| inconsistent("administrator"))?,
        certificate: Certificate::from_der(&row.certificate)
            .map_err(|_| inconsistent("certificate"))?,
        added_at_ms: row.added_at,
    })
}
