//! What stories need: authorities in memory, requests, a folder in which openssl runs.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU8, Ordering};

use ers_pki::certificate::Certificate;
use ers_pki::issuance::{Issuer, Prepared, Request, prepare};
use ers_pki::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};
use ers_pki::profile::Profile;
use ers_pki::serial::SerialNumber;
use time::OffsetDateTime;
use time::macros::datetime;

pub const NOW: OffsetDateTime = datetime!(2026-11-22 12:00:00 UTC);

pub fn serial(number: u8) -> SerialNumber {
    let mut random = [0xa5; 20];
    random[0] = 1;
    random[19] = number;
    SerialNumber::from_random(random).unwrap()
}

fn next_serial() -> SerialNumber {
    static NEXT: AtomicU8 = AtomicU8::new(100);
    serial(NEXT.fetch_add(1, Ordering::Relaxed))
}

pub fn profile(name: &str) -> Profile {
    Profile::find_ready(name).unwrap().clone()
}

pub fn leaf_request(subject: &str, names: &[&str], algorithm: KeyAlgorithm) -> Request {
    request_for(&PrivateKey::generate(algorithm).unwrap(), subject, names)
}

fn request_for(key: &PrivateKey, subject: &str, names: &[&str]) -> Request {
    Request {
        subject: subject.parse().unwrap(),
        names: names.iter().map(|name| name.parse().unwrap()).collect(),
        ..Request::new(key.public_key().clone())
    }
}

/// A private key that signs.
pub struct Holder(PrivateKey);

impl Holder {
    pub fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Vec<u8> {
        self.0.sign(algorithm, message).unwrap()
    }

    fn finish(&self, prepared: Prepared) -> Certificate {
        let signature = self.sign(prepared.signature_algorithm(), prepared.to_be_signed());
        prepared.assemble(&signature).unwrap()
    }
}

/// A CA in memory.
pub struct Authority {
    holder: Holder,
    issuer: Issuer,
}

impl Authority {
    pub fn root(algorithm: KeyAlgorithm) -> Self {
        Self::root_signing(algorithm, SignatureAlgorithm::default_for(algorithm))
    }

    pub fn root_signing(algorithm: KeyAlgorithm, signature: SignatureAlgorithm) -> Self {
        Self::make_root(algorithm, signature, &profile("root-ca"))
    }

    pub fn root_with(algorithm: KeyAlgorithm, change: impl FnOnce(&mut Profile)) -> Self {
        let mut profile = profile("root-ca");
        change(&mut profile);
        Self::make_root(
            algorithm,
            SignatureAlgorithm::default_for(algorithm),
            &profile,
        )
    }

    fn make_root(
        algorithm: KeyAlgorithm,
        signature: SignatureAlgorithm,
        profile: &Profile,
    ) -> Self {
        let holder = Holder(PrivateKey::generate(algorithm).unwrap());
        let request = request_for(&holder.0, "CN=Test Root CA,O=Example AG,C=DE", &[]);
        let issuer = Issuer::self_signed(
            request.subject.clone(),
            request.public_key.clone(),
            signature,
        )
        .unwrap();
        let prepared = prepare(profile, &issuer, &request, next_serial(), NOW).unwrap();
        let certificate = holder.finish(prepared);
        Self {
            holder,
            issuer: Issuer::new(certificate, signature).unwrap(),
        }
    }

    pub fn sub(&self, subject: &str, algorithm: KeyAlgorithm) -> Self {
        self.sub_with(&profile("sub-ca"), subject, algorithm)
    }

    pub fn sub_with(&self, profile: &Profile, subject: &str, algorithm: KeyAlgorithm) -> Self {
        let (certificate, holder) = self.issue_with_key(profile, subject, algorithm);
        Self {
            holder,
            issuer: Issuer::new(certificate, SignatureAlgorithm::default_for(algorithm)).unwrap(),
        }
    }

    pub fn with_urls(self) -> Self {
        let issuer = self
            .issuer
            .with_ocsp_urls(["http://pki.example/ocsp"])
            .unwrap();
        let issuer = issuer.with_crl_urls(["http://pki.example/crl"]).unwrap();
        Self {
            issuer: issuer
                .with_ca_issuer_urls(["http://pki.example/ca.cer"])
                .unwrap(),
            ..self
        }
    }

    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    pub fn certificate(&self) -> &Certificate {
        self.issuer.certificate().unwrap()
    }

    pub fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Vec<u8> {
        self.holder.sign(algorithm, message)
    }

    pub fn issue(&self, profile: &Profile, request: &Request) -> Certificate {
        let certificate = self
            .holder
            .finish(prepare(profile, &self.issuer, request, next_serial(), NOW).unwrap());
        certificate.verify_signed_by(self.certificate()).unwrap();
        certificate
    }

    pub fn issue_with_key(
        &self,
        profile: &Profile,
        subject: &str,
        algorithm: KeyAlgorithm,
    ) -> (Certificate, Holder) {
        let key = PrivateKey::generate(algorithm).unwrap();
        (
            self.issue(profile, &request_for(&key, subject, &[])),
            Holder(key),
        )
    }
}

/// A folder that is gone after the test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub fn read_bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap()
    }

    /// What openssl says on its standard output; it must end well.
    pub fn openssl(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "openssl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// What openssl says on its standard error, however it ends.
    pub fn openssl_stderr(&self, arguments: &[&str]) -> String {
        String::from_utf8_lossy(&self.run(arguments).stderr).into_owned()
    }

    /// All that openssl says, however it ends.
    pub fn openssl_both(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new("openssl")
            .args(arguments)
            .current_dir(self.path())
            .output()
            .unwrap()
    }
}
