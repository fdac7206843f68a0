//! Certificates that near their end, in its order.

use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Select,
    sea_query::{Expr, ExprTrait as _},
};

use super::{
    Store, StoreError,
    certificate::read,
    entity::{certificate, certificate_name},
    names_text,
};
use crate::domain::{
    inventory::{Entry, InventoryCertificate},
    subscription::Wish,
};

impl Store {
    /// Certificates that are not revoked and end after a time and number, up to another time; as far as they are of the
    /// realm and policy that are wished for.
    #[tracing::instrument(name = "db.inventory_certificate.ending", skip_all)]
    pub async fn list_ending(
        &self,
        wish: &Wish,
        (after_ms, after_number): (i64, i64),
        until_ms: i64,
        most: u64,
    ) -> Result<Vec<Entry>, StoreError> {
        use certificate::Column;
        certificate::Entity::find()
            .filter(Column::NotAfter.lte(until_ms))
            .filter(
                Condition::any().add(Column::NotAfter.gt(after_ms)).add(
                    Condition::all()
                        .add(Column::NotAfter.eq(after_ms))
                        .add(Column::Id.gt(after_number)),
                ),
            )
            .filter(Column::NotAfter.gte(after_ms))
            .filter(Column::RevokedAt.is_null())
            .apply_if(wish.realm.as_ref(), |query, realm| {
                query.filter(Column::Realm.eq(realm.as_str()))
            })
            .apply_if(wish.policy.as_ref(), |query, policy| {
                query.filter(Column::Policy.eq(policy.as_str()))
            })
            .order_by_asc(Column::NotAfter)
            .order_by_asc(Column::Id)
            .limit(most)
            .all(&self.connection)
            .await
            .map_err(StoreError::at("look for certificates that end"))?
            .into_iter()
            .map(read)
            .collect()
    }

    /// Whether there is a certificate for the same, under the same policy, that ends later and is not revoked.
    #[tracing::instrument(name = "db.inventory_certificate.successor", skip_all)]
    pub async fn has_successor(
        &self,
        certificate: &InventoryCertificate,
    ) -> Result<bool, StoreError> {
        let found = followers(certificate)
            .select_only()
            .column(certificate::Column::Id)
            .filter(certificate::Column::RevokedAt.is_null())
            .limit(1)
            .into_tuple::<i64>()
            .one(&self.connection)
            .await
            .map_err(StoreError::at("look for a later certificate"))?;
        Ok(found.is_some())
    }

    /// The first certificate that followed another one, revoked or not.
    #[tracing::instrument(name = "db.inventory_certificate.find_successor", skip_all)]
    pub async fn find_successor(
        &self,
        certificate: &InventoryCertificate,
    ) -> Result<Option<InventoryCertificate>, StoreError> {
        followers(certificate)
            .order_by_asc(certificate::Column::Id)
            .one(&self.connection)
            .await
            .map_err(StoreError::at("look for a later certificate"))?
            .map(|row| read(row).map(|entry| entry.certificate))
            .transpose()
    }
}

/// Certificates for the same, under the same policy, that end later.
fn followers(certificate: &InventoryCertificate) -> Select<certificate::Entity> {
    use certificate::Column;
    // By what has an index first: a name, or else the end entity.
    let like_it = match certificate.names.first() {
        Some(name) => {
            let named = certificate_name::Entity::find()
                .select_only()
                .column(certificate_name::Column::CertificateId)
                .filter(certificate_name::Column::Name.eq(name.to_lowercase()))
                .into_query();
            Expr::col((certificate::Entity, Column::Id)).in_subquery(named)
        }
        None => Column::EndEntity.eq(certificate.origin.end_entity.as_str()),
    };
    certificate::Entity::find()
        .filter(like_it)
        .filter(Column::Policy.eq(certificate.origin.policy.as_str()))
        .filter(Column::Subject.eq(certificate.subject.as_str()))
        .filter(Column::SubjectAlternativeNames.eq(names_text(&certificate.names)))
        .filter(Column::NotAfter.gt(certificate.not_after_ms))
}
