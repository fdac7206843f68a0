//! `ers cert issue --server-key`: the platform makes the key. Over REST: it goes out to a person, who can have it again.

use ers_pki::{name::Name, pem};
use reqwest::Method;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::issue::{Written, default_subject, file, names};
use crate::{
    cli::{CertIssue, Encoding, Global},
    clm,
    commands::{key_file, password_or_new},
    failure::{Attempt as _, Failure, Outcome},
    key_store, output,
    rest::told,
};

pub(super) async fn run(global: &Global, options: &CertIssue) -> Outcome<()> {
    // Key and certificate leave the platform in PKCS#12, also when they become PEM here.
    let password_file = match options.format {
        Encoding::P12 => options.password_file.as_deref(),
        Encoding::Pem | Encoding::Der => None,
    };
    let (password, is_new) = password_or_new(password_file)?;
    let id = options.request_id.clone();
    let id = id.unwrap_or_else(|| format!("cli-{}", uuid::Uuid::new_v4()));
    let wish = wish(options, &id, &password)?;
    let told = clm::rest(global)?
        .act(Method::POST, "certificates", &wish)
        .await?;
    if told::text(&told, "certificate_pem").is_empty() {
        return Err(
            Failure::new(format!("request {id} waits for approval")).or(format!(
                "when it is approved: `ers request key {id} --out FILE --password-file FILE`"
            )),
        );
    }
    let mut written = write(options, &told, &password)?;
    if is_new && options.format == Encoding::P12 {
        written.password = Some(password.to_string());
    }
    output::show(global.output, &written)
}

fn wish(options: &CertIssue, id: &str, password: &str) -> Outcome<Value> {
    let names = names(options)?;
    let subject = match &options.subject {
        Some(subject) => Some(subject.parse::<Name>().attempt("read --subject")?),
        None => default_subject(&names)?,
    };
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    Ok(json!({
        "server_key": {"key_algorithm": options.key_algorithm, "password": password},
        "policy": options.policy,
        "request_id": id,
        "subject": subject.map(|subject| subject.to_string()),
        "subject_alternative_names": names,
        "validity": options.validity,
    }))
}

fn write(options: &CertIssue, told: &Value, password: &str) -> Outcome<Written> {
    let pkcs12 = key_file::read(told)?;
    let mut written = Written {
        serial: told::text(told, "serial"),
        issuer: told::text(told, "issuer"),
        files: Vec::new(),
        password: None,
    };
    if options.format == Encoding::P12 {
        let path = file(options, ".p12");
        key_store::write_private(&path, &pkcs12)?;
        written.files.push(path);
        return Ok(written);
    }
    let own = told::text(told, "certificate_pem");
    let (extension, content) = match options.format {
        Encoding::Der => (
            ".der",
            pem::decode(&own, &["CERTIFICATE"]).attempt("read certificate")?,
        ),
        Encoding::Pem | Encoding::P12 => {
            let chain = told::texts(told, "chain_pem").concat();
            (".pem", (own + &chain).into_bytes())
        }
    };
    let key = key_store::key_of_pkcs12(&pkcs12, password)?;
    let key = Zeroizing::new(key_store::pem("PRIVATE KEY", &key));
    // The key first: a certificate without it is of no use.
    key_store::write_private(&file(options, ".key"), key.as_bytes())?;
    key_store::write_public(&file(options, extension), &content)?;
    written.files = vec![file(options, extension), file(options, ".key")];
    Ok(written)
}
