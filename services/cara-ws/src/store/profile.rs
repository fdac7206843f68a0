//! Table `profile`: certificate profiles that administrators have put. A version is never changed or deleted; one without
//! a definition says that the profile was removed.

use ers_runtime::db;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use super::{
    Store, StoreError,
    entity::{certificate, profile},
    failed,
};

/// How many of a CA's newest certificates are looked at for a profile.
const LOOKED_AT: u64 = 10_000;

/// A version of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredProfile {
    /// Its name.
    pub name: String,
    /// Counts from 1.
    pub version: i32,
    /// JSON; none: removed with this version.
    pub definition: Option<String>,
    /// When it was put, epoch milliseconds.
    pub created_at_ms: i64,
    /// By whom.
    pub created_by: String,
}

impl Store {
    /// The newest version of each profile, of removed ones too.
    pub async fn load_newest_profiles(&self) -> Result<Vec<StoredProfile>, StoreError> {
        const ACT: &str = "load profiles";
        let newest: Vec<(String, i32)> = profile::Entity::find()
            .select_only()
            .column(profile::Column::Name)
            .column_as(profile::Column::Version.max(), "version")
            .group_by(profile::Column::Name)
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed(ACT))?;
        if newest.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = newest
            .into_iter()
            .fold(Condition::any(), |any, (name, version)| {
                any.add(
                    Condition::all()
                        .add(profile::Column::Name.eq(name))
                        .add(profile::Column::Version.eq(version)),
                )
            });
        let rows = profile::Entity::find()
            .filter(wanted)
            .all(&self.connection)
            .await
            .map_err(failed(ACT))?;
        Ok(rows.into_iter().map(read).collect())
    }

    /// All versions of a profile, the newest first.
    pub async fn load_profile_versions(
        &self,
        name: &str,
    ) -> Result<Vec<StoredProfile>, StoreError> {
        let rows = profile::Entity::find()
            .filter(profile::Column::Name.eq(name))
            .order_by_desc(profile::Column::Version)
            .all(&self.connection)
            .await
            .map_err(failed("load profile"))?;
        Ok(rows.into_iter().map(read).collect())
    }

    /// Keeps a version; false, and nothing is kept, when there is one of that number.
    pub async fn insert_profile(&self, new: &StoredProfile) -> Result<bool, StoreError> {
        let row = profile::ActiveModel {
            name: Set(new.name.clone()),
            version: Set(new.version),
            definition: Set(new.definition.clone().unwrap_or_default()),
            created_at: Set(new.created_at_ms),
            created_by: Set(new.created_by.clone()),
        };
        match profile::Entity::insert(row)
            .exec_without_returning(&self.connection)
            .await
        {
            Ok(_) => Ok(true),
            Err(error) if db::is_duplicate(&error) => Ok(false),
            Err(error) => Err(failed("store profile")(error)),
        }
    }

    /// Whether one of a CA's newest certificates is of that profile and has not expired.
    pub async fn is_profile_in_certificates(
        &self,
        issuer: &str,
        name: &str,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let newest: Vec<(String, i64)> = certificate::Entity::find()
            .select_only()
            .columns([certificate::Column::Profile, certificate::Column::NotAfter])
            .filter(certificate::Column::Issuer.eq(issuer))
            .order_by_desc(certificate::Column::IssuedAt)
            .order_by_desc(certificate::Column::Serial)
            .limit(LOOKED_AT)
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("look for certificates of a profile"))?;
        Ok(newest
            .iter()
            .any(|(profile, not_after)| profile == name && *not_after > now_ms))
    }
}

fn read(row: profile::Model) -> StoredProfile {
    StoredProfile {
        name: row.name,
        version: row.version,
        definition: Some(row.definition).filter(|definition| !definition.is_empty()),
        created_at_ms: row.created_at,
        created_by: row.created_by,
    }
}
