//! Tokens of clients.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    sea_query::Expr,
};

use super::{Store, StoreError, entity::access_token};
use crate::domain::access_token::AccessToken;

use access_token::Column;

impl Store {
    /// Keeps a token by its digest.
    #[tracing::instrument(name = "db.access_token.insert", skip_all)]
    pub async fn insert_token(&self, token: &AccessToken, digest: &str) -> Result<(), StoreError> {
        let row = access_token::ActiveModel {
            id: Set(token.id.clone()),
            client: Set(token.client.clone()),
            description: Set(token.description.clone()),
            digest: Set(digest.to_owned()),
            permissions: Set(serde_json::to_string(&token.permissions).unwrap_or_default()),
            realm: Set(token
                .realm
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default()),
            created_at: Set(token.created_at_ms),
            created_by: Set(token.created_by.chars().take(255).collect()),
            expires_at: Set(token.expires_at_ms),
            last_used_at: Set(None),
        };
        access_token::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await
            .map_err(StoreError::at("keep access token"))?;
        Ok(())
    }

    /// The token of a digest.
    #[tracing::instrument(name = "db.access_token.find", skip_all)]
    pub async fn find_token(&self, digest: &str) -> Result<Option<AccessToken>, StoreError> {
        access_token::Entity::find()
            .filter(Column::Digest.eq(digest))
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find access token"))?
            .map(read)
            .transpose()
    }

    /// The tokens of a client, in the order of their making.
    #[tracing::instrument(name = "db.access_token.list", skip_all)]
    pub async fn list_tokens(&self, client: &str) -> Result<Vec<AccessToken>, StoreError> {
        access_token::Entity::find()
            .filter(Column::Client.eq(client))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .all(&self.connection)
            .await
            .map_err(StoreError::at("list access tokens"))?
            .into_iter()
            .map(read)
            .collect()
    }

    /// Writes down that a token was used.
    #[tracing::instrument(name = "db.access_token.use", skip_all)]
    pub async fn use_token(&self, id: &str, now_ms: i64) -> Result<(), StoreError> {
        access_token::Entity::update_many()
            .col_expr(Column::LastUsedAt, Expr::value(Some(now_ms)))
            .filter(Column::Id.eq(id))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("use access token"))?;
        Ok(())
    }

    /// Takes a client's token back; false when there is none of that id.
    #[tracing::instrument(name = "db.access_token.remove", skip_all)]
    pub async fn remove_token(&self, client: &str, id: &str) -> Result<bool, StoreError> {
        let removed = access_token::Entity::delete_many()
            .filter(Column::Client.eq(client))
            .filter(Column::Id.eq(id))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("take access token back"))?;
        Ok(removed.rows_affected == 1)
    }
}

fn read(row: access_token::Model) -> Result<AccessToken, StoreError> {
    let broken = |column| StoreError::inconsistent("access_token", &row.id, column);
    let permissions: Vec<String> =
        serde_json::from_str(&row.permissions).map_err(|_| broken("permissions"))?;
    Ok(AccessToken {
        client: row.client.clone(),
        description: row.description.clone(),
        permissions: permissions
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect(),
        realm: (!row.realm.is_empty())
            .then(|| row.realm.parse())
            .transpose()
            .map_err(|_| broken("realm"))?,
        created_at_ms: row.created_at,
        created_by: row.created_by.clone(),
        expires_at_ms: row.expires_at,
        last_used_at_ms: row.last_used_at,
        id: row.id,
    })
}
