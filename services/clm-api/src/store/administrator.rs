//! Local administrator accounts.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    sea_query::Expr,
};

use super::{Inserted, Store, StoreError, entity::administrator};
use crate::domain::{account::Administrator, id::Username};

impl Store {
    /// Whether there is any account.
    #[tracing::instrument(name = "db.administrator.count", skip_all)]
    pub async fn has_administrators(&self) -> Result<bool, StoreError> {
        let count = administrator::Entity::find()
            .count(&self.connection)
            .await
            .map_err(StoreError::at("count administrators"))?;
        Ok(count > 0)
    }

    /// Makes an account, unless one of that name is there.
    #[tracing::instrument(name = "db.administrator.insert", skip_all)]
    pub async fn insert_administrator(
        &self,
        username: &Username,
        password_hash: &str,
        now_ms: i64,
    ) -> Result<Inserted, StoreError> {
        let row = administrator::ActiveModel {
            username: Set(username.to_string()),
            password_hash: Set(password_hash.to_owned()),
            failures: Set(0),
            locked_until: Set(None),
            created_at: Set(now_ms),
            updated_at: Set(now_ms),
        };
        let inserted = administrator::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await;
        Inserted::of(inserted).map_err(StoreError::at("make administrator"))
    }

    /// An account, if there is one of that name.
    #[tracing::instrument(name = "db.administrator.find", skip_all)]
    pub async fn find_administrator(
        &self,
        username: &Username,
    ) -> Result<Option<Administrator>, StoreError> {
        let row = administrator::Entity::find_by_id(username.as_str())
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find administrator"))?;
        Ok(row.map(|row| Administrator {
            username: username.clone(),
            password_hash: row.password_hash,
            failures: row.failures,
            locked_until_ms: row.locked_until,
        }))
    }

    /// Counts an attempt to log in; false when another one was counted since the account was read.
    #[tracing::instrument(name = "db.administrator.count_attempt", skip_all)]
    pub async fn count_attempt(
        &self,
        read: &Administrator,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let (failures, locked_until) = read.after_attempt(now_ms);
        let updated = administrator::Entity::update_many()
            .col_expr(administrator::Column::Failures, Expr::value(failures))
            .col_expr(
                administrator::Column::LockedUntil,
                Expr::value(locked_until),
            )
            .filter(administrator::Column::Username.eq(read.username.as_str()))
            .filter(administrator::Column::Failures.eq(read.failures))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("count login attempt"))?;
        Ok(updated.rows_affected == 1)
    }

    /// Forgets failed attempts.
    #[tracing::instrument(name = "db.administrator.forgive", skip_all)]
    pub async fn forgive_attempts(&self, username: &Username) -> Result<(), StoreError> {
        administrator::Entity::update_many()
            .col_expr(administrator::Column::Failures, Expr::value(0_i64))
            .col_expr(administrator::Column::LockedUntil, Expr::value(None::<i64>))
            .filter(administrator::Column::Username.eq(username.as_str()))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("forgive login attempts"))?;
        Ok(())
    }

    /// Sets a password and opens the account; false when there is none of that name.
    #[tracing::instrument(name = "db.administrator.set_password", skip_all)]
    pub async fn set_password(
        &self,
        username: &Username,
        password_hash: &str,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let updated = administrator::Entity::update_many()
            .col_expr(
                administrator::Column::PasswordHash,
                Expr::value(password_hash),
            )
            .col_expr(administrator::Column::Failures, Expr::value(0_i64))
            .col_expr(administrator::Column::LockedUntil, Expr::value(None::<i64>))
            .col_expr(administrator::Column::UpdatedAt, Expr::value(now_ms))
            .filter(administrator::Column::Username.eq(username.as_str()))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("set password"))?;
        Ok(updated.rows_affected == 1)
    }
}
