//! One thread's way of calling the token.

use std::sync::Arc;
use std::time::Duration;

use super::super::TokenError;
use super::call::{Answer, Call};
use super::connection::Connection;
use super::fault::Fault;
use super::process::Process;
use super::shared::Shared;

/// Lives on its thread, with at most one session.
pub(super) struct Worker {
    shared: Arc<Shared>,
    way: Way,
}

enum Way {
    Here(Option<Connection>),
    Child(Process),
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let way = if shared.access.config.workers > 0 {
            Way::Child(Process::default())
        } else {
            Way::Here(None)
        };
        Self { shared, way }
    }

    /// Does something in a session. A session that was lost is opened again, and the act done once more: what it had
    /// begun is void. Everything else is the caller's to repeat.
    pub(super) fn perform(&mut self, call: &Call, limit: Duration) -> Result<Answer, TokenError> {
        let had_session = match &self.way {
            Way::Here(connection) => connection.is_some(),
            Way::Child(process) => process.is_running(),
        };
        let outcome = match self.attempt(call, limit) {
            Err(Fault::SessionLost(reason)) if had_session => {
                let token = &self.shared.name;
                tracing::info!(token, reason, "session lost, opening another one");
                self.shared.count(&Fault::SessionLost(reason));
                self.attempt(call, limit)
            }
            // a session of before the token went away and came back
            Err(fault @ (Fault::TokenLost(_) | Fault::DeviceFailed(_))) if had_session => {
                self.shared.count(&fault);
                self.attempt(call, limit)
            }
            // Some libraries (SoftHSM) show a token that was removed as an empty one until they are restarted.
            Err(Fault::KeyMissing) if self.is_empty() && self.shared.may_doubt() => {
                self.restart();
                self.attempt(call, limit)
            }
            outcome => outcome,
        };
        match &outcome {
            Ok(_) => self.shared.up(),
            Err(fault) => {
                self.shared.count(fault);
                self.shared.down(fault);
            }
        }
        outcome.map_err(|fault| fault.named(&self.shared.name))
    }

    fn is_empty(&self) -> bool {
        match &self.way {
            Way::Here(connection) => connection.as_ref().is_some_and(Connection::is_empty),
            // another process is cheap
            Way::Child(_) => true,
        }
    }

    /// Gives the session back and restarts the library.
    fn restart(&mut self) {
        match &mut self.way {
            Way::Child(process) => process.end(),
            Way::Here(connection) => {
                let Some(connection) = connection.take() else {
                    return;
                };
                let generation = connection.generation;
                let library = &self.shared.access.library;
                if let Ok(entered) = library.enter() {
                    connection.close(&entered);
                }
                library.restart(generation);
            }
        }
    }

    fn attempt(&mut self, call: &Call, limit: Duration) -> Result<Answer, Fault> {
        match &mut self.way {
            Way::Child(process) => process.attempt(&self.shared, call, limit),
            Way::Here(connection) => attempt_here(&self.shared, connection, call),
        }
    }
}

fn attempt_here(
    shared: &Shared,
    kept: &mut Option<Connection>,
    call: &Call,
) -> Result<Answer, Fault> {
    let access = &shared.access;
    let entered = access.library.enter()?;
    let generation = entered.generation;
    let connection = kept
        .take()
        .filter(|connection| connection.generation == generation);
    let outcome = match connection {
        Some(connection) => Ok(connection),
        None => Connection::open(&entered, access, |context, slot, session| {
            let _one_at_a_time = shared.may_log_in()?;
            access
                .log_in(context, slot, session)
                .inspect_err(|fault| shared.note_login(fault))
        }),
    };
    let lost = match outcome {
        Err(fault) => fault,
        Ok(mut connection) => match call.perform(&mut connection) {
            Err(fault) if fault.is_end_of_session() => {
                connection.close(&entered);
                fault
            }
            done => {
                *kept = Some(connection);
                return done;
            }
        },
    };
    drop(entered);
    if lost.is_absence() {
        access.library.restart(generation);
    }
    Err(lost)
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Way::Here(connection) = &mut self.way
            && let Some(connection) = connection.take()
            && let Ok(entered) = self.shared.access.library.enter()
        {
            connection.close(&entered);
        }
    }
}
