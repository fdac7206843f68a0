//! Roles of the users' own.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    sea_query::Expr,
};

use super::{
    Inserted, Store, StoreError,
    entity::{role, role_binding},
};
use crate::domain::{id::RoleName, role::Role};

impl Store {
    /// The roles of the users' own, by name.
    #[tracing::instrument(name = "db.role.list", skip_all)]
    pub async fn list_roles(&self) -> Result<Vec<Role>, StoreError> {
        role::Entity::find()
            .order_by_asc(role::Column::Name)
            .all(&self.connection)
            .await
            .map_err(StoreError::at("list roles"))?
            .into_iter()
            .map(read)
            .collect()
    }

    /// A role of the users' own, if there is one of that name.
    #[tracing::instrument(name = "db.role.find", skip_all)]
    pub async fn find_role(&self, name: &RoleName) -> Result<Option<Role>, StoreError> {
        role::Entity::find_by_id(name.as_str())
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find role"))?
            .map(read)
            .transpose()
    }

    /// Makes a role, unless it is there.
    #[tracing::instrument(name = "db.role.insert", skip_all)]
    pub async fn insert_role(
        &self,
        role: &Role,
        actor: &str,
        now_ms: i64,
    ) -> Result<Inserted, StoreError> {
        let row = role::ActiveModel {
            name: Set(role.name.to_string()),
            description: Set(role.description.clone()),
            permissions: Set(text(role)),
            version: Set(role.version),
            created_at: Set(now_ms),
            updated_at: Set(now_ms),
            updated_by: Set(actor.chars().take(255).collect()),
        };
        let inserted = role::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await;
        Inserted::of(inserted).map_err(StoreError::at("make role"))
    }

    /// Puts a role in the place of its version before; false when it is not that version any more.
    #[tracing::instrument(name = "db.role.change", skip_all)]
    pub async fn change_role(
        &self,
        role: &Role,
        actor: &str,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let actor: String = actor.chars().take(255).collect();
        let updated = role::Entity::update_many()
            .col_expr(
                role::Column::Description,
                Expr::value(role.description.as_str()),
            )
            .col_expr(role::Column::Permissions, Expr::value(text(role)))
            .col_expr(role::Column::Version, Expr::value(role.version))
            .col_expr(role::Column::UpdatedAt, Expr::value(now_ms))
            .col_expr(role::Column::UpdatedBy, Expr::value(actor))
            .filter(role::Column::Name.eq(role.name.as_str()))
            .filter(role::Column::Version.eq(role.version.saturating_sub(1)))
            .exec(&self.connection)
            .await
            .map_err(StoreError::at("change role"))?;
        Ok(updated.rows_affected == 1)
    }

    /// Removes a role and takes it from all who have it; false when there is none.
    #[tracing::instrument(name = "db.role.remove", skip_all)]
    pub async fn remove_role(&self, name: &RoleName) -> Result<bool, StoreError> {
        let act = StoreError::at("remove role");
        role_binding::Entity::delete_many()
            .filter(role_binding::Column::Role.eq(name.as_str()))
            .exec(&self.connection)
            .await
            .map_err(&act)?;
        let removed = role::Entity::delete_by_id(name.as_str())
            .exec(&self.connection)
            .await
            .map_err(&act)?;
        Ok(removed.rows_affected == 1)
    }
}

fn text(role: &Role) -> String {
    serde_json::to_string(&role.permissions).unwrap_or_default()
}

/// A permission that this release does not know, because a later one wrote it, is left out: it allows nothing here.
fn read(row: role::Model) -> Result<Role, StoreError> {
    let broken = |column| StoreError::inconsistent("role", &row.name, column);
    let permissions: Vec<String> =
        serde_json::from_str(&row.permissions).map_err(|_| broken("permissions"))?;
    Ok(Role {
        name: row.name.parse().map_err(|_| broken("name"))?,
        description: row.description.clone(),
        permissions: permissions
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect(),
        ready: false,
        version: row.version,
    })
}
