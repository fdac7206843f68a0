//! SoftHSM tokens in a folder of the process. The library reads its configuration from an environment variable when it
//! is initialised, so that there is one folder per process; each test has a token of its own in it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};

use anyhow::{Context, bail};
use tempfile::TempDir;

/// Debian's place for the library (package `softhsm2`).
pub const LIBRARY: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// The same library with a look at every call, written to [`spied`] (package `opensc`). Not to be used beside
/// [`LIBRARY`] in one process: both initialise the library below.
pub const SPY: &str = "/usr/lib/x86_64-linux-gnu/pkcs11-spy.so";

static PLACE: LazyLock<Result<Place, String>> =
    LazyLock::new(|| Place::make().map_err(|error| format!("{error:#}")));
static NUMBER: AtomicU32 = AtomicU32::new(1);
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

struct Place {
    /// Not a path alone: its folder goes when the process ends in order.
    folder: TempDir,
}

/// An initialised token.
#[derive(Debug, Clone)]
pub struct SoftHsmToken {
    /// Its label, unique in the process.
    pub label: String,
    /// The user PIN.
    pub pin: String,
    /// The folder with its objects; moved away, the token is gone.
    pub folder: PathBuf,
}

impl Place {
    fn make() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("softhsm-").tempdir()?;
        let tokens = folder.path().join("tokens");
        std::fs::create_dir(&tokens)?;
        let configuration = folder.path().join("softhsm2.conf");
        let text = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        );
        std::fs::write(&configuration, text)?;
        // SAFETY: done once, before a library is loaded; nothing else in a test process writes the environment.
        #[expect(
            unsafe_code,
            reason = "SoftHSM takes the path of its configuration from nowhere else"
        )]
        unsafe {
            std::env::set_var("SOFTHSM2_CONF", configuration);
            std::env::set_var("PKCS11SPY", LIBRARY);
            std::env::set_var("PKCS11SPY_OUTPUT", folder.path().join("calls"));
        }
        Ok(Self { folder })
    }

    fn tokens(&self) -> PathBuf {
        self.folder.path().join("tokens")
    }
}

/// Makes a token.
///
/// # Errors
/// When `softhsm2-util` is not there or fails.
pub fn token() -> anyhow::Result<SoftHsmToken> {
    let place = PLACE
        .as_ref()
        .map_err(|error| anyhow::anyhow!("prepare SoftHSM: {error}"))?;
    let _guard = ONE_AT_A_TIME.lock();
    let label = format!("token-{}", NUMBER.fetch_add(1, Ordering::SeqCst));
    let pin = "1234".to_owned();
    let before = folders(&place.tokens())?;
    let output = Command::new("softhsm2-util")
        .args([
            "--init-token",
            "--free",
            "--label",
            &label,
            "--so-pin",
            "5678",
            "--pin",
            &pin,
        ])
        .output()
        .context("run softhsm2-util (package softhsm2)")?;
    if !output.status.success() {
        bail!("softhsm2-util: {}", String::from_utf8_lossy(&output.stderr));
    }
    let after = folders(&place.tokens())?;
    let folder = after.into_iter().find(|folder| !before.contains(folder));
    Ok(SoftHsmToken {
        label,
        pin,
        folder: folder.context("find the folder of the new token")?,
    })
}

/// What [`SPY`] has seen so far: a line `<number>: C_<Function>` for each call, arguments and results below it.
///
/// # Errors
/// When nothing was called through it.
pub fn spied() -> anyhow::Result<String> {
    let place = PLACE
        .as_ref()
        .map_err(|error| anyhow::anyhow!("prepare SoftHSM: {error}"))?;
    std::fs::read_to_string(place.folder.path().join("calls"))
        .context("read the calls that were seen")
}

fn folders(of: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(of)?;
    entries.map(|entry| Ok(entry?.path())).collect()
}
