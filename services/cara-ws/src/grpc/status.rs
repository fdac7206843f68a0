//! `cara.v1.Status`.

use ers_pki::key::SignatureAlgorithm;
use ers_proto::cara::v1::{self as wire, status_server::Status as StatusService};
use ers_runtime::{error::status, grpc::caller};
use tonic::{Request, Response, Status};

use super::{ADMINISTRATOR, Service, convert};

#[tonic::async_trait]
impl StatusService for Service {
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
        Ok(Response::new(wire::FindStatusResponse {
            issued: record.is_some(),
            generation: record
                .as_ref()
                .map_or(0, |record| number(record.generation)),
            revocation: record
                .and_then(|record| record.revocation)
                .as_ref()
                .map(convert::revocation),
            event_sequence,
        }))
    }

    async fn load_crl(
        &self,
        request: Request<wire::LoadCrlRequest>,
    ) -> Result<Response<wire::Crl>, Status> {
        caller(&request)?.require(&["rev-info", ADMINISTRATOR])?;
        let request = request.into_inner();
        let issuer = convert::authority_name("issuer", &request.issuer)?;
        let generation = i16::try_from(request.generation.max(1))
            .map_err(|error| convert::invalid("generation", error))?;
        let crl = self
            .core
            .store
            .find_crl(&issuer, generation)
            .await
            .map_err(status)?
            .ok_or_else(|| Status::not_found(format!("issuer: CA {issuer} has no CRL")))?;
        Ok(Response::new(wire::Crl {
            issuer: issuer.to_string(),
            number: u64::try_from(crl.number).unwrap_or(0),
            der: crl.der,
            this_update: Some(convert::timestamp_ms(crl.this_update_ms)),
            next_update: Some(convert::timestamp_ms(crl.next_update_ms)),
        }))
    }
}

fn number(generation: i16) -> u32 {
    u32::try_from(generation).unwrap_or(1)
}
