//! A PKCS #11 library: initialised once per process, whatever number of tokens is behind it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard};
use pkcs11::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use pkcs11::error::{Error, RvError};

use super::fault::Fault;

/// C_Initialize and C_Finalize act on the whole process: the same file must be the same library for every token.
static LIBRARIES: Mutex<BTreeMap<PathBuf, Arc<Library>>> = Mutex::new(BTreeMap::new());

/// A call that hangs must not make everybody else wait for a restart.
const RESTART_PATIENCE: Duration = Duration::from_secs(1);

/// What a library may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manners {
    /// Use the locks of the operating system. If not, one call is made at a time.
    pub(super) os_locking: bool,
    /// Not start threads.
    pub(super) forbid_threads: bool,
}

/// One library file.
pub(super) struct Library {
    path: PathBuf,
    manners: Manners,
    /// Held during calls of a library that has no locks.
    alone: Mutex<()>,
    state: RwLock<State>,
}

struct State {
    context: Option<Pkcs11>,
    /// Counts initialisations: sessions and handles of an earlier one mean nothing any more, or something else.
    generation: u64,
}

/// Permission to call the library; while it is held, nobody restarts it.
pub(super) struct Entered<'a> {
    pub(super) context: Pkcs11,
    pub(super) generation: u64,
    _alone: Option<MutexGuard<'a, ()>>,
    _guard: RwLockReadGuard<'a, State>,
}

impl Library {
    /// The library of a file; the same one for every token that names the same file. The first one says how it is
    /// initialised.
    pub(super) fn of(path: &Path, manners: Manners) -> Arc<Self> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut libraries = LIBRARIES.lock();
        let library = libraries.entry(path.clone()).or_insert_with(|| {
            let state = RwLock::new(State {
                context: None,
                generation: 0,
            });
            Arc::new(Self {
                path,
                manners,
                alone: Mutex::new(()),
                state,
            })
        });
        Arc::clone(library)
    }

    /// Loads and initialises it where that was not done.
    pub(super) fn enter(&self) -> Result<Entered<'_>, Fault> {
        loop {
            let guard = self.state.read();
            if let Some(context) = guard.context.clone() {
                return Ok(Entered {
                    context,
                    generation: guard.generation,
                    _alone: (!self.manners.os_locking).then(|| self.alone.lock()),
                    _guard: guard,
                });
            }
            drop(guard);
            self.initialize()?;
        }
    }

    fn initialize(&self) -> Result<(), Fault> {
        let mut state = self.state.write();
        if state.context.is_some() {
            return Ok(());
        }
        let lost =
            |error: Error| Fault::TokenLost(format!("library {}: {error}", self.path.display()));
        let context = Pkcs11::new(&self.path).map_err(lost)?;
        let mut flags = CInitializeFlags::empty();
        flags.set(CInitializeFlags::OS_LOCKING_OK, self.manners.os_locking);
        flags.set(
            CInitializeFlags::LIBRARY_CANT_CREATE_OS_THREADS,
            self.manners.forbid_threads,
        );
        match context.initialize(CInitializeArgs::new(flags)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(lost(error)),
        }
        state.context = Some(context);
        state.generation += 1;
        Ok(())
    }

    /// Finalises it, so that the next call initialises it anew: some libraries find a token again in no other way.
    /// Does nothing when somebody else did it already, or when a call hangs inside.
    pub(super) fn restart(&self, generation: u64) {
        let Some(mut state) = self.state.try_write_for(RESTART_PATIENCE) else {
            return;
        };
        if state.generation != generation {
            return;
        }
        if let Some(context) = state.context.take()
            && let Err(error) = context.finalize()
        {
            tracing::debug!(%error, library = %self.path.display(), "library did not finalise");
        }
    }
}
