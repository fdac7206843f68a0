//! Who calls an operation, and how far it reaches for them.

use ers_runtime::{
    error::status,
    grpc::{Caller, caller},
};
use tonic::{Request, Status};

use super::{operations, read::wrong};
use crate::{
    domain::{
        access::{Grants, Reach},
        id::RealmName,
        permission::Permission,
    },
    flows::{Actor, Flows},
};

const LONGEST_ACTOR: usize = 255;

/// Who was let in, and what they may do.
pub(super) struct Entered {
    caller: Caller,
    pub(super) grants: Grants,
    needed: Permission,
}

impl Entered {
    /// Lets in who may call the operation at all; how far it reaches, the operation asks.
    pub(super) async fn by<T>(
        flows: &Flows,
        request: &Request<T>,
        operation: &str,
    ) -> Result<Self, Status> {
        let caller = caller(request)?;
        let grants = flows
            .grants_of_service(caller.name())
            .await
            .map_err(status)?;
        let needed = operations::find(operation)
            .ok_or_else(|| Status::permission_denied("nobody may call this"))?;
        if !grants.holds(needed) {
            return Err(Status::permission_denied(format!(
                "{} needs the permission {needed}",
                caller.name()
            )));
        }
        Ok(Self {
            caller,
            grants,
            needed,
        })
    }

    /// How far what the operation needs reaches.
    pub(super) fn reach(&self) -> Reach {
        self.grants.reach(self.needed)
    }

    /// Refuses who may not do this everywhere.
    pub(super) fn demand_everywhere(&self) -> Result<(), Status> {
        if self.reach() == Reach::Everywhere {
            return Ok(());
        }
        Err(self.refused("in all realms"))
    }

    /// Refuses who may not do this in a whole realm.
    pub(super) fn demand_realm(&self, realm: &RealmName) -> Result<(), Status> {
        if self.reach().has_realm(realm) {
            return Ok(());
        }
        Err(self.refused(&format!("in realm {realm}")))
    }

    fn refused(&self, place: &str) -> Status {
        Status::permission_denied(format!(
            "{} needs the permission {} {place}",
            self.caller.name(),
            self.needed
        ))
    }

    /// Who acts: the person that the command line names, else the calling identity.
    pub(super) fn actor(&self, named: &str) -> Result<Actor, Status> {
        if named.chars().count() > LONGEST_ACTOR || named.chars().any(char::is_control) {
            return Err(wrong(
                "actor",
                format!("at most {LONGEST_ACTOR} characters without control characters"),
            ));
        }
        Ok(Actor::named(if named.is_empty() {
            self.caller.name()
        } else {
            named
        }))
    }
}
