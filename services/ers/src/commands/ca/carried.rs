//! What is carried from one machine to another: requests, certificates and CRLs as files. A file says what it is and has
//! the digest of what it says, so that a damaged one is told from a wrong one; whether it is true is for the signatures
//! in it. A file that is used twice does nothing twice.

use std::path::Path;

use aws_lc_rs::digest;
use ers_pki::{certificate::Certificate, crl::Crl, csr::Csr};
use ers_proto::cara::v1::{
    AddExternalRequest, Authority, CrossSignRequest, CrossSignResponse, ImportCertificateRequest,
    ImportCrlRequest, ImportLongCrlRequest, LoadAuthorityRequest,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Authorities, change::fresh_id, duration, read_text};
use crate::{
    cli::{CaCrossSign, CaExportRequest, CaImportCertificate, CaSignRequest},
    failure::{Attempt as _, Failure, Outcome, answered},
    key_store, output,
};

const REQUEST: &str = "ers-ca-request-1";
const RESPONSE: &str = "ers-ca-response-1";
/// A CRL is the largest thing that is carried.
const MAX_FILE_BYTES: u64 = 128 << 20;
/// Octets of a CRL in one message.
const CRL_PIECE: usize = 1 << 20;

/// A file that was or will be carried.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Carried<T> {
    format: String,
    /// SHA-256 of the content as compact JSON, hex.
    digest: String,
    content: T,
}

/// A CA asks to be signed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaRequest {
    /// Signing it twice gives the same certificate.
    request_id: String,
    name: String,
    certification_request: String,
    profile: String,
    validity: String,
    path_length: Option<u32>,
}

/// It was signed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaResponse {
    /// Digest of the request.
    request: String,
    name: String,
    /// Name of the CA that signed, on its machine.
    issuer: String,
    certificate: String,
    /// Its issuer first, the root last.
    chain: Vec<String>,
    /// The issuer's newest complete one.
    crl: String,
}

pub(super) async fn export_request(
    mut authorities: Authorities,
    options: CaExportRequest,
) -> Outcome<()> {
    let request = LoadAuthorityRequest {
        name: options.name.clone(),
    };
    let ca = authorities
        .load(request)
        .await
        .map_err(answered)?
        .into_inner();
    if ca.request.is_empty() {
        return Err(
            Failure::new(format!("CA {} awaits no certificate", ca.name))
                .or("`ers ca create --external`, `renew` and `rollover` make requests"),
        );
    }
    let pem = key_store::pem("CERTIFICATE REQUEST", &ca.request);
    if options.pem {
        return write(&options.out, &pem);
    }
    duration(&options.validity)?;
    let content = CaRequest {
        request_id: format!("carried-{}", hash(&ca.request)),
        name: ca.name,
        certification_request: pem,
        profile: options.profile.unwrap_or_else(|| "sub-ca".to_owned()),
        validity: options.validity,
        path_length: options.path_length,
    };
    write(&options.out, &seal(REQUEST, content)?)
}

pub(super) async fn sign_request(
    mut authorities: Authorities,
    options: CaSignRequest,
) -> Outcome<()> {
    let carried: Carried<CaRequest> = open(&options.file, REQUEST)?;
    let asked = carried.content;
    let csr = Csr::from_pem(&asked.certification_request).attempt("read certification request")?;
    output::progress(&format!(
        "signing \"{}\" ({}) as CA {}",
        csr.subject(),
        csr.public_key().algorithm(),
        options.issuer
    ));
    let request = CrossSignRequest {
        request_id: asked.request_id,
        issuer: options.issuer.clone(),
        request: csr.der().to_vec(),
        profile: asked.profile,
        validity: Some(duration(&options.validity.unwrap_or(asked.validity))?),
        path_length: options.path_length.or(asked.path_length),
    };
    let signed = authorities
        .cross_sign(request)
        .await
        .map_err(answered)?
        .into_inner();
    let certificate = certificate_of(&signed)?;
    let content = CaResponse {
        request: carried.digest,
        name: asked.name,
        issuer: options.issuer,
        certificate: key_store::pem("CERTIFICATE", &certificate),
        chain: signed
            .chain
            .iter()
            .map(|der| key_store::pem("CERTIFICATE", der))
            .collect(),
        crl: key_store::pem("X509 CRL", &signed.crl),
    };
    write(&options.out, &seal(RESPONSE, content)?)
}

