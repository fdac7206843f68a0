//! Table `journal_position`: how far the signer's journal has been compared with what is stored.

use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait as _, sea_query::OnConflict};

use super::{Store, StoreError, entity::journal_position, failed};

impl Store {
    /// The last entry of a chain that was compared; 0: none yet.
    pub async fn load_journal_position(&self, chain: &str) -> Result<u64, StoreError> {
        let row = journal_position::Entity::find_by_id(chain)
            .one(&self.connection)
            .await
            .map_err(failed("load journal position"))?;
        Ok(row.map_or(0, |row| u64::try_from(row.sequence).unwrap_or(0)))
    }

    /// Remembers how far a chain was compared.
    pub async fn put_journal_position(&self, chain: &str, sequence: u64) -> Result<(), StoreError> {
        put(&self.connection, chain, sequence).await
    }
}

pub(super) async fn put<C: ConnectionTrait>(
    connection: &C,
    chain: &str,
    sequence: u64,
) -> Result<(), StoreError> {
    journal_position::Entity::insert(journal_position::ActiveModel {
        chain: Set(chain.to_owned()),
        sequence: Set(i64::try_from(sequence).unwrap_or(i64::MAX)),
    })
    .on_conflict(
        OnConflict::column(journal_position::Column::Chain)
            .update_column(journal_position::Column::Sequence)
            .to_owned(),
    )
    .exec_without_returning(connection)
    .await
    .map_err(failed("store journal position"))?;
    Ok(())
}
