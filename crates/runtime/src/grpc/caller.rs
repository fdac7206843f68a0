//! Who calls, as the peer's certificate says.

use std::fmt;

use tonic::{Request, Status};

/// What the accepting side knows of a connection.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) caller: Option<Caller>,
}

/// Name of the calling service, from its mutual-TLS identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller(String);

impl Caller {
    /// A caller of that name; for tests and for calls inside one process.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name, e.g. `cara-ws`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Refuses every caller that is not among the allowed.
    ///
    /// # Errors
    /// `PERMISSION_DENIED`, which is also an audit event.
    pub fn require(&self, allowed: &[&str]) -> Result<(), Status> {
        if allowed.contains(&self.name()) {
            return Ok(());
        }
        tracing::warn!(target: "audit", caller = self.name(), ?allowed, "call refused");
        Err(Status::permission_denied(format!(
            "{self} may not call this"
        )))
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who calls.
///
/// # Errors
/// `UNAUTHENTICATED` when the peer's certificate carries no identity of ours.
pub fn caller<T>(request: &Request<T>) -> Result<Caller, Status> {
    // Tests call handlers directly with a Caller put among the extensions; over the wire nobody can.
    if let Some(caller) = request.extensions().get::<Caller>() {
        return Ok(caller.clone());
    }
    request
        .extensions()
        .get::<Peer>()
        .and_then(|peer| peer.caller.clone())
        .ok_or_else(|| Status::unauthenticated("no service identity in the client certificate"))
}
