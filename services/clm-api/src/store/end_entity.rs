//! End entities and what they are known by.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, UpdateMany,
    sea_query::{Expr, SimpleExpr},
};

use super::{Inserted, Store, StoreError, entity::end_entity, reach::within_realms};
use crate::domain::{
    access::Reach,
    end_entity::{EndEntity, EndEntityChange, EndEntityCursor},
    id::{EndEntityName, RealmName},
    page::{Page, PageRequest},
};

const ACTIVE: &str = "active";
const SUSPENDED: &str = "suspended";

impl Store {
    /// Makes an end entity that nothing is known of, unless it is there.
    pub async fn ensure_end_entity(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let entity = EndEntity {
            realm: realm.clone(),
            name: name.clone(),
            active: true,
            contact: String::new(),
            registration_authority: false,
            password_hash: None,
            sealed_secret: None,
            created_at_ms: now_ms,
        };
        self.insert_end_entity(&entity).await.map(|_| ())
    }

    /// Makes an end entity, unless one of that name is there.
    #[tracing::instrument(name = "db.end_entity.insert", skip_all)]
    pub async fn insert_end_entity(&self, entity: &EndEntity) -> Result<Inserted, StoreError> {
        let row = end_entity::ActiveModel {
            realm: Set(entity.realm.to_string()),
            name: Set(entity.name.to_string()),
            state: Set(state_text(entity.active).to_owned()),
            created_at: Set(entity.created_at_ms),
            password_hash: Set(entity.password_hash.clone()),
            sealed_secret: Set(entity.sealed_secret.clone()),
            contact: Set(entity.contact.clone()),
            registration_authority: Set(entity.registration_authority),
        };
        let inserted = end_entity::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await;
        Inserted::of(inserted).map_err(StoreError::at("make end entity"))
    }

    /// An end entity, if there is one of that name.
    #[tracing::instrument(name = "db.end_entity.find", skip_all)]
    pub async fn find_end_entity(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
    ) -> Result<Option<EndEntity>, StoreError> {
        end_entity::Entity::find_by_id((realm.to_string(), name.to_string()))
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find end entity"))?
            .map(read)
            .transpose()
    }

    /// A page of a realm's end entities, or of all, by name.
    #[tracing::instrument(name = "db.end_entity.list", skip_all)]
    pub async fn list_end_entities(
        &self,
        realm: Option<&RealmName>,
        reach: &Reach,
        page: &PageRequest<EndEntityCursor>,
    ) -> Result<Page<EndEntity>, StoreError> {
        use end_entity::Column;
        let act = StoreError::at("list end entities");
        let mut query = end_entity::Entity::find().filter(within_realms(reach, Column::Realm));
        if let Some(realm) = realm {
            query = query.filter(Column::Realm.eq(realm.as_str()));
        }
        let total = query.clone().count(&self.connection).await.map_err(&act)?;
        if let Some(after) = &page.after {
            let (realm, name) = (after.realm.as_str(), after.name.as_str());
            query = query.filter(
                Condition::any().add(Column::Realm.gt(realm)).add(
                    Condition::all()
                        .add(Column::Realm.eq(realm))
                        .add(Column::Name.gt(name)),
                ),
            );
        }
        let rows = query
            .order_by_asc(Column::Realm)
            .order_by_asc(Column::Name)
            .limit(u64::from(page.size) + 1)
            .all(&self.connection)
            .await
            .map_err(&act)?;
        let entities: Vec<EndEntity> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::cut(entities, page.size, total, EndEntity::token))
    }

    /// Changes an end entity; false when there is none.
    #[tracing::instrument(name = "db.end_entity.change", skip_all)]
    pub async fn change_end_entity(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        change: &EndEntityChange,
    ) -> Result<bool, StoreError> {
        use end_entity::Column;
        let mut columns: Vec<(Column, SimpleExpr)> = Vec::new();
        if let Some(active) = change.active {
            columns.push((Column::State, Expr::value(state_text(active))));
        }
        if let Some(contact) = &change.contact {
            columns.push((Column::Contact, Expr::value(contact.as_str())));
        }
        if let Some(authority) = change.registration_authority {
            columns.push((Column::RegistrationAuthority, Expr::value(authority)));
        }
        self.update_end_entity(realm, name, columns).await
    }

    /// Sets or takes away the password; false when there is no such end entity.
    #[tracing::instrument(name = "db.end_entity.set_password", skip_all)]
    pub async fn set_end_entity_password(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        hash: Option<&str>,
    ) -> Result<bool, StoreError> {
        let column = (end_entity::Column::PasswordHash, Expr::value(hash));
        self.update_end_entity(realm, name, vec![column]).await
    }

    /// Sets or takes away the shared secret; false when there is no such end entity.
    #[tracing::instrument(name = "db.end_entity.set_secret", skip_all)]
    pub async fn set_end_entity_secret(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        sealed: Option<Vec<u8>>,
    ) -> Result<bool, StoreError> {
        let column = (end_entity::Column::SealedSecret, Expr::value(sealed));
        self.update_end_entity(realm, name, vec![column]).await
    }

    /// Removes an end entity; false when there is none.
    #[tracing::instrument(name = "db.end_entity.remove", skip_all)]
    pub async fn remove_end_entity(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
    ) -> Result<bool, StoreError> {
        let removed = end_entity::Entity::delete_by_id((realm.to_string(), name.to_string()))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("remove end entity"))?;
        Ok(removed.rows_affected == 1)
    }

    async fn update_end_entity(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        columns: Vec<(end_entity::Column, SimpleExpr)>,
    ) -> Result<bool, StoreError> {
        if !columns.is_empty() {
            let mut update: UpdateMany<end_entity::Entity> = end_entity::Entity::update_many();
            for (column, value) in columns {
                update = update.col_expr(column, value);
            }
            update
                .filter(end_entity::Column::Realm.eq(realm.as_str()))
                .filter(end_entity::Column::Name.eq(name.as_str()))
                .exec(&self.connection)
                .await
                .map_err(StoreError::at("change end entity"))?;
        }
        // MariaDB does not count rows that were so already.
        Ok(self.find_end_entity(realm, name).await?.is_some())
    }
}

fn state_text(active: bool) -> &'static str {
    if active { ACTIVE } else { SUSPENDED }
}

fn read(row: end_entity::Model) -> Result<EndEntity, StoreError> {
    let broken = |column| {
        StoreError::inconsistent("end_entity", format!("{}/{}", row.realm, row.name), column)
    };
    Ok(EndEntity {
        realm: row.realm.parse().map_err(|_| broken("realm"))?,
        name: row.name.parse().map_err(|_| broken("name"))?,
        active: row.state == ACTIVE,
        contact: row.contact.clone(),
        registration_authority: row.registration_authority,
        password_hash: row.password_hash.clone(),
        sealed_secret: row.sealed_secret.clone(),
        created_at_ms: row.created_at,
    })
}
