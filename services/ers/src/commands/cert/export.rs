//! `ers cert export`.

use std::io::Write as _;

use crate::{
    cli::{CertExport, Encoding},
    failure::{Attempt as _, Failure, Outcome},
    key_store,
    remote::Remote,
};

pub(super) async fn run(remote: &Remote, options: &CertExport) -> Outcome<()> {
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
            let read = |path: &std::path::Path| {
                std::fs::read_to_string(path).attempt(format!("read {}", path.display()))
            };
            let key = ers_pki::pem::decode(&read(key)?, &["PRIVATE KEY"]).attempt("read --key")?;
            let password = read(password)?;
            let store = key_store::pkcs12(&key, &chain, password.trim_end_matches(['\r', '\n']))?;
            key_store::write_private(out, &store)
        }
    }
}

fn write(options: &CertExport, content: &[u8]) -> Outcome<()> {
    match &options.out {
        Some(path) => key_store::write_public(path, content),
        None => std::io::stdout()
            .write_all(content)
            .attempt("write to standard output"),
    }
}
