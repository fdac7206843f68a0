//! Realms.

use ers_runtime::{
    clock::{from_ms, to_ms},
    db,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, DatabaseTransaction, DbErr, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    sea_query::Expr,
};

use super::{
    Changed, Inserted, Store, StoreError,
    certificate_condition::in_state,
    entity::{
        access_token, certificate, client, end_entity, key_recovery, key_recovery_decision, policy,
        policy_version, realm, request, role_binding, server_key,
    },
    policy::count_change,
};
use crate::domain::{
    id::RealmName,
    inventory::{CertificateState, IMPORT},
    realm::Realm,
    request::RequestState,
};

impl Store {
    /// Makes a realm, unless it is there.
    #[tracing::instrument(name = "db.realm.insert", skip_all)]
    pub async fn ensure_realm(&self, realm: &Realm) -> Result<Inserted, StoreError> {
        let row = realm::ActiveModel {
            name: Set(realm.name.as_str().to_owned()),
            description: Set(realm.description.clone()),
            created_at: Set(to_ms(realm.created_at)),
            title: Set(realm.title.clone()),
            archived_at: Set(realm.archived_at_ms),
            version: Set(realm.version),
        };
        let inserted = realm::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await;
        Inserted::of(inserted).map_err(StoreError::at("make realm"))
    }

    /// All realms by name.
    #[tracing::instrument(name = "db.realm.list", skip_all)]
    pub async fn list_realms(&self) -> Result<Vec<Realm>, StoreError> {
        realm::Entity::find()
            .order_by_asc(realm::Column::Name)
            .all(&self.connection)
            .await
            .map_err(StoreError::at("list realms"))?
            .into_iter()
            .map(read)
            .collect()
    }

    /// A realm, if there is one of that name.
    #[tracing::instrument(name = "db.realm.find", skip_all)]
    pub async fn find_realm(&self, name: &RealmName) -> Result<Option<Realm>, StoreError> {
        realm::Entity::find_by_id(name.as_str())
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find realm"))?
            .map(read)
            .transpose()
    }

    /// Puts a realm in the place of its version before; every replica learns of it.
    #[tracing::instrument(name = "db.realm.change", skip_all)]
    pub async fn change_realm(&self, realm: &Realm) -> Result<Changed, StoreError> {
        let updated = realm::Entity::update_many()
            .col_expr(realm::Column::Title, Expr::value(realm.title.as_str()))
            .col_expr(
                realm::Column::Description,
                Expr::value(realm.description.as_str()),
            )
            .col_expr(realm::Column::ArchivedAt, Expr::value(realm.archived_at_ms))
            .col_expr(realm::Column::Version, Expr::value(realm.version))
            .filter(realm::Column::Name.eq(realm.name.as_str()))
            .filter(realm::Column::Version.eq(realm.version - 1))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("change realm"))?;
        if updated.rows_affected != 1 {
            return Ok(Changed::Overtaken);
        }
        self.count_policy_change().await?;
        Ok(Changed::Yes)
    }

    /// How many certificates of a realm that were issued here are active; and how many it ever had, others' too.
    #[tracing::instrument(name = "db.realm.count_certificates", skip_all)]
    pub async fn count_realm_certificates(
        &self,
        name: &RealmName,
        now_ms: i64,
    ) -> Result<(u64, u64), StoreError> {
        let act = StoreError::at("count certificates of a realm");
        let of_it =
            certificate::Entity::find().filter(certificate::Column::Realm.eq(name.as_str()));
        let active = of_it
            .clone()
            .filter(in_state(CertificateState::Valid, now_ms))
            .filter(certificate::Column::Protocol.ne(IMPORT))
            .count(&self.connection)
            .await
            .map_err(&act)?;
        let ever = of_it.count(&self.connection).await.map_err(&act)?;
        Ok((active, ever))
    }

    /// How many requests of a realm wait, or are being worked on.
    #[tracing::instrument(name = "db.realm.count_requests", skip_all)]
    pub async fn count_realm_requests(&self, name: &RealmName) -> Result<u64, StoreError> {
        let open = [RequestState::PendingApproval, RequestState::Approved];
        request::Entity::find()
            .filter(request::Column::Realm.eq(name.as_str()))
            .filter(request::Column::State.is_in(open.map(RequestState::as_str)))
            .count(&self.connection)
            .await
            .map_err(StoreError::at("count requests of a realm"))
    }

    /// Deletes an archived realm with its policies, end entities, clients, tokens, requests, kept keys and roles; false when it is
    /// not archived. What was issued in it stays in the inventory.
    #[tracing::instrument(name = "db.realm.delete", skip_all)]
    pub async fn delete_realm(&self, name: &RealmName) -> Result<bool, StoreError> {
        db::retry("delete realm", || async {
            let act = StoreError::at("delete realm");
            let transaction = db::begin(&self.connection).await.map_err(&act)?;
            if !delete(&transaction, name.as_str()).await.map_err(&act)? {
                return Ok(false);
            }
            count_change(&transaction).await.map_err(&act)?;
            transaction.commit().await.map_err(&act)?;
            Ok::<_, StoreError>(true)
        })
        .await
    }
}

