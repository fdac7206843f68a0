//! Who calls, as the peer's certificate says.

use std::fmt;

use tonic::{Request, Status};

/// What the accepting side knows of a connection.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) caller: Option<Caller>,
    /// When its certificate ends, epoch seconds.
    pub(super) ends_at: i64,
}

/// The calling service, from its mutual-TLS identity; and the person in whose name it calls, where one is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    name: String,
    person: Option<String>,
}

impl Caller {
    /// A caller of that name; for tests and for calls inside one process.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            person: None,
        }
    }

    /// The same, in a person's name. Only for calls inside one process: over the wire nobody can say that.
    #[must_use]
    pub fn in_name_of(self, person: impl Into<String>) -> Self {
        Self {
            person: Some(person.into()),
            ..self
        }
    }

    /// Who acts, in the words that audit events and requesters keep: `administrator:alice`, or the service's name.
    #[must_use]
    pub fn actor(&self) -> String {
        match &self.person {
            Some(person) => format!("{}:{person}", self.name),
            None => self.name.clone(),
        }
    }

    /// The name, e.g. `cara-ws`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
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
        f.write_str(&self.name)
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