pub(super) async fn import_response(
    mut authorities: Authorities,
    file: &Path,
    issuer_name: Option<String>,
) -> Outcome<Authority> {
    let content = open::<CaResponse>(file, RESPONSE)?.content;
    let certificate = der_of(&content.certificate)?;
    let chain: Vec<_> = content
        .chain
        .iter()
        .map(|pem| der_of(pem))
        .collect::<Outcome<_>>()?;
    if let (Some(name), Some(issuer)) = (&issuer_name, chain.first()) {
        let request = AddExternalRequest {
            name: name.clone(),
            certificate: issuer.clone(),
        };
        authorities.add_external(request).await.map_err(answered)?;
    }
    let request = ImportCertificateRequest {
        name: content.name,
        certificate,
        chain,
        prepare_only: false,
    };
    let answer = authorities.import_certificate(request).await;
    let ca = answer.map_err(answered)?.into_inner();
    if let Some(name) = issuer_name {
        let crl = ers_pki::pem::decode(&content.crl, &["X509 CRL"]).attempt("read CRL")?;
        carry_crl(&mut authorities, name, crl).await?;
    }
    Ok(ca)
}

pub(super) fn import_request(options: CaImportCertificate) -> Outcome<ImportCertificateRequest> {
    let text = read_text(&options.file)?;
    let certificates = Certificate::all_from_pem(&text).attempt("read certificates")?;
    let (first, above) = certificates
        .split_first()
        .ok_or_else(|| Failure::new("the file has no certificate"))?;
    Ok(ImportCertificateRequest {
        name: options.name,
        certificate: first.der().to_vec(),
        chain: above
            .iter()
            .map(|certificate| certificate.der().to_vec())
            .collect(),
        prepare_only: options.prepare_only,
    })
}

pub(super) async fn add_external(
    mut authorities: Authorities,
    name: String,
    file: &Path,
) -> Outcome<Authority> {
    let request = AddExternalRequest {
        name,
        certificate: der_of(&read_text(file)?)?,
    };
    Ok(authorities
        .add_external(request)
        .await
        .map_err(answered)?
        .into_inner())
}

pub(super) async fn import_crl(
    mut authorities: Authorities,
    name: String,
    file: &Path,
) -> Outcome<Authority> {
    let bytes = read(file)?;
    let crl = match std::str::from_utf8(&bytes) {
        Ok(text) if text.contains("-----BEGIN") => {
            ers_pki::pem::decode(text, &["X509 CRL"]).attempt("read CRL")?
        }
        _ => bytes,
    };
    // Told here already what it is, rather than after the way there.
    Crl::from_der(&crl).attempt("read CRL")?;
    carry_crl(&mut authorities, name, crl).await
}

/// In one message, or in pieces when it is too long for that.
async fn carry_crl(
    authorities: &mut Authorities,
    name: String,
    crl: Vec<u8>,
) -> Outcome<Authority> {
    let answer = if crl.len() <= CRL_PIECE {
        let request = ImportCrlRequest { name, crl };
        authorities.import_crl(request).await
    } else {
        let pieces = crl.chunks(CRL_PIECE).map(|octets| ImportLongCrlRequest {
            name: name.clone(),
            octets: octets.to_vec(),
        });
        let pieces: Vec<_> = pieces.collect();
        authorities
            .import_long_crl(futures::stream::iter(pieces))
            .await
    };
    Ok(answer.map_err(answered)?.into_inner())
}