async fn delete(transaction: &DatabaseTransaction, name: &str) -> Result<bool, DbErr> {
    let removed = realm::Entity::delete_many()
        .filter(realm::Column::Name.eq(name))
        .filter(realm::Column::ArchivedAt.is_not_null())
        .exec(transaction)
        .await?;
    if removed.rows_affected != 1 {
        return Ok(false);
    }
    let policies: Vec<String> = policy::Entity::find()
        .select_only()
        .column(policy::Column::Name)
        .filter(policy::Column::Realm.eq(name))
        .into_tuple()
        .all(transaction)
        .await?;
    policy_version::Entity::delete_many()
        .filter(policy_version::Column::Policy.is_in(policies))
        .exec(transaction)
        .await?;
    policy::Entity::delete_many()
        .filter(policy::Column::Realm.eq(name))
        .exec(transaction)
        .await?;
    end_entity::Entity::delete_many()
        .filter(end_entity::Column::Realm.eq(name))
        .exec(transaction)
        .await?;
    let clients: Vec<String> = client::Entity::find()
        .select_only()
        .column(client::Column::Identity)
        .filter(client::Column::Realm.eq(name))
        .into_tuple()
        .all(transaction)
        .await?;
    access_token::Entity::delete_many()
        .filter(
            Condition::any()
                .add(access_token::Column::Realm.eq(name))
                .add(access_token::Column::Client.is_in(clients)),
        )
        .exec(transaction)
        .await?;
    client::Entity::delete_many()
        .filter(client::Column::Realm.eq(name))
        .exec(transaction)
        .await?;
    role_binding::Entity::delete_many()
        .filter(role_binding::Column::Realm.eq(name))
        .exec(transaction)
        .await?;
    request::Entity::delete_many()
        .filter(request::Column::Realm.eq(name))
        .exec(transaction)
        .await?;
    delete_keys(transaction, name).await?;
    Ok(true)
}

/// The keys that are kept in a realm, and who wanted them back.
async fn delete_keys(transaction: &DatabaseTransaction, name: &str) -> Result<(), DbErr> {
    let recoveries = key_recovery::Entity::find()
        .select_only()
        .column(key_recovery::Column::Id)
        .filter(key_recovery::Column::Realm.eq(name))
        .into_query();
    key_recovery_decision::Entity::delete_many()
        .filter(key_recovery_decision::Column::Recovery.in_subquery(recoveries))
        .exec(transaction)
        .await?;
    key_recovery::Entity::delete_many()
        .filter(key_recovery::Column::Realm.eq(name))
        .exec(transaction)
        .await?;
    server_key::Entity::delete_many()
        .filter(server_key::Column::Realm.eq(name))
        .exec(transaction)
        .await?;
    Ok(())
}

fn read(row: realm::Model) -> Result<Realm, StoreError> {
    let name = row
        .name
        .parse()
        .map_err(|_| StoreError::inconsistent("realm", &row.name, "name"))?;
    Ok(Realm {
        title: if row.title.is_empty() {
            row.name
        } else {
            row.title
        },
        name,
        description: row.description,
        created_at: from_ms(row.created_at),
        archived_at_ms: row.archived_at,
        version: row.version,
    })
}
