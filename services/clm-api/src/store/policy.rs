//! Policies and their versions. A version never changes; the revision counts changes for the replicas' copies.

use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    sea_query::Expr,
};

use super::{
    Store, StoreError,
    entity::{policy, policy_version, revision},
};
use crate::domain::{
    id::PolicyName,
    page::{Page, PageRequest},
    policy::{Policy, PolicyDefinition, PolicyVersion},
};

const REVISION: &str = "policies";

/// A version to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewPolicyVersion<'a> {
    /// What it says.
    pub definition: &'a PolicyDefinition,
    /// The version that it follows; absent: the policy is new.
    pub after: Option<u32>,
    /// Who makes it.
    pub actor: &'a str,
}

impl Store {
    /// Adds a version and puts it in force; false when another one came first.
    #[tracing::instrument(name = "db.policy.add_version", skip_all)]
    pub async fn add_policy_version(
        &self,
        new: NewPolicyVersion<'_>,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        db::retry("add policy version", || {
            self.try_add_policy_version(new, now_ms)
        })
        .await
    }

    async fn try_add_policy_version(
        &self,
        new: NewPolicyVersion<'_>,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let act = StoreError::at("add policy version");
        let transaction = db::begin(&self.connection).await.map_err(&act)?;
        match write_version(&transaction, new, now_ms).await {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) if db::is_duplicate(&error) => return Ok(false),
            Err(error) => return Err(act(error)),
        }
        count_change(&transaction).await.map_err(&act)?;
        transaction.commit().await.map_err(&act)?;
        Ok(true)
    }

    /// How often policies have changed.
    #[tracing::instrument(name = "db.revision.load", level = "trace", skip_all)]
    pub async fn load_policy_revision(&self) -> Result<i64, StoreError> {
        let row = revision::Entity::find_by_id(REVISION)
            .one(&self.connection)
            .await
            .map_err(StoreError::at("load policy revision"))?;
        Ok(row.map_or(0, |row| row.value))
    }

    /// Makes other replicas read the policies and clients again.
    #[tracing::instrument(name = "db.revision.count", skip_all)]
    pub async fn count_policy_change(&self) -> Result<(), StoreError> {
        db::retry("count policy change", || async {
            count_change(&self.connection).await
        })
        .await
        .map_err(StoreError::at("count policy change"))
    }

    /// The policies in force.
    #[tracing::instrument(name = "db.policy.list", skip_all)]
    pub async fn list_policies(&self) -> Result<Vec<Policy>, StoreError> {
        let act = StoreError::at("list policies");
        let rows = policy::Entity::find()
            .all(&self.connection)
            .await
            .map_err(&act)?;
        let versions = policy_version::Entity::find()
            .all(&self.connection)
            .await
            .map_err(&act)?;
        rows.into_iter().map(|row| read(row, &versions)).collect()
    }

    /// A page of what a policy said, newest first.
    #[tracing::instrument(name = "db.policy_version.list", skip_all)]
    pub async fn list_policy_versions(
        &self,
        name: &PolicyName,
        page: &PageRequest<i64>,
    ) -> Result<Page<PolicyVersion>, StoreError> {
        let act = StoreError::at("list policy versions");
        let query =
            policy_version::Entity::find().filter(policy_version::Column::Policy.eq(name.as_str()));
        let total = query.clone().count(&self.connection).await.map_err(&act)?;
        let rows = query
            .apply_if(page.after, |query, after| {
                query.filter(policy_version::Column::Version.lt(after))
            })
            .order_by_desc(policy_version::Column::Version)
            .limit(u64::from(page.size) + 1)
            .all(&self.connection)
            .await
            .map_err(&act)?
            .into_iter()
            .map(read_version)
            .collect::<Result<_, _>>()?;
        Ok(Page::cut(rows, page.size, total, |row: &PolicyVersion| {
            row.version.to_string()
        }))
    }
}

async fn write_version<C: ConnectionTrait>(
    database: &C,
    new: NewPolicyVersion<'_>,
    now_ms: i64,
) -> Result<bool, DbErr> {
    let (definition, actor) = (
        new.definition,
        new.actor.chars().take(255).collect::<String>(),
    );
    let name = definition.name().as_str().to_owned();
    let version = i64::from(new.after.unwrap_or(0)) + 1;
    if let Some(after) = new.after {
        let updated = policy::Entity::update_many()
            .col_expr(policy::Column::Version, Expr::value(version))
            .col_expr(
                policy::Column::Realm,
                Expr::value(definition.rules().realm.as_str()),
            )
            .col_expr(policy::Column::UpdatedAt, Expr::value(now_ms))
            .col_expr(policy::Column::UpdatedBy, Expr::value(actor.as_str()))
            .filter(policy::Column::Name.eq(name.as_str()))
            .filter(policy::Column::Version.eq(i64::from(after)))
            .exec(database)
            .await?;
        if updated.rows_affected != 1 {
            return Ok(false);
        }
    } else {
        let row = policy::ActiveModel {
            name: Set(name.clone()),
            realm: Set(definition.rules().realm.to_string()),
            version: Set(version),
            created_at: Set(now_ms),
            updated_at: Set(now_ms),
            updated_by: Set(actor.clone()),
        };
        policy::Entity::insert(row)
            .exec_without_returning(database)
            .await?;
    }
    let row = policy_version::ActiveModel {
        policy: Set(name),
        version: Set(version),
        definition: Set(definition.text().to_owned()),
        manual_approval: Set(definition.rules().manual_approval),
        created_at: Set(now_ms),
        created_by: Set(actor),
    };
    policy_version::Entity::insert(row)
        .exec_without_returning(database)
        .await?;
    Ok(true)
}

/// Makes other replicas read what is kept in memory again.
pub(super) async fn count_change<C: ConnectionTrait>(database: &C) -> Result<(), DbErr> {
    let counted = revision::Entity::update_many()
        .col_expr(
            revision::Column::Value,
            Expr::col(revision::Column::Value).add(1),
        )
        .filter(revision::Column::Subject.eq(REVISION))
        .exec(database)
        .await?;
    if counted.rows_affected == 0 {
        let first = revision::ActiveModel {
            subject: Set(REVISION.to_owned()),
            value: Set(1),
        };
        revision::Entity::insert(first)
            .exec_without_returning(database)
            .await?;
    }
    Ok(())
}

fn read_version(row: policy_version::Model) -> Result<PolicyVersion, StoreError> {
    let version = u32::try_from(row.version)
        .map_err(|_| StoreError::inconsistent("policy_version", &row.policy, "version"))?;
    Ok(PolicyVersion {
        version,
        definition: row.definition,
        created_at_ms: row.created_at,
        created_by: row.created_by,
    })
}

fn read(row: policy::Model, versions: &[policy_version::Model]) -> Result<Policy, StoreError> {
    let broken = |column| StoreError::inconsistent("policy", &row.name, column);
    let of_it = || versions.iter().filter(|version| version.policy == row.name);
    let in_force = of_it()
        .find(|version| version.version == row.version)
        .ok_or_else(|| broken("version"))?;
    let definition =
        PolicyDefinition::parse(&in_force.definition).map_err(|_| broken("definition"))?;
    let _: PolicyName = row.name.parse().map_err(|_| broken("name"))?;
    Ok(Policy {
        definition,
        version: u32::try_from(row.version).map_err(|_| broken("version"))?,
        has_ever_waited: of_it().any(|version| version.manual_approval),
        updated_at_ms: row.updated_at,
        updated_by: row.updated_by.clone(),
    })
}
