//! Calling services and their default policies.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr,
};

use super::{
    Changed, Inserted, Store, StoreError,
    entity::{access_token, client},
};
use crate::domain::realm::Client;

impl Store {
    /// Makes a client, unless it is there.
    #[tracing::instrument(name = "db.client.insert", skip_all)]
    pub async fn ensure_client(&self, made: &Client, now_ms: i64) -> Result<Inserted, StoreError> {
        let row = client::ActiveModel {
            identity: Set(made.identity.clone()),
            realm: Set(made.realm.as_str().to_owned()),
            description: Set(made.description.clone()),
            default_policy: Set(made.default_policy.as_ref().map(ToString::to_string)),
            created_at: Set(now_ms),
            version: Set(made.version),
        };
        let inserted = client::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await;
        Inserted::of(inserted).map_err(StoreError::at("make client"))
    }

    /// A client, if there is one of that name.
    #[tracing::instrument(name = "db.client.find", skip_all)]
    pub async fn find_client(&self, identity: &str) -> Result<Option<Client>, StoreError> {
        client::Entity::find_by_id(identity)
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find client"))?
            .map(read)
            .transpose()
    }

    /// Puts description and default policy of a client in the place of its version before.
    #[tracing::instrument(name = "db.client.change", skip_all)]
    pub async fn change_client(&self, client: &Client) -> Result<Changed, StoreError> {
        let policy = client.default_policy.as_ref().map(ToString::to_string);
        let updated = client::Entity::update_many()
            .col_expr(
                client::Column::Description,
                Expr::value(client.description.as_str()),
            )
            .col_expr(client::Column::DefaultPolicy, Expr::value(policy))
            .col_expr(client::Column::Version, Expr::value(client.version))
            .filter(client::Column::Identity.eq(client.identity.as_str()))
            .filter(client::Column::Version.eq(client.version - 1))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("change client"))?;
        Ok(if updated.rows_affected == 1 {
            Changed::Yes
        } else {
            Changed::Overtaken
        })
    }

    /// Removes a client with its tokens; false when there is none of that name.
    #[tracing::instrument(name = "db.client.remove", skip_all)]
    pub async fn remove_client(&self, identity: &str) -> Result<bool, StoreError> {
        let act = StoreError::at("remove client");
        access_token::Entity::delete_many()
            .filter(access_token::Column::Client.eq(identity))
            .exec(&self.connection)
            .await
            .map_err(&act)?;
        let removed = client::Entity::delete_by_id(identity)
            .exec(&self.connection)
            .await
            .map_err(&act)?;
        Ok(removed.rows_affected == 1)
    }

    /// All clients.
    #[tracing::instrument(name = "db.client.list", skip_all)]
    pub async fn list_clients(&self) -> Result<Vec<Client>, StoreError> {
        let rows = client::Entity::find()
            .all(&self.connection)
            .await
            .map_err(StoreError::at("list clients"))?;
        rows.into_iter().map(read).collect()
    }
}

fn read(row: client::Model) -> Result<Client, StoreError> {
    let broken = |column| StoreError::inconsistent("client", &row.identity, column);
    Ok(Client {
        realm: row.realm.parse().map_err(|_| broken("realm"))?,
        default_policy: row
            .default_policy
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| broken("default_policy"))?,
        description: row.description,
        identity: row.identity,
        version: row.version,
    })
}
