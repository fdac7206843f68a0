//! How the platform stands, as far as CLM can know: itself, what it works with, the signer's tokens, and what waits to be
//! told.

use std::time::Duration;

use ers_proto::signer::v1::Token;
use ers_runtime::{error::chain, health::CheckState};

use super::Flows;
use crate::store::{DeliveryBacklog, StoreError};

/// Who does not answer in this time is out of reach.
const PATIENCE: Duration = Duration::from_secs(3);

/// A part of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Why it is not well; absent: it is.
    pub trouble: Option<String>,
}

/// How everything stands.
#[derive(Debug, Clone, PartialEq)]
pub struct SystemState {
    /// What CLM works with.
    pub parts: Vec<Part>,
    /// Named checks of this process: of all services where all are one process.
    pub checks: Vec<CheckState>,
    /// The signer's tokens; absent: it does not answer.
    pub tokens: Option<Vec<Token>>,
    /// What waits to be told.
    pub backlog: DeliveryBacklog,
}

impl Flows {
    /// How everything stands now.
    #[tracing::instrument(name = "clm.show_system", skip_all)]
    pub async fn show_system(&self) -> Result<SystemState, StoreError> {
        let (database, sessions, cara, tokens) = tokio::join!(
            asked("database", self.store.ping()),
            asked("redis", self.sessions.ping()),
            asked("cara-ws", self.cara.ping()),
            asked("signer", self.signer.tokens()),
        );
        let mut parts = vec![database.0];
        if self.sessions.are_shared() {
            parts.push(sessions.0);
        }
        parts.extend([cara.0, tokens.0]);
        Ok(SystemState {
            parts,
            checks: self.health.states(),
            tokens: tokens.1,
            backlog: self.store.delivery_backlog().await?,
        })
    }
}

async fn asked<T, E: std::error::Error>(
    name: &'static str,
    question: impl Future<Output = Result<T, E>>,
) -> (Part, Option<T>) {
    let (trouble, answer) = match tokio::time::timeout(PATIENCE, question).await {
        Ok(Ok(answer)) => (None, Some(answer)),
        Ok(Err(error)) => (Some(chain(&error)), None),
        Err(_) => (Some("no answer in time".to_owned()), None),
    };
    if let Some(trouble) = &trouble {
        tracing::warn!(part = name, trouble, "out of reach");
    }
    (Part { name, trouble }, answer)
}
