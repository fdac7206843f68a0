//! A SoftHSM2 token of this run with the keys of the platform, and what it does when nothing but signatures is asked of it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use pkcs11::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::Attribute,
    session::UserType,
    types::AuthPin,
};
use tempfile::TempDir;
use tokio::process::Command;

const LIBRARY: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// Where the library looks for its tokens.
const CONFIGURATION: &str = "SOFTHSM2_CONF";
const LABEL: &str = "bench";
/// Of a token that lives as long as the run.
const PIN: &str = "1234";
const LONG: Duration = Duration::from_millis(2000);
/// OBJECT IDENTIFIER prime256v1
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// DigestInfo up to the SHA-256 (RFC 8017 section 9.2 note 1).
const SHA256_INFO: &[u8] =
    b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";

/// An initialised token; gone when dropped.
pub struct Token {
    folder: TempDir,
}

impl Token {
    /// Makes one in this folder.
    pub async fn make(folder: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("ers-bench-token-")
            .tempdir_in(folder)?;
        std::fs::create_dir(folder.path().join("tokens"))?;
        std::fs::write(folder.path().join("pin"), PIN)?;
        let token = Self { folder };
        std::fs::write(
            token.configuration(),
            format!(
                "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
                token.folder.path().join("tokens").display()
            ),
        )?;
        let made = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", LABEL])
            .args(["--so-pin", "5678", "--pin", PIN])
            .env(CONFIGURATION, token.configuration())
            .stdout(Stdio::null())
            .status()
            .await
            .context("run softhsm2-util (package softhsm2)")?;
        ensure!(made.success(), "make a token: softhsm2-util failed");
        Ok(token)
    }

    /// What a process must find in its environment.
    pub fn environment(&self) -> (&'static str, PathBuf) {
        (CONFIGURATION, self.configuration())
    }

    /// What the platform is told of it, YAML; with so many processes that load the library, or none but itself.
    pub fn section(&self, workers: usize) -> String {
        format!(
            "default_token: hsm\ntokens:\n- name: hsm\n  pkcs11: {{ library: {LIBRARY}, slot: {{ label: {LABEL} }}, \
            pin: 'file:{}', workers: {workers}, mechanisms: {{ ecdsa: signer }} }}\n",
            self.folder.path().join("pin").display()
        )
    }

    /// Signatures per second of so many processes that do nothing else, each with a session.
    pub async fn alone(&self, key: &str, processes: usize) -> Result<f64> {
        let own = std::env::current_exe()?;
        let children = (0..processes)
            .map(|_| {
                Command::new(&own)
                    .args(["--ers", "-", "--sign-on-token", key])
                    .env(CONFIGURATION, self.configuration())
                    .stdout(Stdio::piped())
                    .kill_on_drop(true)
                    .spawn()
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut per_second = 0.0;
        for child in children {
            let said = child.wait_with_output().await?.stdout;
            per_second += String::from_utf8_lossy(&said)
                .trim()
                .parse::<f64>()
                .context("sign on the token")?;
        }
        Ok(per_second)
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("softhsm2.conf")
    }
}

/// Signs on the token for a while with a key of its own: signatures per second. For a process that does nothing else.
pub fn sign(key: &str) -> Result<f64> {
    let library = Pkcs11::new(LIBRARY)?;
    library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
    let slot = library
        .get_slots_with_initialized_token()?
        .into_iter()
        .next()
        .context("find the token")?;
    let session = library.open_rw_session(slot)?;
    session.login(UserType::User, Some(&AuthPin::new(PIN.into())))?;
    let hash = digest(&SHA256, b"a certificate to be signed");
    let rsa_bits = match key.strip_prefix("RSA-") {
        Some(bits) => Some(bits.parse::<u64>().context("sign on the token: RSA bits")?),
        None if key == "P-256" => None,
        None => bail!("sign on the token: no such key: {key}"),
    };
    let (makes, parameters, signs, data) = match rsa_bits {
        None => (
            Mechanism::EccKeyPairGen,
            vec![Attribute::EcParams(P256.to_vec())],
            Mechanism::Ecdsa,
            hash.as_ref().to_vec(),
        ),
        Some(bits) => (
            Mechanism::RsaPkcsKeyPairGen,
            vec![
                Attribute::ModulusBits(bits.into()),
                Attribute::PublicExponent(vec![1, 0, 1]),
            ],
            Mechanism::RsaPkcs,
            [SHA256_INFO, hash.as_ref()].concat(),
        ),
    };
    let (_, private) = session.generate_key_pair(
        &makes,
        &parameters,
        &[Attribute::Token(false), Attribute::Sign(true)],
    )?;
    let begun = Instant::now();
    let mut count = 0_u32;
    while begun.elapsed() < LONG {
        session.sign(&signs, private, &data)?;
        count += 1;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}
