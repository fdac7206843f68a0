//! `ers cert export`.

use ers_pki::{certificate::Certificate, key::PrivateKey};

use crate::{
    cli::{CertExport, Encoding},
    clm::Clm,
    commands::{read_password, read_text},
    failure::{Attempt as _, Failure, Outcome},
    key_store, output,
};

pub(super) async fn run(remote: &Clm, options: &CertExport) -> Outcome<()> {
    let certificate = super::show(remote, options.id.clone()).await?;
    let chain: Vec<_> = std::iter::once(certificate.der.clone())
        .chain(certificate.chain.iter().cloned())
        .collect();
    match options.format {
        Encoding::Pem => write(options, key_store::pem_chain(&chain).as_bytes()),
        Encoding::Der => write(options, &certificate.der),
        Encoding::P12 => {
            let (Some(key), Some(password), Some(out)) =
                (&options.key, &options.password_file, &options.out)
            else {
                return Err(Failure::new(
                    "PKCS#12 needs --key, --password-file and --out",
                ));
            };
            let key =
                ers_pki::pem::decode(&read_text(key)?, &["PRIVATE KEY"]).attempt("read --key")?;
            belongs(&key, &certificate.der)?;
            let store = key_store::pkcs12(&key, &chain, &read_password(password)?)?;
            key_store::write_private(out, &store)
        }
    }
}

fn write(options: &CertExport, content: &[u8]) -> Outcome<()> {
    match &options.out {
        Some(path) => key_store::write_public(path, content),
        None => output::octets(content),
    }
}

/// A file with the key of another certificate would be of use to nobody.
fn belongs(key: &[u8], certificate: &[u8]) -> Outcome<()> {
    let key = PrivateKey::from_pkcs8_der(key).attempt("read --key")?;
    let certificate = Certificate::from_der(certificate).attempt("read certificate")?;
    if key.public_key() == certificate.public_key() {
        return Ok(());
    }
    Err(Failure::new("--key is not the key of this certificate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(name: &str) -> (PrivateKey, Vec<u8>) {
        const KEY_ENDS: &str = "-----END PRIVATE KEY-----\n";
        let made = std::process::Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
            .args(["ec_paramgen_curve:P-256", "-nodes", "-subj", name])
            .args(["-keyout", "-", "-out", "-"])
            .output()
            .unwrap();
        let text = String::from_utf8(made.stdout).unwrap();
        let (key, certificate) = text.split_at(text.find(KEY_ENDS).unwrap() + KEY_ENDS.len());
        (
            PrivateKey::from_pkcs8_pem(key).unwrap(),
            ers_pki::pem::decode(certificate, &["CERTIFICATE"]).unwrap(),
        )
    }

    #[test]
    fn a_key_is_packed_only_with_its_own_certificate() {
        let (key, own) = certificate("/CN=own");
        let (_, other) = certificate("/CN=other");
        let key = key.to_pkcs8_der().unwrap();
        assert!(belongs(&key, &own).is_ok());
        assert!(belongs(&key, &other).is_err());
    }
}
