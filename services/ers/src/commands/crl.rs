//! `ers crl`: revocation lists.

use ers_proto::cara::v1::{
    CrlInfo, ListCrlsRequest, PublishCrlsRequest, ReadCrlRequest, crl_part::Part,
};
use serde::Serialize;

use crate::{
    cli::{Crl, CrlFetch, Encoding, Global},
    failure::{Failure, Outcome, answered},
    key_store,
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
#[serde(transparent)]
struct Crls(Vec<CrlView>);

#[derive(Serialize)]
struct CrlView {
    name: String,
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_number: Option<u64>,
    entries: u64,
    this_update: String,
    next_update: String,
}

#[derive(Serialize)]
struct Published {
    published: u32,
}

pub async fn run(global: &Global, command: Crl) -> Outcome<()> {
    let remote = Remote::open(global)?;
    match command {
        Crl::List { issuer } => {
            let answer = remote
                .status()
                .list_crls(ListCrlsRequest { issuer })
                .await
                .map_err(answered)?
                .into_inner();
            let crls = answer.crls.into_iter().map(view).collect();
            output::show(global.output, &Crls(crls))
        }
        Crl::Fetch(options) => fetch(&remote, &options).await,
        Crl::Publish { issuer, delta_only } => {
            let request = PublishCrlsRequest {
                issuer,
                delta_only,
                requester: "administrator".into(),
            };
            let answer = remote
                .revoking()
                .publish_crls(request)
                .await
                .map_err(answered)?
                .into_inner();
            let published = Published {
                published: answer.published,
            };
            output::show(global.output, &published)
        }
    }
}

async fn fetch(remote: &Remote, options: &CrlFetch) -> Outcome<()> {
    let request = ReadCrlRequest {
        name: options.name.clone(),
    };
    let mut parts = remote
        .status()
        .read_crl(request)
        .await
        .map_err(answered)?
        .into_inner();
    let mut der = Vec::new();
    while let Some(part) = parts.message().await.map_err(answered)? {
        if let Some(Part::Octets(octets)) = part.part {
            der.extend(octets);
        }
    }
    let content = match options.format {
        Encoding::Pem => key_store::pem("X509 CRL", &der).into_bytes(),
        Encoding::Der => der,
        Encoding::P12 => return Err(Failure::new("a CRL is written as pem or der")),
    };
    match &options.out {
        Some(path) => key_store::write_public(path, &content),
        None => output::octets(&content),
    }
}

fn view(crl: CrlInfo) -> CrlView {
    CrlView {
        this_update: output::time(crl.this_update.as_ref()),
        next_update: output::time(crl.next_update.as_ref()),
        name: crl.name,
        number: crl.number,
        base_number: crl.base_number,
        entries: crl.entries,
    }
}

impl Show for Crls {
    fn text(&self) -> String {
        let rows = self.0.iter().map(|crl| {
            [
                crl.name.clone(),
                crl.number.to_string(),
                crl.base_number
                    .map(|base| base.to_string())
                    .unwrap_or_default(),
                crl.entries.to_string(),
                crl.this_update.clone(),
                crl.next_update.clone(),
            ]
        });
        output::table(
            [
                "name",
                "number",
                "base",
                "entries",
                "this update",
                "next update",
            ],
            rows,
        )
    }
}

impl Show for Published {
    fn text(&self) -> String {
        format!("{} CRLs published", self.published)
    }
}
