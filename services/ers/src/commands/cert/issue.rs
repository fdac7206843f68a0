//! `ers cert issue`: for a CSR, or with a key made here.

use std::path::{Path, PathBuf};

use ers_pki::{general_name::GeneralName, key::PrivateKey, name::Name};
use ers_proto::clm::v1::{EnrollRequest, Issued, enroll_response::Outcome as Decision};
use serde::Serialize;

use crate::{
    cli::{CertIssue, Encoding, Global},
    clm::Clm,
    commands::{duration, password_or_new},
    failure::{Attempt as _, Failure, Outcome, answered},
    key_store,
    output::{self, Show},
    rest::csr,
};

const USUAL_KEY: &str = "P-256";

/// What is there now.
#[derive(Serialize)]
pub(super) struct Written {
    pub(super) serial: String,
    pub(super) issuer: String,
    pub(super) files: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) password: Option<String>,
}

pub(super) async fn run(global: &Global, remote: &Clm, options: CertIssue) -> Outcome<()> {
    let key = match &options.csr {
        Some(_) => None,
        None => Some(make_key(
            options.key_algorithm.as_deref().unwrap_or(USUAL_KEY),
        )?),
    };
    let mut request = request(&options, key.as_ref())?;
    if let (Some(key), true) = (&key, remote.is_over_rest()) {
        request.csr = csr::showing(key)?;
        request.public_key = Vec::new();
    }
    let answer = remote
        .enrollment()
        .enroll(request)
        .await
        .map_err(answered)?
        .into_inner();
    let issued = match answer.outcome {
        Some(Decision::Issued(issued)) => issued,
        Some(Decision::Waiting(_)) => {
            return Err(Failure::new("the request waits for approval").or(
                "when it is approved, repeat the command with the same --request-id and --csr",
            ));
        }
        Some(Decision::Refused(refused)) => {
            return Err(Failure::new(format!(
                "policy {} refuses: {}",
                options.policy, refused.detail
            ))
            .or(format!(
                "`ers policy show {}` says what it allows",
                options.policy
            )));
        }
        None => return Err(Failure::new("the platform gave no outcome")),
    };
    let written = write(&options, &issued, key.as_ref())?;
    output::show(global.output, &written)
}

fn make_key(algorithm: &str) -> Outcome<PrivateKey> {
    let algorithm = algorithm.parse().attempt("read --key-algorithm")?;
    PrivateKey::generate(algorithm).attempt("make key")
}

fn request(options: &CertIssue, key: Option<&PrivateKey>) -> Outcome<EnrollRequest> {
    let names = names(options)?;
    let subject = match (&options.subject, &options.csr) {
        (Some(subject), _) => Some(subject.parse::<Name>().attempt("read --subject")?),
        (None, Some(_)) => None,
        (None, None) => default_subject(&names)?,
    };
    Ok(EnrollRequest {
        request_id: options
            .request_id
            .clone()
            .unwrap_or_else(|| format!("cli-{}", uuid::Uuid::new_v4())),
        protocol: "cli".into(),
        policy: options.policy.clone(),
        requester: "administrator".into(),
        csr: options
            .csr
            .as_deref()
            .map(read_csr)
            .transpose()?
            .unwrap_or_default(),
        public_key: key
            .map(|key| key.public_key().spki_der().to_vec())
            .unwrap_or_default(),
        subject: subject
            .map(|subject| subject.to_der().to_vec())
            .unwrap_or_default(),
        subject_alternative_names: names.iter().map(ToString::to_string).collect(),
        validity: options.validity.as_deref().map(duration).transpose()?,
        ..EnrollRequest::default()
    })
}

/// The names that are asked for.
pub(super) fn names(options: &CertIssue) -> Outcome<Vec<GeneralName>> {
    let read = |name: &String| {
        name.parse::<GeneralName>()
            .attempt(format!("read --name {name:?}"))
    };
    options.names.iter().map(read).collect()
}

/// The first DNS name, as far as a common name may be so long.
pub(super) fn default_subject(names: &[GeneralName]) -> Outcome<Option<Name>> {
    const LONGEST: usize = 64;
    let first = names.iter().find_map(|name| match name {
        GeneralName::Dns(dns) if dns.len() <= LONGEST => Some(dns.to_string()),
        _ => None,
    });
    first
        .map(|dns| format!("CN={dns}").parse().attempt("name the subject"))
        .transpose()
}

fn read_csr(path: &Path) -> Outcome<Vec<u8>> {
    let bytes = std::fs::read(path).attempt(format!("read {}", path.display()))?;
    let act = || format!("read CSR {}", path.display());
    let csr = match std::str::from_utf8(&bytes) {
        Ok(text) if text.contains("-----BEGIN") => {
            ers_pki::csr::Csr::from_pem(text).attempt(act())?
        }
        _ => ers_pki::csr::Csr::from_der(&bytes).attempt(act())?,
    };
    Ok(csr.der().to_vec())
}

/// Where something is written.
pub(super) fn file(options: &CertIssue, extension: &str) -> PathBuf {
    let mut path = options.out.clone().into_os_string();
    path.push(extension);
    PathBuf::from(path)
}

fn write(options: &CertIssue, issued: &Issued, key: Option<&PrivateKey>) -> Outcome<Written> {
    let chain: Vec<_> = std::iter::once(issued.certificate.clone())
        .chain(issued.chain.iter().cloned())
        .collect();
    let file = |extension| file(options, extension);
    let mut written = Written {
        serial: issued.serial.clone(),
        issuer: issued.issuer.clone(),
        files: Vec::new(),
        password: None,
    };
    if let (Encoding::P12, Some(key)) = (options.format, key) {
        let (password, shown) = password_or_new(options.password_file.as_deref())?;
        let path = file(".p12");
        key_store::write_private(
            &path,
            &key_store::pkcs12(&key.to_pkcs8_der().attempt("write key")?, &chain, &password)?,
        )?;
        written.files.push(path);
        written.password = shown.then(|| password.to_string());
        return Ok(written);
    }
    let (extension, content) = match options.format {
        Encoding::Der => (".der", issued.certificate.clone()),
        Encoding::Pem | Encoding::P12 => (".pem", key_store::pem_chain(&chain).into_bytes()),
    };
    key_store::write_public(&file(extension), &content)?;
    written.files.push(file(extension));
    if let Some(key) = key {
        key_store::write_private(&file(".key"), key_store::key_pem(key)?.as_bytes())?;
        written.files.push(file(".key"));
    }
    Ok(written)
}

impl Show for Written {
    fn text(&self) -> String {
        let files: Vec<_> = self
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        output::fields(&[
            ("serial", self.serial.clone()),
            ("issuer", self.issuer.clone()),
            ("files", files.join("\n")),
            ("password", self.password.clone().unwrap_or_default()),
        ])
    }
}
