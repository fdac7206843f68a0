//! Who has which role where.

use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, DatabaseTransaction, DbErr, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::{Store, StoreError, entity::role_binding};
use crate::domain::role::{ADMINISTRATOR, Binding, Subject, SubjectKind};

use role_binding::Column;

const MOST_BINDINGS: u64 = 10_000;

/// What became of taking roles away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unbound {
    /// So many were taken away.
    Taken(u64),
    /// Nothing was: nobody would be administrator any more.
    LastAdministrator,
}

impl Store {
    /// All that subjects have.
    #[tracing::instrument(name = "db.role_binding.of_subjects", skip_all)]
    pub async fn bindings_of(&self, subjects: &[Subject]) -> Result<Vec<Binding>, StoreError> {
        if subjects.is_empty() {
            return Ok(Vec::new());
        }
        let mut any = Condition::any();
        for subject in subjects {
            any = any.add(is(subject));
        }
        self.bindings(any).await
    }

    /// All bindings, in the order of their making.
    #[tracing::instrument(name = "db.role_binding.list", skip_all)]
    pub async fn list_bindings(&self) -> Result<Vec<Binding>, StoreError> {
        self.bindings(Condition::all()).await
    }

    /// A binding, if there is one of that id.
    #[tracing::instrument(name = "db.role_binding.find", skip_all)]
    pub async fn find_binding(&self, id: &str) -> Result<Option<Binding>, StoreError> {
        role_binding::Entity::find_by_id(id)
            .one(&self.connection)
            .await
            .map_err(StoreError::at("find role binding"))?
            .map(read)
            .transpose()
    }

    /// Gives a role, unless the same has it there already; the binding that says so then.
    #[tracing::instrument(name = "db.role_binding.insert", skip_all)]
    pub async fn insert_binding(&self, binding: &Binding) -> Result<Binding, StoreError> {
        let act = StoreError::at("give role");
        let same = Condition::all()
            .add(is(&binding.subject))
            .add(Column::Role.eq(binding.role.as_str()))
            .add(Column::Realm.eq(text(binding.realm.as_ref())))
            .add(Column::Policy.eq(text(binding.policy.as_ref())));
        if let Some(there) = self.bindings(same).await?.into_iter().next() {
            return Ok(there);
        }
        let row = role_binding::ActiveModel {
            id: Set(binding.id.clone()),
            role: Set(binding.role.to_string()),
            subject_kind: Set(binding.subject.kind.as_str().to_owned()),
            subject: Set(binding.subject.name.to_string()),
            realm: Set(text(binding.realm.as_ref())),
            policy: Set(text(binding.policy.as_ref())),
            created_at: Set(binding.created_at_ms),
            created_by: Set(binding.created_by.chars().take(255).collect()),
        };
        role_binding::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await
            .map_err(act)?;
        Ok(binding.clone())
    }

    /// Takes a role away, unless nobody would be administrator any more.
    #[tracing::instrument(name = "db.role_binding.remove", skip_all)]
    pub async fn remove_binding(&self, id: &str) -> Result<Unbound, StoreError> {
        self.remove_bindings(Condition::all().add(Column::Id.eq(id)))
            .await
    }

    /// Takes all roles of somebody away, unless nobody would be administrator any more.
    #[tracing::instrument(name = "db.role_binding.remove_all", skip_all)]
    pub async fn remove_bindings_of(&self, subject: &Subject) -> Result<Unbound, StoreError> {
        self.remove_bindings(is(subject)).await
    }

    async fn remove_bindings(&self, which: Condition) -> Result<Unbound, StoreError> {
        db::retry("take role away", || async {
            let act = StoreError::at("take role away");
            let transaction = db::begin(&self.connection).await.map_err(&act)?;
            let outcome = try_remove(&transaction, which.clone())
                .await
                .map_err(&act)?;
            if matches!(outcome, Unbound::Taken(_)) {
                transaction.commit().await.map_err(&act)?;
            }
            Ok::<_, StoreError>(outcome)
        })
        .await
    }

    /// Whether a person is administrator of everything.
    #[tracing::instrument(name = "db.role_binding.has_administrator", skip_all)]
    pub async fn has_bound_administrator(&self) -> Result<bool, StoreError> {
        let count = role_binding::Entity::find()
            .filter(administering())
            .count(&self.connection)
            .await
            .map_err(StoreError::at("count administrators"))?;
        Ok(count > 0)
    }

    async fn bindings(&self, which: Condition) -> Result<Vec<Binding>, StoreError> {
        role_binding::Entity::find()
            .filter(which)
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .limit(MOST_BINDINGS)
            .all(&self.connection)
            .await
            .map_err(StoreError::at("list role bindings"))?
            .into_iter()
            .map(read)
            .collect()
    }
}

/// Those who administer everything are locked first, so that of two who take each other's role away one fails.
async fn try_remove(transaction: &DatabaseTransaction, which: Condition) -> Result<Unbound, DbErr> {
    let administrators = role_binding::Entity::find()
        .filter(administering())
        .lock_exclusive()
        .all(transaction)
        .await?;
    let removed = role_binding::Entity::delete_many()
        .filter(which)
        .exec(transaction)
        .await?;
    let left = role_binding::Entity::find()
        .filter(administering())
        .count(transaction)
        .await?;
    Ok(if left == 0 && !administrators.is_empty() {
        Unbound::LastAdministrator
    } else {
        Unbound::Taken(removed.rows_affected)
    })
}

/// Groups and clients do not count: who is in a group, nobody here knows.
fn administering() -> Condition {
    Condition::all()
        .add(Column::Role.eq(ADMINISTRATOR))
        .add(Column::SubjectKind.eq(SubjectKind::Person.as_str()))
        .add(Column::Realm.eq(""))
}

fn is(subject: &Subject) -> Condition {
    Condition::all()
        .add(Column::SubjectKind.eq(subject.kind.as_str()))
        .add(Column::Subject.eq(subject.name.as_str()))
}

fn text<T: ToString>(name: Option<&T>) -> String {
    name.map(ToString::to_string).unwrap_or_default()
}

fn read(row: role_binding::Model) -> Result<Binding, StoreError> {
    let broken = |column| StoreError::inconsistent("role_binding", &row.id, column);
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(Binding {
        role: row.role.parse().map_err(|_| broken("role"))?,
        subject: Subject {
            kind: row
                .subject_kind
                .parse()
                .map_err(|_| broken("subject_kind"))?,
            name: row.subject.parse().map_err(|_| broken("subject"))?,
        },
        realm: some(&row.realm)
            .map(|name| name.parse())
            .transpose()
            .map_err(|_| broken("realm"))?,
        policy: some(&row.policy)
            .map(|name| name.parse())
            .transpose()
            .map_err(|_| broken("policy"))?,
        created_at_ms: row.created_at,
        created_by: row.created_by.clone(),
        id: row.id,
    })
}
