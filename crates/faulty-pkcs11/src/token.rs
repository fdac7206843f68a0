//! A library file with a SoftHSM of its own, as tests hold it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::Fault;

/// Debian's place for SoftHSM (package `softhsm2`).
const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// The label of the one token of each library.
const LABEL: &str = "faulty";

/// A library with one token. Its PIN is `1234`, its label `faulty`.
#[derive(Debug)]
pub struct FaultyToken {
    folder: TempDir,
}

impl FaultyToken {
    /// Makes a library and an initialised token.
    ///
    /// # Errors
    /// When SoftHSM is not there, or this crate was not built as a library.
    pub fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("faulty-").tempdir()?;
        let token = Self { folder };
        std::fs::create_dir(token.file("tokens"))?;
        std::fs::copy(own_library()?, token.library()).context("copy the faulty library")?;
        std::fs::copy(SOFTHSM, token.file("softhsm.so")).context("copy SoftHSM")?;
        let text = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            token.file("tokens").display()
        );
        std::fs::write(token.file("softhsm2.conf"), text)?;
        token.set(&[])?;
        let output = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", LABEL])
            .args(["--so-pin", "5678", "--pin", "1234"])
            .env("SOFTHSM2_CONF", token.file("softhsm2.conf"))
            .output()
            .context("run softhsm2-util (package softhsm2)")?;
        if !output.status.success() {
            bail!("softhsm2-util: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(token)
    }

    /// Another library whose token has the same keys, as the vendor's cloning would make it.
    ///
    /// # Errors
    /// When files cannot be copied.
    pub fn clone_keys(&self) -> anyhow::Result<Self> {
        let other = Self::new()?;
        let inner = |token: &Self| {
            let mut entries = std::fs::read_dir(token.file("tokens"))?;
            let entry = entries.next().context("find the token's folder")?;
            anyhow::Ok(entry?.path())
        };
        let (from, to) = (inner(self)?, inner(&other)?);
        for entry in std::fs::read_dir(&to)? {
            std::fs::remove_file(entry?.path())?;
        }
        for entry in std::fs::read_dir(&from)? {
            let entry = entry?;
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(other)
    }

    /// The library file.
    #[must_use]
    pub fn library(&self) -> PathBuf {
        self.file("libtoken.so")
    }

    /// From now on it has these faults and no others.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set(&self, faults: &[Fault]) -> anyhow::Result<()> {
        let lines: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
        // the library must never read half a file
        let beside = self.file("faults.new");
        std::fs::write(&beside, lines)?;
        Ok(std::fs::rename(beside, self.file("faults"))?)
    }

    /// Faults of the kind that happen one time and have not happened yet.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn pending(&self) -> anyhow::Result<usize> {
        let text = std::fs::read_to_string(self.file("faults"))?;
        Ok(text.lines().filter(|line| line.starts_with("once")).count())
    }

    /// How often a function was called.
    #[must_use]
    pub fn calls(&self, function: &str) -> usize {
        let text = std::fs::read_to_string(self.file("calls")).unwrap_or_default();
        text.lines().filter(|line| *line == function).count()
    }

    /// The folder's files for other programs: configuration of the SoftHSM behind.
    #[must_use]
    pub fn softhsm_configuration(&self) -> PathBuf {
        self.file("softhsm2.conf")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// This crate as a library: beside the program of the test, where cargo puts what it depends on.
fn own_library() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.parent().unwrap_or(Path::new("."));
    let name = "libers_faulty_pkcs11.so";
    let found = [
        folder.join(name),
        folder.join("deps").join(name),
        folder.join("..").join(name),
    ]
    .into_iter()
    .find(|path| path.exists());
    found.with_context(|| format!("find {name} near {}", folder.display()))
}
