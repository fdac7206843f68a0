//! End entities and what they are known by.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, UpdateMany,
    sea_query::{Expr, ExprTrait as _, Func, SimpleExpr},
};

use super::{
    Changed, Inserted, Store, StoreError,
    certificate_condition::{containing, in_state},
    entity::{certificate, end_entity},
    names_text,
    reach::within_realms,
    read_names,
};
use crate::domain::{
    access::Reach,
    end_entity::{EndEntity, EndEntityChange, EndEntityCursor, EndEntityFilter},
    id::{EndEntityName, RealmName},
    inventory::CertificateState,
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
        let entity = EndEntity::new(realm.clone(), name.clone(), now_ms);
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
            version: Set(entity.version),
            owners: Set(Some(names_text(&entity.owners))),
            metadata: Set(Some(serde_json::json!(entity.metadata).to_string())),
            updated_at: Set(entity.updated_at_ms),
            updated_by: Set(entity.updated_by.clone()),
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
        self.end_entities
            .find([realm.as_str(), name.as_str()])
            .await
            .map_err(StoreError::at("find end entity"))?
            .map(read)
            .transpose()
    }

    /// A page of the end entities that a filter finds, by realm and name.
    #[tracing::instrument(name = "db.end_entity.list", skip_all)]
    pub async fn list_end_entities(
        &self,
        filter: &EndEntityFilter,
        reach: &Reach,
        page: &PageRequest<EndEntityCursor>,
    ) -> Result<Page<EndEntity>, StoreError> {
        use end_entity::Column;
        let act = StoreError::at("list end entities");
        let mut query = end_entity::Entity::find()
            .filter(within_realms(reach, Column::Realm))
            .filter(condition(filter));
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

    /// Changes an end entity; only that version, when one is expected.
    #[tracing::instrument(name = "db.end_entity.change", skip_all)]
    pub async fn change_end_entity(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        change: &EndEntityChange,
        expected: Option<i64>,
        by: (&str, i64),
    ) -> Result<Changed, StoreError> {
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
        if let Some(owners) = &change.owners {
            columns.push((Column::Owners, Expr::value(names_text(owners))));
        }
        if let Some(metadata) = &change.metadata {
            let text = serde_json::json!(metadata).to_string();
            columns.push((Column::Metadata, Expr::value(text)));
        }
        self.update_end_entity((realm, name), expected, columns, by)
            .await
    }

    /// Sets or takes away the password.
    #[tracing::instrument(name = "db.end_entity.set_password", skip_all)]
    pub async fn set_end_entity_password(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        hash: Option<&str>,
        by: (&str, i64),
    ) -> Result<Changed, StoreError> {
        let column = (end_entity::Column::PasswordHash, Expr::value(hash));
        self.update_end_entity((realm, name), None, vec![column], by)
            .await
    }

    /// Sets or takes away the shared secret.
    #[tracing::instrument(name = "db.end_entity.set_secret", skip_all)]
    pub async fn set_end_entity_secret(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        sealed: Option<Vec<u8>>,
        by: (&str, i64),
    ) -> Result<Changed, StoreError> {
        let column = (end_entity::Column::SealedSecret, Expr::value(sealed));
        self.update_end_entity((realm, name), None, vec![column], by)
            .await
    }

    /// How many certificates of an end entity are active.
    #[tracing::instrument(name = "db.end_entity.count_active", skip_all)]
    pub async fn count_active_of(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        now_ms: i64,
    ) -> Result<u64, StoreError> {
        certificate::Entity::find()
            .filter(certificate::Column::EndEntity.eq(name.as_str()))
            .filter(certificate::Column::Realm.eq(realm.as_str()))
            .filter(in_state(CertificateState::Valid, now_ms))
            .count(&self.connection)
            .await
            .map_err(StoreError::at("count certificates of an end entity"))
    }

    /// Removes an end entity, only that version when one is expected.
    #[tracing::instrument(name = "db.end_entity.remove", skip_all)]
    pub async fn remove_end_entity(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
        expected: Option<i64>,
    ) -> Result<Changed, StoreError> {
        use end_entity::Column;
        let mut removal = end_entity::Entity::delete_by_id((realm.to_string(), name.to_string()));
        if let Some(version) = expected {
            removal = removal.filter(Column::Version.eq(version));
        }
        let removed = removal
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("remove end entity"))?;
        if removed.rows_affected == 1 {
            return Ok(Changed::Yes);
        }
        self.overtaken(realm, name).await
    }

    /// Why a row was not there for a change.
    async fn overtaken(
        &self,
        realm: &RealmName,
        name: &EndEntityName,
    ) -> Result<Changed, StoreError> {
        let found = self.find_end_entity(realm, name).await?;
        Ok(found.map_or(Changed::Unknown, |_| Changed::Overtaken))
    }

    async fn update_end_entity(
        &self,
        (realm, name): (&RealmName, &EndEntityName),
        expected: Option<i64>,
        mut columns: Vec<(end_entity::Column, SimpleExpr)>,
        (actor, now_ms): (&str, i64),
    ) -> Result<Changed, StoreError> {
        use end_entity::Column;
        let actor: String = actor.chars().take(255).collect();
        columns.extend([
            // MariaDB counts only rows that differ afterwards: with the version each does.
            (Column::Version, Expr::col(Column::Version).add(1)),
            (Column::UpdatedAt, Expr::value(now_ms)),
            (Column::UpdatedBy, Expr::value(actor)),
        ]);
        let mut update: UpdateMany<end_entity::Entity> = end_entity::Entity::update_many();
        for (column, value) in columns {
            update = update.col_expr(column, value);
        }
        if let Some(version) = expected {
            update = update.filter(Column::Version.eq(version));
        }
        let updated = update
            .filter(Column::Realm.eq(realm.as_str()))
            .filter(Column::Name.eq(name.as_str()))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("change end entity"))?;
        if updated.rows_affected == 1 {
            return Ok(Changed::Yes);
        }
        self.overtaken(realm, name).await
    }
}

fn condition(filter: &EndEntityFilter) -> Condition {
    use end_entity::Column;
    let mut all = Condition::all();
    if let Some(realm) = &filter.realm {
        all = all.add(Column::Realm.eq(realm.as_str()));
    }
    if let Some(active) = filter.active {
        all = all.add(Column::State.eq(state_text(active)));
    }
    if let Some(owner) = &filter.owner {
        // Owners stand as a list of JSON strings: one of them, whole, has its quotes.
        let quoted = serde_json::json!(owner).to_string();
        all = all.add(lower(Column::Owners).like(containing(&quoted)));
    }
    if let Some(text) = &filter.search {
        let columns = [
            Column::Name,
            Column::Contact,
            Column::Owners,
            Column::Metadata,
        ];
        let any = columns
            .into_iter()
            .map(|column| lower(column).like(containing(text)))
            .fold(Condition::any(), Condition::add);
        all = all.add(any);
    }
    all
}

fn lower(column: end_entity::Column) -> Expr {
    Func::lower(Expr::col(column)).into()
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
        owners: match &row.owners {
            Some(text) => read_names(text).ok_or_else(|| broken("owners"))?,
            None => Vec::new(),
        },
        metadata: match &row.metadata {
            Some(text) => serde_json::from_str(text).map_err(|_| broken("metadata"))?,
            None => std::collections::BTreeMap::new(),
        },
        version: row.version,
        updated_at_ms: row.updated_at,
        updated_by: row.updated_by.clone(),
    })
}
