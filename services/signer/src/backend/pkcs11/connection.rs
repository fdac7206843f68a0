//! A session of one worker, with the handles of the keys that it has used.

use std::collections::HashMap;

use pkcs11::object::{Attribute, ObjectClass, ObjectHandle};
use pkcs11::session::Session;

use super::fault::Fault;
use super::library::Entered;
use super::shared::Shared;
use super::slot;

/// An open, logged-in session.
pub(super) struct Connection {
    pub(super) generation: u64,
    pub(super) session: Session,
    handles: HashMap<Vec<u8>, ObjectHandle>,
}

impl Connection {
    /// Opens a session and logs in.
    pub(super) fn open(entered: &Entered<'_>, shared: &Shared) -> Result<Self, Fault> {
        let slot = slot::find(&entered.context, &shared.slot)?;
        // Not closed by dropping it: after a restart of the library the same number may be somebody else's session.
        let session = entered.context.open_rw_session_no_drop(slot)?;
        if let Err(fault) = shared.log_in(&session) {
            let _ = session.close();
            return Err(fault);
        }
        Ok(Self {
            generation: entered.generation,
            session,
            handles: HashMap::new(),
        })
    }

    /// Closes the session, when it is one of the library as it is now.
    pub(super) fn close(self, entered: &Entered<'_>) {
        if self.generation == entered.generation {
            let _ = self.session.close();
        }
    }

    /// The handle of a private key. Looking for it at every signature would cost more than the signature.
    pub(super) fn private_key(&mut self, id: &[u8]) -> Result<ObjectHandle, Fault> {
        if let Some(handle) = self.handles.get(id) {
            return Ok(*handle);
        }
        let template = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Id(id.to_vec()),
        ];
        // the ids are random: two keys with one id are not ours, and which one is right cannot be known
        let &[handle] = self.session.find_objects(&template)?.as_slice() else {
            return Err(Fault::KeyMissing);
        };
        self.handles.insert(id.to_vec(), handle);
        Ok(handle)
    }

    /// Destroys whatever has an id.
    pub(super) fn destroy(&mut self, id: &[u8]) -> Result<(), Fault> {
        self.handles.remove(id);
        for object in self.session.find_objects(&[Attribute::Id(id.to_vec())])? {
            self.session.destroy_object(object)?;
        }
        Ok(())
    }
}