pub(super) async fn cross_sign(mut authorities: Authorities, options: CaCrossSign) -> Outcome<()> {
    let text = read_text(&options.file)?;
    let labels = [
        "CERTIFICATE REQUEST",
        "NEW CERTIFICATE REQUEST",
        "CERTIFICATE",
    ];
    let request = CrossSignRequest {
        request_id: options.request_id.unwrap_or_else(fresh_id),
        issuer: options.issuer,
        request: ers_pki::pem::decode(&text, &labels).attempt("read request or certificate")?,
        profile: options.profile.unwrap_or_default(),
        validity: Some(duration(&options.validity)?),
        path_length: options.path_length,
    };
    let signed = authorities
        .cross_sign(request)
        .await
        .map_err(answered)?
        .into_inner();
    output::line(key_store::pem("CERTIFICATE", &certificate_of(&signed)?).trim_end())
}

fn certificate_of(signed: &CrossSignResponse) -> Outcome<Vec<u8>> {
    signed
        .certificate
        .as_ref()
        .map(|certificate| certificate.der.clone())
        .ok_or_else(|| Failure::new("the platform answered without a certificate"))
}

fn der_of(pem: &str) -> Outcome<Vec<u8>> {
    let certificate = Certificate::from_pem(pem).attempt("read certificate")?;
    Ok(certificate.der().to_vec())
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn seal<T: Serialize>(format: &str, content: T) -> Outcome<String> {
    let compact = serde_json::to_string(&content).attempt("write file")?;
    let carried = Carried {
        format: format.to_owned(),
        digest: hash(compact.as_bytes()),
        content,
    };
    serde_json::to_string_pretty(&carried).attempt("write file")
}

fn open<T: Serialize + DeserializeOwned>(file: &Path, format: &str) -> Outcome<Carried<T>> {
    #[derive(Deserialize)]
    struct Kind {
        format: String,
    }
    let bytes = read(file)?;
    let name = file.display();
    let kind: Kind = serde_json::from_slice(&bytes).attempt(format!("read {name}"))?;
    if kind.format != format {
        return Err(Failure::new(format!(
            "{name} is of format {}, and not {format}",
            kind.format
        )));
    }
    let carried: Carried<T> = serde_json::from_slice(&bytes).attempt(format!("read {name}"))?;
    let compact = serde_json::to_string(&carried.content).attempt(format!("read {name}"))?;
    if hash(compact.as_bytes()) != carried.digest {
        return Err(Failure::new(format!(
            "{name} is damaged: its content does not fit its digest"
        )));
    }
    Ok(carried)
}

fn read(file: &Path) -> Outcome<Vec<u8>> {
    let act = || format!("read {}", file.display());
    let length = std::fs::metadata(file).attempt(act())?.len();
    if length > MAX_FILE_BYTES {
        return Err(Failure::new(format!(
            "{} is longer than 128 MiB",
            file.display()
        )));
    }
    std::fs::read(file).attempt(act())
}

fn write(file: &Path, text: &str) -> Outcome<()> {
    if file == Path::new("-") {
        return output::line(text.trim_end());
    }
    std::fs::write(file, text).attempt(format!("write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> CaRequest {
        CaRequest {
            request_id: "carried-1".into(),
            name: "sub".into(),
            certification_request: "…".into(),
            profile: "sub-ca".into(),
            validity: "5y".into(),
            path_length: Some(0),
        }
    }

    #[test]
    fn a_file_that_was_damaged_on_the_way_is_told_from_one_of_another_kind() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("request");
        let text = seal(REQUEST, content()).unwrap();
        std::fs::write(&file, &text).unwrap();
        let read: Carried<CaRequest> = open(&file, REQUEST).unwrap();
        assert_eq!(read.content.name, "sub");
        assert!(open::<CaResponse>(&file, RESPONSE).is_err());
        std::fs::write(&file, text.replace("5y", "50y")).unwrap();
        assert!(open::<CaRequest>(&file, REQUEST).is_err());
    }
}
