//! The trail of acts, searched and verified.

use super::{Flows, ListError};
use crate::{
    domain::{
        access::Reach,
        page::PageRequest,
        trail::{ChainReport, TrailFilter, TrailPage},
    },
    store::StoreError,
};

const LONGEST_SEARCH: usize = 255;

impl Flows {
    /// A page of the trail, newest first.
    #[tracing::instrument(name = "clm.search_trail", skip_all)]
    pub async fn search_trail(
        &self,
        filter: &TrailFilter,
        reach: &Reach,
        page: &PageRequest<i64>,
    ) -> Result<TrailPage, ListError> {
        let texts = [&filter.actor, &filter.act, &filter.object, &filter.search];
        if texts
            .into_iter()
            .flatten()
            .any(|text| !super::is_text(text, LONGEST_SEARCH))
        {
            return Err(ListError::Search);
        }
        Ok(self.store.search_trail(filter, reach, page).await?)
    }

    /// Follows the chain of acts from its beginning.
    #[tracing::instrument(name = "clm.verify_trail", skip_all)]
    pub async fn verify_trail(&self) -> Result<ChainReport, StoreError> {
        let report = self.store.verify_trail().await?;
        if let Some(place) = report.broken_at {
            tracing::error!(target: "audit", act = "audit.broken", place, "the trail of acts was changed");
        }
        Ok(report)
    }
}
