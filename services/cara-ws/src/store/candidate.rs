//! Finding certificates that are to be revoked together.

use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::{Store, StoreError, certificate::read_revocation, entity::certificate, failed};
use crate::domain::{AuthorityName, Filter, Revocation};

/// A certificate that may be meant.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Hex.
    pub serial: String,
    /// Name of the profile.
    pub profile: String,
    /// JSON of who asked for it.
    pub origin: String,
    /// DER; empty when the key does not matter.
    pub der: Vec<u8>,
}

impl Store {
    /// A page of those of a CA's certificates that are not revoked, or on hold, and may fit a filter; by serial number,
    /// behind the one given.
    pub async fn list_candidates(
        &self,
        filter: &Filter,
        after: &str,
        size: usize,
    ) -> Result<Vec<Candidate>, StoreError> {
        let mut found = certificate::Entity::find()
            .select_only()
            .columns([
                certificate::Column::Serial,
                certificate::Column::Profile,
                certificate::Column::Origin,
            ])
            .filter(certificate::Column::Issuer.eq(filter.issuer.as_str()))
            .filter(certificate::Column::Serial.gt(after));
        if let Some(profile) = &filter.profile {
            found = found.filter(certificate::Column::Profile.eq(profile.as_str()));
        }
        for (field, wanted) in [
            ("realm", &filter.realm),
            ("policy", &filter.policy),
            ("end_entity", &filter.end_entity),
        ] {
            // As Origin is written; signs with a meaning of their own match more than they should, never less.
            let json = wanted
                .as_ref()
                .and_then(|wanted| serde_json::to_string(wanted).ok());
            if let Some(json) = json.filter(|json| !json.contains(['\\', '%', '_'])) {
                let written = format!("\"{field}\":{json}");
                found = found.filter(certificate::Column::Origin.contains(written));
            }
        }
        if let Some(from) = filter.issued_from_ms {
            found = found.filter(certificate::Column::IssuedAt.gte(from));
        }
        if let Some(before) = filter.issued_before_ms {
            found = found.filter(certificate::Column::IssuedAt.lt(before));
        }
        let found = found
            .order_by_asc(certificate::Column::Serial)
            .limit(size as u64);
        let with_der = filter.key.is_some();
        let rows: Vec<(String, String, String, Option<Vec<u8>>)> = match with_der {
            true => found.column(certificate::Column::Der),
            false => found.expr_as(
                sea_orm::sea_query::Expr::value(Option::<Vec<u8>>::None),
                "der",
            ),
        }
        .into_tuple()
        .all(&self.connection)
        .await
        .map_err(failed("look for certificates"))?;
        Ok(rows
            .into_iter()
            .map(|(serial, profile, origin, der)| Candidate {
                serial,
                profile,
                origin,
                der: der.unwrap_or_default(),
            })
            .collect())
    }

    /// Those of a CA's certificates that may still be revoked: not expired, or revoked before.
    pub async fn keep_unexpired(
        &self,
        issuer: &AuthorityName,
        serials: &[String],
        now_ms: i64,
    ) -> Result<Vec<String>, StoreError> {
        certificate::Entity::find()
            .select_only()
            .column(certificate::Column::Serial)
            .filter(certificate::Column::Issuer.eq(issuer.as_str()))
            .filter(certificate::Column::Serial.is_in(serials))
            .filter(
                Condition::any()
                    .add(certificate::Column::NotAfter.gte(now_ms))
                    .add(certificate::Column::RevokedAt.is_not_null()),
            )
            .order_by_asc(certificate::Column::Serial)
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("look for expired certificates"))
    }

    /// How many of these a revocation would change.
    pub async fn count_changeable(
        &self,
        issuer: &AuthorityName,
        serials: &[String],
        new: &Revocation,
    ) -> Result<u64, StoreError> {
        type Columns = (Option<i64>, Option<i16>, Option<String>);
        let rows: Vec<Columns> = certificate::Entity::find()
            .select_only()
            .columns([
                certificate::Column::RevokedAt,
                certificate::Column::RevocationReason,
                certificate::Column::RevocationRequester,
            ])
            .filter(certificate::Column::Issuer.eq(issuer.as_str()))
            .filter(certificate::Column::Serial.is_in(serials))
            .into_tuple()
            .all(&self.connection)
            .await
            .map_err(failed("count certificates"))?;
        let mut count = 0;
        for (at, reason, requester) in rows {
            let before = read_revocation(at, reason, requester, None).map_err(|column| {
                StoreError::Inconsistent {
                    table: "certificate",
                    row: issuer.to_string(),
                    column,
                }
            })?;
            count += u64::from(new.replaces(before.as_ref()));
        }
        Ok(count)
    }
}
