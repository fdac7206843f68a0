//! The folder where a platform keeps everything: only its owner may look into it, and one process at a time uses it.

use std::{
    fs::{DirBuilder, File, Permissions, TryLockError},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use ers_runtime::config::Secret;

use crate::{
    failure::{Attempt as _, Failure, Outcome},
    key_store::write_private,
    remote::RunFile,
};

/// A data folder that this process holds.
pub struct DataFolder {
    path: PathBuf,
    /// Held as long as the process lives; the system lets go of it, however the process ends.
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if need be, and takes it.
    pub fn open(path: &Path) -> Outcome<Self> {
        let way_out = "choose another folder with --data DIR";
        let act = |what: &str| format!("{what} {}", path.display());
        for folder in [
            path.to_owned(),
            path.join("run"),
            path.join("identity"),
            path.join("tls"),
        ] {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)
                .attempt(act("write to data folder"))
                .map_err(|failure| failure.or(way_out))?;
            // it may have been there before, open to others
            std::fs::set_permissions(&folder, Permissions::from_mode(0o700))
                .attempt(act("close to others the data folder"))
                .map_err(|failure| failure.or(way_out))?;
        }
        let lock = File::create(path.join("run").join("lock"))
            .attempt(act("write to data folder"))
            .map_err(|failure| failure.or(way_out))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(
                    Failure::new(format!("another `ers up` uses {}", path.display()))
                        .or("stop it first, or choose another folder with --data DIR"),
                );
            }
            Err(TryLockError::Error(error)) => {
                return Err(
                    Failure::new(format!("lock data folder {}: {error}", path.display()))
                        .or(way_out),
                );
            }
        }
        let path = path.canonicalize().attempt(act("find data folder"))?;
        Ok(Self { path, _lock: lock })
    }

    /// Its path, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Where the root certificate lies.
    pub fn root_certificate(&self) -> PathBuf {
        self.file("root.pem")
    }

    /// The master password that was made at the first start; made now if this is it.
    pub fn master_password(&self) -> Outcome<Secret> {
        let path = self.file("master-password");
        if !path.exists() {
            if self.file("signer.db").exists() {
                return Err(Failure::new(format!("{} is missing, but there are keys under it", path.display()))
                    .or("put the master password back into that file: without it the keys cannot be opened"));
            }
            let mut random = [0; 32];
            aws_lc_rs::rand::fill(&mut random).attempt("make master password")?;
            write_private(&path, hex::encode(random).as_bytes())?;
        }
        Ok(Secret::literal(format!("file:{}", path.display())))
    }

    /// Refuses to begin with no keys where there are CAs: a lost key database must not be taken for a first start.
    pub fn check_keys(&self) -> Outcome<()> {
        if self.file("cara.db").exists() && !self.file("signer.db").exists() {
            return Err(Failure::new(format!(
                "{} is missing, but there are CAs whose keys were in it",
                self.file("signer.db").display()
            ))
            .or(
                "put signer.db back from the backup, beside the master-password that belongs to it",
            ));
        }
        Ok(())
    }

    /// Tells the command line where the platform is.
    pub fn write_run_file(&self, run: &RunFile) -> Outcome<()> {
        let json = serde_json::to_vec_pretty(run).attempt("write run/platform.json")?;
        write_private(&self.run_file(), &json)
    }

    /// The platform is not there any more.
    pub fn clear_run_file(&self) {
        if let Err(error) = std::fs::remove_file(self.run_file()) {
            tracing::debug!(%error, "run file not removed");
        }
    }

    fn run_file(&self) -> PathBuf {
        self.path.join("run").join("platform.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_key_database_is_not_taken_for_a_first_start() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        assert!(data.check_keys().is_ok());
        std::fs::write(data.file("cara.db"), "").unwrap();
        assert!(data.check_keys().is_err());
        std::fs::write(data.file("signer.db"), "").unwrap();
        assert!(data.check_keys().is_ok());
    }

    #[test]
    fn a_folder_that_was_open_to_others_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let mode = std::fs::metadata(data.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
