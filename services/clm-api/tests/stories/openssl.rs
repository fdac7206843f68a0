//! A foreign hand for CSRs and a foreign eye for certificates.

use std::{path::Path, process::Command};

use tempfile::TempDir;

/// A CSR made by openssl, DER.
pub fn csr(subject: &str, names: &[&str]) -> Vec<u8> {
    let names = format!("subjectAltName={}", names.join(","));
    let extensions = [names.as_str()];
    // without names: without the extension
    let count = usize::from(names != "subjectAltName=");
    csr_with(subject, &extensions[..count])
}

/// A CSR for a new P-256 key that asks for these extensions, as `-addext` has them.
pub fn csr_with(subject: &str, extensions: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (key, out) = (folder.path().join("key"), folder.path().join("csr"));
    let mut command = Command::new("openssl");
    command.args([
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]);
    command.args(["-subj", subject, "-outform", "DER"]);
    command.arg("-keyout").arg(key).arg("-out").arg(&out);
    for extension in extensions {
        command.args(["-addext", extension]);
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::read(out).unwrap()
}

/// The same as PEM.
pub fn csr_pem(subject: &str, names: &[&str]) -> String {
    ers_pki::pem::encode("CERTIFICATE REQUEST", &csr(subject, names))
}

/// What openssl says of a chain: certificate under root.
pub fn verify(certificate: &[u8], root: &[u8]) -> bool {
    let folder: TempDir = tempfile::tempdir().unwrap();
    let file = |name: &str, der: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, ers_pki::pem::encode("CERTIFICATE", der)).unwrap();
        path
    };
    let (certificate, root) = (file("certificate", certificate), file("root", root));
    run_verify(&certificate, &root)
}

fn run_verify(certificate: &Path, root: &Path) -> bool {
    // The test's clock stands: openssl looks at the same moment.
    Command::new("openssl")
        .args(["verify", "-x509_strict", "-attime", "1795348860", "-CAfile"])
        .arg(root)
        .arg(certificate)
        .output()
        .unwrap()
        .status
        .success()
}
