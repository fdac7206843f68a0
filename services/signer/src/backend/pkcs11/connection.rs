//! A session of one worker, with the handles of the keys that it has used.

use std::collections::HashMap;
use std::sync::Arc;

use ers_pki::key::KeyAlgorithm;
use pkcs11::context::Pkcs11;
use pkcs11::object::{Attribute, ObjectClass, ObjectHandle};
use pkcs11::session::Session;
use pkcs11::slot::Slot;

use super::access::Access;
use super::fault::Fault;
use super::library::Entered;
use super::public_key;
use super::slot;

/// An open, logged-in session.
pub(super) struct Connection {
    pub(super) generation: u64,
    pub(super) session: Session,
    pub(super) access: Arc<Access>,
    pub(super) context: Pkcs11,
    pub(super) slot: Slot,
    handles: HashMap<Vec<u8>, ObjectHandle>,
}

impl Connection {
    /// Opens a session and logs in, in the way that is given.
    pub(super) fn open(
        entered: &Entered<'_>,
        access: &Arc<Access>,
        log_in: impl FnOnce(&Pkcs11, Slot, &Session) -> Result<(), Fault>,
    ) -> Result<Self, Fault> {
        let context = entered.context.clone();
        let slot = slot::find(&context, &access.config.slot)?;
        // Not closed by dropping it: after a restart of the library the same number may be somebody else's session.
        let session = if access.config.read_only_sessions {
            context.open_ro_session_no_drop(slot)?
        } else {
            context.open_rw_session_no_drop(slot)?
        };
        if let Err(fault) = log_in(&context, slot, &session) {
            let _ = session.close();
            return Err(fault);
        }
        Ok(Self {
            generation: entered.generation,
            session,
            access: Arc::clone(access),
            context,
            slot,
            handles: HashMap::new(),
        })
    }

    /// Closes the session, when it is one of the library as it is now.
    pub(super) fn close(self, entered: &Entered<'_>) {
        if self.generation == entered.generation {
            let _ = self.session.close();
        }
    }

    /// The handle of a private key whose public half is this SubjectPublicKeyInfo. Looking for it at every signature
    /// would cost more than the signature.
    pub(super) fn private_key(
        &mut self,
        id: &[u8],
        algorithm: KeyAlgorithm,
        expected: &[u8],
    ) -> Result<ObjectHandle, Fault> {
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
        // where the token does not tell, the signature will
        match public_key::find(self, id, Some(handle), algorithm)? {
            Some(found) if found != expected => return Err(Fault::KeyMismatch),
            _ => {}
        }
        self.handles.insert(id.to_vec(), handle);
        Ok(handle)
    }

    /// Whether the token shows no private key at all: some libraries show one that was removed as an empty one.
    pub(super) fn is_empty(&self) -> bool {
        let template = [Attribute::Class(ObjectClass::PRIVATE_KEY)];
        let found = self.session.find_objects(&template);
        found.is_ok_and(|keys| keys.is_empty())
    }

    /// Destroys whatever has an id.
    pub(super) fn destroy(&mut self, id: &[u8]) -> Result<(), Fault> {
        self.handles.remove(id);
        self.writing(|session| {
            for object in session.find_objects(&[Attribute::Id(id.to_vec())])? {
                session.destroy_object(object)?;
            }
            Ok(())
        })
    }

    /// Does something in a session that may write: this one, or one that is opened for it.
    pub(super) fn writing<T>(
        &self,
        act: impl FnOnce(&Session) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if !self.access.config.read_only_sessions {
            return act(&self.session);
        }
        // logged in as all sessions of the process are
        let session = self.context.open_rw_session_no_drop(self.slot)?;
        let done = act(&session);
        let _ = session.close();
        done
    }
}
