//! What everything is compared with: signatures of aws-lc-rs alone, on one core, and what the disk can do.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};

use crate::{options::Options, process::thread_cpu, report::Bare};

const LONG: Duration = Duration::from_millis(1000);
/// About as long as a certificate to be signed.
const MESSAGE: [u8; 600] = [0x42; 600];

/// Bare signatures with these keys and with RSA-2048, of which the others are told in multiples. Counted per second of CPU
/// time, so that what else runs here does not make the ratios better than they are.
pub fn signatures(options: &Options) -> Result<Vec<Bare>> {
    let random = SystemRandom::new();
    let mut bare = Vec::new();
    for (name, size) in [
        ("RSA-2048", KeySize::Rsa2048),
        ("RSA-3072", KeySize::Rsa3072),
        ("RSA-4096", KeySize::Rsa4096),
    ] {
        if name != "RSA-2048" && !options.wants_key(name) {
            continue;
        }
        let key = RsaKeyPair::generate(size).map_err(|_| anyhow!("make {name} key"))?;
        let mut signature = vec![0; key.public_modulus_len()];
        bare.push(rate(name, || {
            key.sign(&RSA_PKCS1_SHA256, &random, &MESSAGE, &mut signature)
                .map_err(|_| anyhow!("sign with {name}"))
        })?);
    }
    let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)
        .map_err(|_| anyhow!("make P-256 key"))?;
    anyhow::ensure!(!ec.public_key().as_ref().is_empty(), "make P-256 key");
    bare.push(rate("P-256", || {
        ec.sign(&random, &MESSAGE)
            .map(drop)
            .map_err(|_| anyhow!("sign with P-256"))
    })?);
    Ok(bare)
}

fn rate(algorithm: &'static str, mut sign: impl FnMut() -> Result<()>) -> Result<Bare> {
    const AT_ONCE: u32 = 50;
    for _ in 0..AT_ONCE {
        sign()?;
    }
    let (begun, cpu_begun) = (Instant::now(), thread_cpu()?);
    let mut count = 0_u32;
    while begun.elapsed() < LONG {
        for _ in 0..AT_ONCE {
            sign()?;
        }
        count += AT_ONCE;
    }
    let (wall, cpu) = (begun.elapsed(), thread_cpu()?.saturating_sub(cpu_begun));
    Ok(Bare {
        algorithm,
        per_core_second: f64::from(count) / cpu.as_secs_f64(),
        per_second: f64::from(count) / wall.as_secs_f64(),
    })
}

/// How often per second the disk makes 4 KiB durable, one after the other.
pub fn fdatasync_per_second(folder: &Path) -> Result<f64> {
    let path = folder.join("fdatasync");
    let mut file = File::create(&path).context("create file for fdatasync")?;
    let block = [0x42; 4096];
    let begun = Instant::now();
    let mut count = 0_u32;
    while begun.elapsed() < LONG {
        file.write_all(&block)?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / begun.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(rate)
}
