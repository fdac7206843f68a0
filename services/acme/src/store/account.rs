//! Accounts.

use ers_runtime::clock::to_ms;
use ers_runtime::db::is_duplicate;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use time::OffsetDateTime;

use super::model::account::{ActiveModel, Column, Entity, Model};
use super::{Store, StoreError};
use crate::domain::account::{Account, AccountState, Contacts, ExternalAccount};
use crate::domain::directory::Directory;
use crate::domain::id::AccountId;
use crate::domain::jwk::Jwk;

const TABLE: &str = "acme_account";

/// What became of a new account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is there.
    Created,
    /// The key has an account already.
    KeyTaken,
    /// The external account key has an account already.
    BindingTaken,
}

/// What became of a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyChange {
    /// The account has it.
    Changed,
    /// Another account has it.
    Taken,
    /// The account's key or state has changed meanwhile.
    Lost,
}

impl Store {
    /// Adds an account. `binding`: the external account key that may serve no other.
    #[tracing::instrument(name = "db.acme_account.insert", level = "debug", skip_all)]
    pub async fn insert_account(
        &self,
        account: &Account,
        binding: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Inserted, StoreError> {
        let external = account.external_account.as_ref();
        let row = ActiveModel {
            id: Set(account.id.to_string()),
            directory: Set(account.directory.policy().to_owned()),
            thumbprint: Set(account.key.thumbprint().to_owned()),
            public_key: Set(account.key.canonical_json()),
            state: Set(account.state.as_str().to_owned()),
            contacts: Set(contacts_json(&account.contacts)),
            terms_agreed: Set(account.terms_agreed),
            external_account_key_id: Set(external.map(|external| external.key_id.clone())),
            external_account_binding: Set(binding.map(str::to_owned)),
            end_entity: Set(external.map(|external| external.end_entity.clone())),
            created_at: Set(to_ms(now)),
            updated_at: Set(to_ms(now)),
            updated_by: Set("new-account".to_owned()),
        };
        match Entity::insert(row).exec_without_returning(&self.db).await {
            Ok(_) => Ok(Inserted::Created),
            Err(error) if is_duplicate(&error) => {
                let by_key = self
                    .find_account_by_key(&account.directory, &account.key)
                    .await?;
                Ok(if by_key.is_some() {
                    Inserted::KeyTaken
                } else {
                    Inserted::BindingTaken
                })
            }
            Err(error) => Err(StoreError::database("insert account")(error)),
        }
    }

    /// The account of an id, in any state.
    #[tracing::instrument(name = "db.acme_account.find", level = "debug", skip_all)]
    pub async fn find_account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        if let Some(known) = self.accounts.find(id) {
            return Ok(Some(known));
        }
        let read_at = self.accounts.read_at();
        let row = Entity::find_by_id(id.as_str()).one(&self.db).await;
        let found = row
            .map_err(StoreError::database("find account"))?
            .map(account)
            .transpose()?;
        if let Some(account) = &found {
            self.accounts.keep(id, account, read_at);
        }
        Ok(found)
    }

    /// The account of a key in a directory, in any state.
    #[tracing::instrument(name = "db.acme_account.find_by_key", level = "debug", skip_all)]
    pub async fn find_account_by_key(
        &self,
        directory: &Directory,
        key: &Jwk,
    ) -> Result<Option<Account>, StoreError> {
        let row = Entity::find()
            .filter(Column::Directory.eq(directory.policy()))
            .filter(Column::Thumbprint.eq(key.thumbprint()))
            .one(&self.db)
            .await;
        row.map_err(StoreError::database("find account by key"))?
            .map(account)
            .transpose()
    }

    /// Replaces the contacts of a valid account; false: it is not valid any more.
    #[tracing::instrument(name = "db.acme_account.update_contacts", level = "debug", skip_all)]
    pub async fn update_contacts(
        &self,
        id: &AccountId,
        contacts: &Contacts,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let _changing = self.accounts.changing(id);
        let updated = Entity::update_many()
            .col_expr(Column::Contacts, Expr::value(contacts_json(contacts)))
            .col_expr(Column::UpdatedAt, Expr::value(to_ms(now)))
            .col_expr(Column::UpdatedBy, Expr::value("update-account"))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::State.eq(AccountState::Valid.as_str()))
            .exec(&self.db)
            .await;
        let updated = updated.map_err(StoreError::database("update contacts"))?;
        Ok(updated.rows_affected == 1)
    }

    /// Ends a valid account and frees its external account key; false: it was ended already.
    #[tracing::instrument(name = "db.acme_account.deactivate", level = "debug", skip_all)]
    pub async fn deactivate_account(
        &self,
        id: &AccountId,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let _changing = self.accounts.changing(id);
        let updated = Entity::update_many()
            .col_expr(
                Column::State,
                Expr::value(AccountState::Deactivated.as_str()),
            )
            .col_expr(
                Column::ExternalAccountBinding,
                Expr::value(Option::<String>::None),
            )
            .col_expr(Column::UpdatedAt, Expr::value(to_ms(now)))
            .col_expr(Column::UpdatedBy, Expr::value("deactivate-account"))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::State.eq(AccountState::Valid.as_str()))
            .exec(&self.db)
            .await;
        let updated = updated.map_err(StoreError::database("deactivate account"))?;
        Ok(updated.rows_affected == 1)
    }

    /// Gives a valid account another key in place of the one it has.
    #[tracing::instrument(name = "db.acme_account.change_key", level = "debug", skip_all)]
    pub async fn change_account_key(
        &self,
        id: &AccountId,
        old: &Jwk,
        new: &Jwk,
        now: OffsetDateTime,
    ) -> Result<KeyChange, StoreError> {
        let _changing = self.accounts.changing(id);
        let updated = Entity::update_many()
            .col_expr(Column::Thumbprint, Expr::value(new.thumbprint()))
            .col_expr(Column::PublicKey, Expr::value(new.canonical_json()))
            .col_expr(Column::UpdatedAt, Expr::value(to_ms(now)))
            .col_expr(Column::UpdatedBy, Expr::value("change-key"))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::Thumbprint.eq(old.thumbprint()))
            .filter(Column::State.eq(AccountState::Valid.as_str()))
            .exec(&self.db)
            .await;
        match updated {
            Ok(updated) if updated.rows_affected == 1 => Ok(KeyChange::Changed),
            Ok(_) => Ok(KeyChange::Lost),
            Err(error) if is_duplicate(&error) => Ok(KeyChange::Taken),
            Err(error) => Err(StoreError::database("change account key")(error)),
        }
    }
}

fn contacts_json(contacts: &Contacts) -> String {
    serde_json::Value::from(contacts.urls()).to_string()
}

fn account(row: Model) -> Result<Account, StoreError> {
    let wrong = |column| StoreError::inconsistent(TABLE, &row.id, column);
    Ok(Account {
        id: AccountId::parse(&row.id).ok_or_else(wrong("id"))?,
        key: Jwk::from_row(&row.public_key).map_err(|_| wrong("public_key")())?,
        state: AccountState::find(&row.state).ok_or_else(wrong("state"))?,
        contacts: Contacts::from_row(
            serde_json::from_str(&row.contacts).map_err(|_| wrong("contacts")())?,
        ),
        terms_agreed: row.terms_agreed,
        external_account: row.external_account_key_id.map(|key_id| ExternalAccount {
            key_id,
            end_entity: row.end_entity.unwrap_or_default(),
        }),
        directory: Directory::from_row(row.directory),
    })
}
