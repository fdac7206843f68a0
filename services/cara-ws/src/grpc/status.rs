//! `cara.v1.Status`.

use std::{pin::Pin, sync::Arc};

use ers_pki::{key::SignatureAlgorithm, serial::SerialNumber};
use ers_proto::cara::v1::{self as wire, crl_part::Part, status_server::Status as StatusService};
use ers_runtime::{error::status, grpc::caller};
use futures::Stream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::{ADMINISTRATOR, Service, convert};
use crate::{
    domain::{AuthorityName, CrlName, CrlStream},
    flows::Core,
    store::CrlHead,
};

/// Pieces of a CRL that wait for a slow reader.
const PIECES_AHEAD: usize = 2;

#[tonic::async_trait]
impl StatusService for Service {
    type ReadCrlStream = Pin<Box<dyn Stream<Item = Result<wire::CrlPart, Status>> + Send>>;

    async fn list_responders(
        &self,
        request: Request<wire::ListRespondersRequest>,
    ) -> Result<Response<wire::ListRespondersResponse>, Status> {
        caller(&request)?.require(&["rev-info", ADMINISTRATOR])?;
        let generations = self.core.registry.generations();
        let responders = generations
            .iter()
            .filter_map(|ca| {
                let signer = ca.ocsp_signer.as_ref()?;
                let validity =
                    std::time::Duration::from_secs(u64::from(ca.ocsp.answer_minutes) * 60);
                Some(wire::Responder {
                    issuer: ca.authority.name.to_string(),
                    issuer_certificate: ca.authority.certificate.der().to_vec(),
                    key_id: signer.key_id.to_string(),
                    certificate: signer.certificate.der().to_vec(),
                    signature_algorithm: SignatureAlgorithm::default_for(
                        signer.certificate.public_key().algorithm(),
                    )
                    .to_string(),
                    answer_validity: prost_types::Duration::try_from(validity).ok(),
                    generation: number(ca.authority.generation),
                    lint: match &ca.authority.settings.lint {
                        policy if policy.is_default() => String::new(),
                        policy => serde_json::to_string(policy).unwrap_or_default(),
                    },
                })
            })
            .collect();
        let issuers = generations
            .iter()
            .map(|ca| wire::IssuerCertificates {
                issuer: ca.authority.name.to_string(),
                generation: number(ca.authority.generation),
                certificate: ca.authority.certificate.der().to_vec(),
                others: ca
                    .others
                    .iter()
                    .map(|other| other.certificate.der().to_vec())
                    .collect(),
            })
            .collect();
        Ok(Response::new(wire::ListRespondersResponse {
            responders,
            issuers,
        }))
    }

    async fn find(
        &self,
        request: Request<wire::FindStatusRequest>,
    ) -> Result<Response<wire::FindStatusResponse>, Status> {
        caller(&request)?.require(&["rev-info", ADMINISTRATOR])?;
        let request = request.into_inner();
        let issuer = convert::authority_name("issuer", &request.issuer)?;
        let serial = convert::serial(&request.serial)?;
        // Before the row is read: the answer may be newer than this number, never older.
        let event_sequence = u64::try_from(self.core.store.known_head()).unwrap_or(0);
        let record = self
            .core
            .store
            .find_certificate(&issuer, &serial)
            .await
            .map_err(status)?;
        let revocation = match &record {
            Some(record) => record.revocation.clone(),
            None => self
                .core
                .store
                .find_lost(&issuer, &serial)
                .await
                .map_err(status)?,
        };
        match (&record, &revocation) {
            (_, Some(_)) => {}
            (Some(_), None) => refuse_restored(&self.core, &issuer)?,
            (None, None) => refuse_set_aside(&self.core, &serial).await?,
        }
        Ok(Response::new(wire::FindStatusResponse {
            issued: record.is_some() || revocation.is_some(),
            generation: record
                .as_ref()
                .map_or(0, |record| number(record.generation)),
            revocation: revocation.as_ref().map(convert::revocation),
            event_sequence,
        }))
    }

