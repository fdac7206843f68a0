//! CAs of tests.

use ers_pki::certificate::Certificate;
use ers_pki::crl;
use ers_pki::issuance::{Issuer, Request, prepare};
use ers_pki::key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm};
use ers_pki::name::Name;
use ers_pki::profile::Profile;
use ers_pki::serial::SerialNumber;
use ers_runtime::clock::Clock;

/// A root CA with a key on P-256.
pub struct Authority {
    root: Certificate,
    issuer: Issuer,
    key: PrivateKey,
}

impl Authority {
    /// With a new key.
    #[must_use]
    pub fn new(subject: &str, clock: &dyn Clock) -> Self {
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let subject: Name = subject.parse().unwrap();
        let algorithm = SignatureAlgorithm::default_for(KeyAlgorithm::P256);
        let itself =
            Issuer::self_signed(subject.clone(), key.public_key().clone(), algorithm).unwrap();
        let request = Request {
            subject,
            ..Request::new(key.public_key().clone())
        };
        let root = issue(&itself, &key, "root-ca", &request, clock);
        let issuer = Issuer::new(root.clone(), algorithm).unwrap();
        Self { root, issuer, key }
    }

    /// Its own certificate.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        &self.root
    }

    /// Issues under a ready profile.
    #[must_use]
    pub fn issue(&self, profile: &str, request: &Request, clock: &dyn Clock) -> Certificate {
        issue(&self.issuer, &self.key, profile, request, clock)
    }

    /// A CRL without entries for a day, DER.
    #[must_use]
    pub fn crl(&self, clock: &dyn Clock) -> Vec<u8> {
        let now = clock.now();
        let prepared = crl::prepare(&self.issuer, 1, now, now + time::Duration::DAY, []).unwrap();
        let signature = self
            .key
            .sign(self.issuer.signature_algorithm(), prepared.to_be_signed())
            .unwrap();
        prepared.assemble(&signature).unwrap().der().to_vec()
    }
}

/// A device's certificate (IEEE 802.1AR) by that CA.
#[must_use]
pub fn certify(ca: &Authority, subject: &str, key: &PrivateKey, clock: &dyn Clock) -> Certificate {
    let request = Request {
        subject: subject.parse().unwrap(),
        ..Request::new(key.public_key().clone())
    };
    ca.issue("ieee-802-1ar-ldevid", &request, clock)
}

fn issue(
    issuer: &Issuer,
    key: &PrivateKey,
    profile: &str,
    request: &Request,
    clock: &dyn Clock,
) -> Certificate {
    let profile = Profile::find_ready(profile).unwrap();
    let serial = SerialNumber::from_random(rand::random()).unwrap();
    let prepared = prepare(profile, issuer, request, serial, clock.now()).unwrap();
    let signature = key
        .sign(issuer.signature_algorithm(), prepared.to_be_signed())
        .unwrap();
    prepared.assemble(&signature).unwrap()
}
