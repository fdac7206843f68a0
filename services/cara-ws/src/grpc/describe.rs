//! CAs as `cara.v1.Authorities` tells of them.

use ers_pki::{certificate::Certificate, csr::Csr};
use ers_proto::cara::v1 as wire;
use ers_runtime::error::status;
use tonic::{Response, Status};

use super::{Service, convert};
use crate::{
    domain::{AuthorityName, CrlStream, Generation, State},
    flows::{IssuingAuthority, authority::Outcome},
};

impl Service {
    pub(super) async fn answer(
        &self,
        outcome: Outcome,
    ) -> Result<Response<wire::Authority>, Status> {
        let described = match outcome {
            Outcome::Ready(ca) => self.describe(&ca).await?,
            Outcome::Awaiting(awaiting) => match self.core.registry.find(&awaiting.authority) {
                Some(ca) => self.describe(&ca).await?,
                None => self.describe_awaiting(&awaiting),
            },
        };
        Ok(Response::new(described))
    }

    pub(super) async fn answer_for(
        &self,
        name: &AuthorityName,
    ) -> Result<Response<wire::Authority>, Status> {
        let ca = self.core.registry.find(name);
        let ca = ca.ok_or_else(|| Status::not_found(format!("name: there is no CA {name}")))?;
        Ok(Response::new(self.describe(&ca).await?))
    }

    pub(super) async fn describe(&self, ca: &IssuingAuthority) -> Result<wire::Authority, Status> {
        let authority = &ca.authority;
        let certificate = &authority.certificate;
        let mut generations = Vec::new();
        for generation in self.core.registry.generations() {
            if generation.authority.name == authority.name {
                generations.push(self.generation(&generation).await?);
            }
        }
        let awaiting = self.core.registry.find_awaiting(&authority.name);
        generations.extend(awaiting.as_deref().map(awaiting_generation));
        let current = number(authority.generation);
        let own = generations.iter().find(|g| g.number == current);
        let (crl_number, crl_next_update) =
            own.map_or((0, None), |own| (own.crl_number, own.crl_next_update));
        let request = ca
            .request
            .clone()
            .or_else(|| awaiting.and_then(|row| row.request.clone()));
        Ok(wire::Authority {
            name: authority.name.to_string(),
            subject: certificate.subject().to_string(),
            certificate: certificate.der().to_vec(),
            chain: der(&ca.above),
            issuer: authority
                .issuer
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            key_id: authority.key_id.to_string(),
            key_algorithm: certificate.public_key().algorithm().to_string(),
            signature_algorithm: authority.signature_algorithm.to_string(),
            state: state(authority.state).into(),
            not_before: Some(convert::timestamp(certificate.not_before())),
            not_after: Some(convert::timestamp(certificate.not_after())),
            crl_number,
            crl_next_update,
            certificates: 0,
            revoked: 0,
            generation: current,
            generations,
            others: ca
                .others
                .iter()
                .map(|other| wire::OtherCertificate {
                    kind: other.kind.to_string(),
                    generation: number(other.generation),
                    certificate: other.certificate.der().to_vec(),
                })
                .collect(),
            settings: serde_json::to_string(&authority.settings).unwrap_or_default(),
            settings_version: authority.settings_version,
            request: request.unwrap_or_default(),
        })
    }

    /// A CA that has not begun.
    pub(super) fn describe_awaiting(&self, awaiting: &Generation) -> wire::Authority {
        let request = awaiting.request.clone().unwrap_or_default();
        let csr = Csr::from_der(&request).ok();
        wire::Authority {
            name: awaiting.authority.to_string(),
            subject: csr
                .as_ref()
                .map(|csr| csr.subject().to_string())
                .unwrap_or_default(),
            key_id: awaiting.key_id.to_string(),
            key_algorithm: csr
                .map(|csr| csr.public_key().algorithm().to_string())
                .unwrap_or_default(),
            signature_algorithm: awaiting.signature_algorithm.to_string(),
            state: wire::AuthorityState::AwaitingCertificate.into(),
            generation: number(awaiting.number),
            generations: vec![awaiting_generation(awaiting)],
            request,
            ..wire::Authority::default()
        }
    }

    async fn generation(&self, ca: &IssuingAuthority) -> Result<wire::AuthorityGeneration, Status> {
        let authority = &ca.authority;
        let crl = self
            .core
            .store
            .find_crl_head(&CrlStream::whole(&authority.name, authority.generation).complete())
            .await
            .map_err(status)?;
        Ok(wire::AuthorityGeneration {
            number: number(authority.generation),
            state: ca.state.to_string(),
            key_id: authority.key_id.to_string(),
            key_algorithm: authority.certificate.public_key().algorithm().to_string(),
            certificate: authority.certificate.der().to_vec(),
            chain: der(&ca.above),
            switch_at: ca.switch_at_ms.map(convert::timestamp_ms),
            crl_number: crl
                .as_ref()
                .map_or(0, |crl| u64::try_from(crl.number).unwrap_or(0)),
            crl_next_update: crl.map(|crl| convert::timestamp_ms(crl.next_update_ms)),
            request: ca.request.clone().unwrap_or_default(),
        })
    }
}

fn awaiting_generation(awaiting: &Generation) -> wire::AuthorityGeneration {
    wire::AuthorityGeneration {
        number: number(awaiting.number),
        state: awaiting.state.to_string(),
        key_id: awaiting.key_id.to_string(),
        switch_at: awaiting.switch_at_ms.map(convert::timestamp_ms),
        request: awaiting.request.clone().unwrap_or_default(),
        ..wire::AuthorityGeneration::default()
    }
}

fn state(state: State) -> wire::AuthorityState {
    match state {
        State::Active => wire::AuthorityState::Active,
        State::Suspended => wire::AuthorityState::Suspended,
        State::Retired => wire::AuthorityState::Retired,
        State::Revoked => wire::AuthorityState::Revoked,
        State::External => wire::AuthorityState::External,
    }
}

fn der(certificates: &[Certificate]) -> Vec<Vec<u8>> {
    certificates
        .iter()
        .map(|certificate| certificate.der().to_vec())
        .collect()
}

fn number(generation: i16) -> u32 {
    u32::try_from(generation).unwrap_or(1)
}