    async fn load_crl(
        &self,
        request: Request<wire::LoadCrlRequest>,
    ) -> Result<Response<wire::Crl>, Status> {
        caller(&request)?.require(&["rev-info", "clm-api", ADMINISTRATOR])?;
        let request = request.into_inner();
        let issuer = convert::authority_name("issuer", &request.issuer)?;
        let generation = i16::try_from(request.generation.max(1))
            .map_err(|error| convert::invalid("generation", error))?;
        let name = CrlStream::whole(&issuer, generation).complete();
        let head = self.find_head(&name).await?;
        let mut der = Vec::new();
        let mut ordinal = 0;
        while let Some(piece) = self
            .core
            .store
            .load_crl_piece(&name, &head, ordinal)
            .await
            .map_err(status)?
        {
            der.extend(piece);
            ordinal += 1;
        }
        Ok(Response::new(wire::Crl {
            issuer: issuer.to_string(),
            number: u64::try_from(head.number).unwrap_or(0),
            der,
            this_update: Some(convert::timestamp_ms(head.this_update_ms)),
            next_update: Some(convert::timestamp_ms(head.next_update_ms)),
        }))
    }

    async fn read_crl(
        &self,
        request: Request<wire::ReadCrlRequest>,
    ) -> Result<Response<Self::ReadCrlStream>, Status> {
        caller(&request)?.require(&["rev-info", ADMINISTRATOR])?;
        let name: CrlName = request
            .into_inner()
            .name
            .parse()
            .map_err(|error| convert::invalid("name", error))?;
        let head = self.find_head(&name).await?;
        let info = wire::CrlPart {
            part: Some(Part::Info(info(&name, &head))),
        };
        let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
        let core = Arc::clone(&self.core);
        tokio::spawn(async move {
            if sender.send(Ok(info)).await.is_err() {
                return;
            }
            let mut ordinal = 0;
            loop {
                let part = match core.store.load_crl_piece(&name, &head, ordinal).await {
                    Ok(None) => return,
                    Ok(Some(octets)) => Ok(wire::CrlPart {
                        part: Some(Part::Octets(octets)),
                    }),
                    Err(error) => Err(status(error)),
                };
                if sender.send(part).await.is_err() {
                    return;
                }
                ordinal += 1;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn list_crls(
        &self,
        request: Request<wire::ListCrlsRequest>,
    ) -> Result<Response<wire::ListCrlsResponse>, Status> {
        caller(&request)?.require(&["rev-info", "clm-api", ADMINISTRATOR])?;
        let issuer = convert::authority_name("issuer", &request.into_inner().issuer)?;
        if self.core.registry.find(&issuer).is_none() {
            return Err(Status::not_found(format!(
                "issuer: there is no CA {issuer}"
            )));
        }
        let crls = self.core.store.list_crls(&issuer).await.map_err(status)?;
        let crls = crls.iter().map(|(name, head)| info(name, head)).collect();
        Ok(Response::new(wire::ListCrlsResponse { crls }))
    }
}

impl Service {
    async fn find_head(&self, name: &CrlName) -> Result<CrlHead, Status> {
        refuse_restored(&self.core, &name.stream.authority)?;
        self.core
            .store
            .find_crl_head(name)
            .await
            .map_err(status)?
            .ok_or_else(|| Status::not_found(format!("name: there is no CRL {name}")))
    }
}

fn info(name: &CrlName, head: &CrlHead) -> wire::CrlInfo {
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    wire::CrlInfo {
        name: name.to_string(),
        issuer: name.stream.authority.to_string(),
        number: number(head.number),
        this_update: Some(convert::timestamp_ms(head.this_update_ms)),
        next_update: Some(convert::timestamp_ms(head.next_update_ms)),
        entries: number(head.entries),
        base_number: head.base_number.map(number),
        generation: u32::try_from(name.stream.generation).unwrap_or(0),
        partition: u32::try_from(name.stream.partition).unwrap_or(0),
    }
}

fn number(generation: i16) -> u32 {
    u32::try_from(generation).unwrap_or(1)
}

/// What is known of a CA whose database was restored from a backup may be older than what was told before.
fn refuse_restored(core: &Core, issuer: &AuthorityName) -> Result<(), Status> {
    if core.restored.contains(issuer) {
        return Err(Status::unavailable(format!(
            "CA {issuer} was restored from an older state and is not reconciled yet"
        )));
    }
    Ok(())
}

/// A certificate that was signed and cannot be stored yet is neither good nor unknown.
async fn refuse_set_aside(core: &Core, serial: &SerialNumber) -> Result<(), Status> {
    let serials = vec![serial.to_hex()];
    let aside = core
        .store
        .serials_set_aside(serials)
        .await
        .map_err(status)?;
    if aside.is_empty() {
        return Ok(());
    }
    Err(Status::unavailable(format!(
        "certificate {} stands in the signer's journal and is not adopted yet",
        serial.to_hex()
    )))
}
