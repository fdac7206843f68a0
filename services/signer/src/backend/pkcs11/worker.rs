//! One thread's way of calling the token.

use std::sync::Arc;

use super::super::TokenError;
use super::connection::Connection;
use super::fault::Fault;
use super::shared::Shared;

/// Lives on its thread, with at most one session.
pub(super) struct Worker {
    shared: Arc<Shared>,
    connection: Option<Connection>,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            connection: None,
        }
    }

    /// Does something in a session. A session that was lost is opened again, and the act done once more: what it had
    /// begun is void. Everything else is the caller's to repeat.
    pub(super) fn with<T>(
        &mut self,
        act: impl Fn(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, TokenError> {
        let had_session = self.connection.is_some();
        let outcome = match self.attempt(&act) {
            Err(Fault::SessionLost(reason)) if had_session => {
                tracing::info!(
                    token = self.shared.name,
                    reason,
                    "session lost, opening another one"
                );
                self.attempt(&act)
            }
            // a session of before the token went away and came back
            Err(Fault::TokenLost(_)) if had_session => self.attempt(&act),
            // Some libraries (SoftHSM) show a token that was removed as an empty one until they are restarted.
            Err(Fault::KeyMissing) if self.shared.may_doubt() => {
                self.restart();
                self.attempt(&act)
            }
            outcome => outcome,
        };
        match &outcome {
            Ok(_) => self.shared.up(),
            Err(fault @ (Fault::SessionLost(_) | Fault::TokenLost(_) | Fault::PinRefused(_))) => {
                self.shared.down(fault)
            }
            Err(_) => {}
        }
        outcome.map_err(|fault| fault.named(&self.shared.name))
    }

    /// Gives the session back and restarts the library.
    fn restart(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        let generation = connection.generation;
        if let Ok(entered) = self.shared.library.enter() {
            connection.close(&entered);
        }
        self.shared.library.restart(generation);
    }

    fn attempt<T>(
        &mut self,
        act: impl Fn(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let shared = Arc::clone(&self.shared);
        let entered = shared.library.enter()?;
        let generation = entered.generation;
        let connection = self
            .connection
            .take()
            .filter(|connection| connection.generation == generation);
        let outcome = match connection {
            Some(connection) => Ok(connection),
            None => Connection::open(&entered, &shared),
        };
        let lost = match outcome {
            Err(fault) => fault,
            Ok(mut connection) => match act(&mut connection) {
                Err(fault @ (Fault::SessionLost(_) | Fault::TokenLost(_))) => {
                    connection.close(&entered);
                    fault
                }
                done => {
                    self.connection = Some(connection);
                    return done;
                }
            },
        };
        drop(entered);
        if matches!(lost, Fault::TokenLost(_)) {
            shared.library.restart(generation);
        }
        Err(lost)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && let Ok(entered) = self.shared.library.enter()
        {
            connection.close(&entered);
        }
    }
}
