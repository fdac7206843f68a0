//! What answers are signed with.

use ers_pki::certificate::Certificate;
use ers_runtime::clock::to_ms;
use ers_runtime::db::is_duplicate;
use ers_signer_client::KeyId;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use time::OffsetDateTime;

use super::model::own_certificate::{ActiveModel, Column, Entity};
use super::{Store, StoreError};

const TABLE: &str = "cmp_own_certificate";

/// A certificate of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCertificate {
    /// How many of this key there have been.
    pub generation: i64,
    /// The certificate.
    pub certificate: Certificate,
    /// The issuer first, without the root.
    pub chain: Vec<Certificate>,
}

impl Store {
    /// The newest certificate of a key of ours.
    #[tracing::instrument(name = "db.cmp_own_certificate.find", level = "debug", skip_all)]
    pub async fn find_own_certificate(
        &self,
        key_id: &KeyId,
    ) -> Result<Option<StoredCertificate>, StoreError> {
        let row = Entity::find_by_id(key_id.to_string()).one(&self.db).await;
        let Some(row) = row.map_err(StoreError::database("find own certificate"))? else {
            return Ok(None);
        };
        let wrong = |column| StoreError::inconsistent(TABLE, &row.key_id, column);
        let chain = match row.chain.as_str() {
            "" => Vec::new(),
            pem => Certificate::all_from_pem(pem).map_err(|_| wrong("chain")())?,
        };
        Ok(Some(StoredCertificate {
            generation: row.generation,
            certificate: Certificate::from_der(&row.certificate)
                .map_err(|_| wrong("certificate")())?,
            chain,
        }))
    }

    /// Keeps a certificate; one of an equal or later generation that another replica has kept stays.
    #[tracing::instrument(name = "db.cmp_own_certificate.keep", level = "debug", skip_all)]
    pub async fn keep_own_certificate(
        &self,
        key_id: &KeyId,
        kept: &StoredCertificate,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let chain: String = kept.chain.iter().map(Certificate::pem).collect();
        let row = ActiveModel {
            key_id: Set(key_id.to_string()),
            generation: Set(kept.generation),
            certificate: Set(kept.certificate.der().to_vec()),
            chain: Set(chain.clone()),
            updated_at: Set(to_ms(now)),
        };
        match Entity::insert(row).exec_without_returning(&self.db).await {
            Ok(_) => return Ok(()),
            Err(error) if is_duplicate(&error) => {}
            Err(error) => return Err(StoreError::database("insert own certificate")(error)),
        }
        Entity::update_many()
            .col_expr(Column::Generation, Expr::value(kept.generation))
            .col_expr(
                Column::Certificate,
                Expr::value(kept.certificate.der().to_vec()),
            )
            .col_expr(Column::Chain, Expr::value(chain))
            .col_expr(Column::UpdatedAt, Expr::value(to_ms(now)))
            .filter(Column::KeyId.eq(key_id.to_string()))
            .filter(Column::Generation.lt(kept.generation))
            .exec(&self.db)
            .await
            .map_err(StoreError::database("update own certificate"))?;
        Ok(())
    }
}
