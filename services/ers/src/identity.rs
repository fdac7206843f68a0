//! Mutual-TLS identities of the services: an authority of their own (P-256), apart from every CA that CARA keeps, since
//! CARA and the signer need identities before they can issue anything.

use std::time::Duration;

use ers_pki::{
    certificate::Certificate,
    general_name::GeneralName,
    issuance::{Issuer, Request, prepare},
    key::{KeyAlgorithm, PrivateKey, SignatureAlgorithm},
    name::Name,
    profile::Profile,
    serial::SerialNumber,
};
use ers_runtime::tls::{DNS_SUFFIX, URI_PREFIX};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::{
    failure::{Attempt as _, Failure, Outcome},
    key_store::{key_pem, pem},
};

const ALGORITHM: KeyAlgorithm = KeyAlgorithm::P256;

/// Makes identities.
pub struct IdentityAuthority {
    key: PrivateKey,
    certificate: Certificate,
}

/// An identity: certificate and key.
pub struct MadeIdentity {
    /// Certificate, PEM.
    pub certificate: String,
    /// Private key, PKCS#8 PEM.
    pub key: Zeroizing<String>,
}

impl IdentityAuthority {
    /// A new authority.
    pub fn make(validity: Duration, now: OffsetDateTime) -> Outcome<Self> {
        let key = PrivateKey::generate(ALGORITHM).attempt("make identity authority")?;
        let name: Name = "CN=ERS service identities"
            .parse()
            .attempt("name identity authority")?;
        let issuer = Issuer::self_signed(
            name.clone(),
            key.public_key().clone(),
            SignatureAlgorithm::default_for(ALGORITHM),
        )
        .attempt("make identity authority")?;
        let certificate = certify(
            &key,
            &issuer,
            "root-ca",
            &key,
            name,
            Vec::new(),
            validity,
            now,
        )?;
        Ok(Self { key, certificate })
    }

    /// An authority from its files.
    pub fn from_pem(certificate: &str, key: &str) -> Outcome<Self> {
        let key = ers_pki::pem::decode(key, &["PRIVATE KEY"])
            .attempt("read key of identity authority")?;
        Ok(Self {
            key: PrivateKey::from_pkcs8_der(&key).attempt("read key of identity authority")?,
            certificate: Certificate::from_pem(certificate)
                .attempt("read certificate of identity authority")?,
        })
    }

    /// Its certificate, PEM: what services believe.
    pub fn certificate_pem(&self) -> String {
        pem("CERTIFICATE", self.certificate.der())
    }

    /// Its private key, PKCS#8 PEM.
    pub fn key_pem(&self) -> Outcome<Zeroizing<String>> {
        key_pem(&self.key)
    }

    /// An identity for a service.
    pub fn issue(
        &self,
        service: &str,
        validity: Duration,
        now: OffsetDateTime,
    ) -> Outcome<MadeIdentity> {
        let key = PrivateKey::generate(ALGORITHM).attempt("make identity")?;
        let name: Name = format!("CN={service}").parse().attempt("name identity")?;
        let names = [
            format!("uri:{URI_PREFIX}{service}"),
            format!("dns:{service}{DNS_SUFFIX}"),
        ]
        .iter()
        .map(|name| {
            name.parse::<GeneralName>()
                .attempt(format!("name identity {service:?}"))
        })
        .collect::<Outcome<_>>()?;
        let issuer = Issuer::new(
            self.certificate.clone(),
            SignatureAlgorithm::default_for(ALGORITHM),
        )
        .attempt("use identity authority")?;
        let certificate = certify(
            &self.key,
            &issuer,
            "service-identity",
            &key,
            name,
            names,
            validity,
            now,
        )?;
        Ok(MadeIdentity {
            certificate: pem("CERTIFICATE", certificate.der()),
            key: key_pem(&key)?,
        })
    }
}

#[expect(clippy::too_many_arguments, reason = "called twice, beside each other")]
fn certify(
    signing_key: &PrivateKey,
    issuer: &Issuer,
    profile: &str,
    key: &PrivateKey,
    subject: Name,
    names: Vec<GeneralName>,
    validity: Duration,
    now: OffsetDateTime,
) -> Outcome<Certificate> {
    let profile = Profile::find_ready(profile)
        .ok_or_else(|| Failure::new(format!("there is no profile {profile}")))?;
    let mut random = [0; 20];
    aws_lc_rs::rand::fill(&mut random).attempt("draw serial number")?;
    let serial = SerialNumber::from_random(random).attempt("draw serial number")?;
    let request = Request {
        subject,
        names,
        validity: Some(validity.try_into().attempt("read validity")?),
        ..Request::new(key.public_key().clone())
    };
    let prepared = prepare(profile, issuer, &request, serial, now).attempt("prepare identity")?;
    let signature = signing_key
        .sign(prepared.signature_algorithm(), prepared.to_be_signed())
        .attempt("sign identity")?;
    prepared.assemble(&signature).attempt("assemble identity")
}
