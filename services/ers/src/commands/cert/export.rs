//! `ers cert export`.

use std::io::Write as _;

use crate::{
    cli::{CertExport, Encoding},
    commands::{read_password, read_text},
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
            let key =
                ers_pki::pem::decode(&read_text(key)?, &["PRIVATE KEY"]).attempt("read --key")?;
            let store = key_store::pkcs12(&key, &chain, &read_password(password)?)?;
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
