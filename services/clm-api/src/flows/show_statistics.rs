//! Numbers for an overview.

use super::Flows;
use crate::{
    domain::{
        access::Grants,
        id::RealmName,
        permission::Permission,
        statistics::{Span, Statistics},
    },
    store::StoreError,
};

impl Flows {
    /// How the certificates of a realm, or of all, stand; what was issued and what ends soon.
    #[tracing::instrument(name = "clm.show_statistics", skip_all)]
    pub async fn show_statistics(
        &self,
        realm: Option<RealmName>,
        grants: &Grants,
    ) -> Result<Statistics, StoreError> {
        let span = Span {
            realm,
            reach: grants.reach(Permission::CertificateRead),
            waiting_reach: grants.reach(Permission::RequestRead),
            now_ms: self.clock.now_ms(),
        };
        self.store.count_certificates(&span).await
    }
}
