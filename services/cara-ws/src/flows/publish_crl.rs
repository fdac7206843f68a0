//! Making a CA's next CRL.

use ers_pki::{
    crl::{self, RevokedEntry},
    revocation::Reason,
    serial::SerialNumber,
};
use ers_runtime::clock::from_ms;
use ers_signer_client::{Purpose, SignCall, SignerError};
use thiserror::Error;

use super::{Core, IssuingAuthority};
use crate::store::{CrlRow, StoreError};

const PAGE: u64 = 5_000;

/// Why there is no new CRL.
#[derive(Debug, Error)]
pub enum PublishError {
    /// The database failed.
    #[error("read or store CRL")]
    Store(#[source] StoreError),
    /// The bytes cannot be built.
    #[error("prepare CRL")]
    Prepare(#[source] crl::CrlError),
    /// The signer did not sign.
    #[error("sign CRL")]
    Sign(#[source] SignerError),
}

/// Makes and publishes the next CRL of a CA's generation. When another replica publishes the same number first, theirs stands and
/// false is returned: it may have been made before the revocation that this one was to tell.
#[tracing::instrument(name = "cara.publish_crl", skip_all, fields(issuer_id = %ca.authority.name))]
pub async fn publish_crl(core: &Core, ca: &IssuingAuthority) -> Result<bool, PublishError> {
    let name = &ca.authority.name;
    let before = core
        .store
        .find_crl_head(name, ca.authority.generation)
        .await
        .map_err(PublishError::Store)?;
    let number = before.map_or(0, |head| head.number) + 1;
    let now_ms = core.context.clock.now_ms();
    // thisUpdate must not go back when the clock does.
    let this_update_ms = before.map_or(now_ms, |head| head.this_update_ms.max(now_ms));
    let this_update = from_ms(this_update_ms);
    let next_update = this_update + ca.crl.validity();

    let entries = load_entries(core, ca, now_ms).await?;
    let prepared = crl::prepare(
        &ca.issuer,
        u64::try_from(number).unwrap_or(0),
        this_update,
        next_update,
        entries.into_iter(),
    )
    .map_err(PublishError::Prepare)?;
    let request_id = format!("crl-{}-{number}", ca.file_name());
    let signed = core
        .signer
        .sign(SignCall {
            request_id: &request_id,
            key_id: &ca.authority.key_id,
            purpose: Purpose::Crl,
            signature_algorithm: ca.authority.signature_algorithm,
            to_be_signed: prepared.to_be_signed(),
            context: Vec::new(),
            public_key: None,
        })
        .await
        .map_err(PublishError::Sign)?;
    let crl = prepared
        .assemble(&signed.signature)
        .map_err(PublishError::Prepare)?;
    let row = CrlRow {
        number,
        der: crl.der().to_vec(),
        this_update_ms,
        next_update_ms: ers_runtime::clock::to_ms(next_update),
    };
    let published = core
        .store
        .publish_crl(name, ca.authority.generation, &row)
        .await
        .map_err(PublishError::Store)?;
    if published {
        core.metrics.published();
        tracing::info!(target: "audit", act = "publish CRL", issuer_id = %name, generation = ca.authority.generation, number, bytes = row.der.len(), "CRL published");
    }
    Ok(published)
}

async fn load_entries(
    core: &Core,
    ca: &IssuingAuthority,
    now_ms: i64,
) -> Result<Vec<RevokedEntry>, PublishError> {
    let mut entries = Vec::new();
    let mut after = String::new();
    loop {
        let page = core
            .store
            .list_revoked(
                &ca.authority.name,
                ca.authority.generation,
                now_ms,
                &after,
                PAGE,
            )
            .await
            .map_err(PublishError::Store)?;
        let Some((last, ..)) = page.last() else {
            return Ok(entries);
        };
        after.clone_from(last);
        for (serial, at_ms, code) in page {
            let inconsistent = |column| {
                PublishError::Store(StoreError::Inconsistent {
                    table: "certificate",
                    row: serial.clone(),
                    column,
                })
            };
            entries.push(RevokedEntry {
                serial: SerialNumber::from_hex(&serial).map_err(|_| inconsistent("serial"))?,
                at: from_ms(at_ms),
                invalidity_date: None,
                reason: u8::try_from(code)
                    .ok()
                    .and_then(|code| Reason::from_code(code).ok())
                    .ok_or_else(|| inconsistent("revocation_reason"))?,
            });
        }
    }
}
