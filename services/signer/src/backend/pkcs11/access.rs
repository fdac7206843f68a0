//! How a token is reached: library, slot, who logs in. The same in the signer and in its child processes.

use std::sync::Arc;

use parking_lot::RwLock;
use pkcs11::context::Pkcs11;
use pkcs11::error::{Error, RvError};
use pkcs11::session::{Session, SessionState, UserType};
use pkcs11::slot::Slot;
use secrecy::SecretString;

use super::fault::Fault;
use super::library::{Library, Manners};
use crate::config::{Login, Pkcs11Config};

/// How a token is reached.
pub(super) struct Access {
    pub(super) library: Arc<Library>,
    pub(super) config: Pkcs11Config,
    /// None where the token asks for it on a keypad of its own, or for none.
    pin: RwLock<Option<SecretString>>,
}

impl Access {
    pub(super) fn new(config: Pkcs11Config, pin: Option<SecretString>) -> Self {
        let manners = Manners {
            os_locking: config.os_locking,
            forbid_threads: config.forbid_library_threads,
        };
        Self {
            library: Library::of(&config.library, manners),
            config,
            pin: RwLock::new(pin),
        }
    }

    pub(super) fn pin(&self) -> Option<SecretString> {
        self.pin.read().clone()
    }

    /// Another PIN, for those who log in from now on.
    pub(super) fn set_pin(&self, pin: SecretString) {
        *self.pin.write() = Some(pin);
    }

    /// Logs a session in, when no session of this process is. The last try that a token allows is left to people.
    pub(super) fn log_in(
        &self,
        context: &Pkcs11,
        slot: Slot,
        session: &Session,
    ) -> Result<(), Fault> {
        if self.config.login() == Login::None || is_logged_in(session) {
            return Ok(());
        }
        if let Ok(token) = context.get_token_info(slot) {
            if token.user_pin_locked() {
                return Err(Fault::PinLocked("CKF_USER_PIN_LOCKED".to_owned()));
            }
            if token.user_pin_final_try() {
                let reason = "CKF_USER_PIN_FINAL_TRY: one try is left, which is not used up here";
                return Err(Fault::PinLocked(reason.to_owned()));
            }
        }
        match session.login(self.user(), self.pin.read().as_ref()) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(error) => Err(Fault::from(error)),
        }
    }

    /// Says the PIN again for the signature that was just begun.
    pub(super) fn authenticate(&self, session: &Session) -> Result<(), Fault> {
        session.login(UserType::ContextSpecific, self.pin.read().as_ref())?;
        Ok(())
    }

    fn user(&self) -> UserType {
        self.config
            .vendor_user_type
            .map_or(UserType::User, UserType::VendorExtension)
    }
}

fn is_logged_in(session: &Session) -> bool {
    session.get_session_info().is_ok_and(|info| {
        matches!(
            info.session_state(),
            SessionState::RoUser | SessionState::RwUser
        )
    })
}
