//! Local accounts. The table has the name of its first use: they were all administrators'.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _,
    sea_query::{Expr, SimpleExpr},
};

use super::{Changed, Inserted, Store, StoreError, entity::administrator};
use crate::domain::{account::Account, id::Username};

use administrator::Column;

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

    /// All accounts, by name.
    #[tracing::instrument(name = "db.administrator.list", skip_all)]
    pub async fn list_accounts(&self) -> Result<Vec<Account>, StoreError> {
        administrator::Entity::find()
            .order_by_asc(Column::Username)
            .all(&self.connection)
            .await
            .map_err(StoreError::at("list accounts"))?
            .into_iter()
            .map(read)
            .collect()
    }

    /// Makes an account, unless one of that name is there.
    #[tracing::instrument(name = "db.administrator.insert", skip_all)]
    pub async fn insert_account(&self, account: &Account) -> Result<Inserted, StoreError> {
        let row = administrator::ActiveModel {
            username: Set(account.username.to_string()),
            password_hash: Set(account.password_hash.clone()),
            failures: Set(0),
            locked_until: Set(None),
            created_at: Set(account.created_at_ms),
            updated_at: Set(account.created_at_ms),
            display_name: Set(account.display_name.clone()),
            email: Set(account.email.clone()),
            closed: Set(account.closed),
            sealed_totp: Set(None),
            totp_confirmed: Set(false),
            totp_step: Set(None),
            certificate: Set(account.certificate.clone()),
            last_login_at: Set(None),
            version: Set(account.version),
        };
        let inserted = administrator::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await;
        Inserted::of(inserted).map_err(StoreError::at("make account"))
    }

    /// An account, if there is one of that name.
    #[tracing::instrument(name = "db.administrator.find", skip_all)]
    pub async fn find_account(&self, username: &Username) -> Result<Option<Account>, StoreError> {
        administrator::Entity::find_by_id(username.as_str())
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find account"))?
            .map(read)
            .transpose()
    }

    /// The account that a client certificate belongs to, by its SHA-256 in lower-case hex.
    #[tracing::instrument(name = "db.administrator.find_by_certificate", skip_all)]
    pub async fn find_account_by_certificate(
        &self,
        fingerprint: &str,
    ) -> Result<Option<Account>, StoreError> {
        administrator::Entity::find()
            .filter(Column::Certificate.eq(fingerprint))
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find account by certificate"))?
            .map(read)
            .transpose()
    }

    /// Counts an attempt to log in; false when another one was counted since the account was read.
    #[tracing::instrument(name = "db.administrator.count_attempt", skip_all)]
    pub async fn count_attempt(&self, read: &Account, now_ms: i64) -> Result<bool, StoreError> {
        let (failures, locked_until) = read.after_attempt(now_ms);
        let updated = administrator::Entity::update_many()
            .col_expr(Column::Failures, Expr::value(failures))
            .col_expr(Column::LockedUntil, Expr::value(locked_until))
            .filter(Column::Username.eq(read.username.as_str()))
            .filter(Column::Failures.eq(read.failures))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("count login attempt"))?;
        Ok(updated.rows_affected == 1)
    }

    /// Forgets failed attempts: somebody logged in.
    #[tracing::instrument(name = "db.administrator.forgive", skip_all)]
    pub async fn forgive_attempts(
        &self,
        username: &Username,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let columns = vec![
            (Column::Failures, Expr::value(0_i64)),
            (Column::LockedUntil, Expr::value(None::<i64>)),
            (Column::LastLoginAt, Expr::value(Some(now_ms))),
        ];
        self.update_account("forgive login attempts", username, columns)
            .await?;
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
        let columns = vec![
            (Column::PasswordHash, Expr::value(password_hash)),
            (Column::Failures, Expr::value(0_i64)),
            (Column::LockedUntil, Expr::value(None::<i64>)),
            (Column::UpdatedAt, Expr::value(now_ms)),
        ];
        self.update_account("set password", username, columns).await
    }

    /// Puts an account's name, address, closing and certificate in the place of its version before.
    #[tracing::instrument(name = "db.administrator.change", skip_all)]
    pub async fn change_account(
        &self,
        account: &Account,
        now_ms: i64,
    ) -> Result<Changed, StoreError> {
        let columns = vec![
            (
                Column::DisplayName,
                Expr::value(account.display_name.as_str()),
            ),
            (Column::Email, Expr::value(account.email.as_str())),
            (Column::Closed, Expr::value(account.closed)),
            (
                Column::Certificate,
                Expr::value(account.certificate.as_deref()),
            ),
            (Column::UpdatedAt, Expr::value(now_ms)),
            (Column::Version, Expr::value(account.version)),
        ];
        let mut update = administrator::Entity::update_many();
        for (column, value) in columns {
            update = update.col_expr(column, value);
        }
        let updated = update
            .filter(Column::Username.eq(account.username.as_str()))
            .filter(Column::Version.eq(account.version - 1))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("change account"))?;
        Ok(if updated.rows_affected == 1 {
            Changed::Yes
        } else {
            Changed::Overtaken
        })
    }

    /// Sets the secret of the second factor, to be confirmed by a code, or takes it away.
    #[tracing::instrument(name = "db.administrator.set_totp", skip_all)]
    pub async fn set_totp(
        &self,
        username: &Username,
        sealed: Option<Vec<u8>>,
    ) -> Result<bool, StoreError> {
        let columns = vec![
            (Column::SealedTotp, Expr::value(sealed)),
            (Column::TotpConfirmed, Expr::value(false)),
            (Column::TotpStep, Expr::value(None::<i64>)),
        ];
        self.update_account("set second factor", username, columns)
            .await
    }

    /// Uses up a code: its time step, and all before, are of no use any more; false when they were not before.
    #[tracing::instrument(name = "db.administrator.use_totp_step", skip_all)]
    pub async fn use_totp_step(&self, username: &Username, step: i64) -> Result<bool, StoreError> {
        let updated = administrator::Entity::update_many()
            .col_expr(Column::TotpStep, Expr::value(Some(step)))
            .col_expr(Column::TotpConfirmed, Expr::value(true))
            .filter(Column::Username.eq(username.as_str()))
            .filter(
                Expr::col(Column::TotpStep)
                    .is_null()
                    .or(Expr::col(Column::TotpStep).lt(step)),
            )
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("use up code"))?;
        Ok(updated.rows_affected == 1)
    }

    /// Removes an account; false when there is none of that name.
    #[tracing::instrument(name = "db.administrator.remove", skip_all)]
    pub async fn remove_account(&self, username: &Username) -> Result<bool, StoreError> {
        let removed = administrator::Entity::delete_by_id(username.as_str())
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("remove account"))?;
        Ok(removed.rows_affected == 1)
    }

    async fn update_account(
        &self,
        act: &'static str,
        username: &Username,
        columns: Vec<(Column, SimpleExpr)>,
    ) -> Result<bool, StoreError> {
        let mut update = administrator::Entity::update_many();
        for (column, value) in columns {
            update = update.col_expr(column, value);
        }
        let updated = update
            .filter(Column::Username.eq(username.as_str()))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at(act))?;
        // MariaDB does not count rows that stay the same.
        if updated.rows_affected == 1 {
            return Ok(true);
        }
        Ok(self.find_account(username).await?.is_some())
    }
}

fn read(row: administrator::Model) -> Result<Account, StoreError> {
    let username = row
        .username
        .parse()
        .map_err(|_| StoreError::inconsistent("administrator", &row.username, "username"))?;
    Ok(Account {
        username,
        password_hash: row.password_hash,
        failures: row.failures,
        locked_until_ms: row.locked_until,
        display_name: row.display_name,
        email: row.email,
        closed: row.closed,
        sealed_totp: row.sealed_totp,
        totp_confirmed: row.totp_confirmed,
        certificate: row.certificate,
        created_at_ms: row.created_at,
        last_login_at_ms: row.last_login_at,
        version: row.version,
    })
}
