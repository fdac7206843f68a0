//! `cara.v1.Revoking`.

use std::{pin::Pin, sync::Arc};

use ers_pki::revocation::Reason;
use ers_proto::cara::v1::{self as wire, revoke_many_request as many, revoking_server::Revoking};
use ers_runtime::{
    clock::to_ms,
    error::status,
    grpc::{Caller, caller},
};
use futures::{Stream, StreamExt as _};
use prost_types::Timestamp;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::{ADMINISTRATOR, Service, convert};
use crate::{
    domain::{AuthorityName, Filter, KeyHash},
    flows::{
        crl_schedule,
        revoke::{self, Cause, Revoked},
        revoke_by_proof::{Proof, revoke_by_proof},
        revoke_many::{Act, Progress, Selection, revoke_many},
    },
};

const CALLERS: &[&str] = &["clm-api", ADMINISTRATOR];
const LONGEST_LIST: usize = 50_000;
/// Batches that wait for a slow listener.
const AHEAD: usize = 4;

#[tonic::async_trait]
impl Revoking for Service {
    type RevokeManyStream =
        Pin<Box<dyn Stream<Item = Result<wire::RevokeManyProgress, Status>> + Send>>;

    async fn revoke(
        &self,
        request: Request<wire::RevokeRequest>,
    ) -> Result<Response<wire::RevokeResponse>, Status> {
        caller(&request)?.require(CALLERS)?;
        let request = request.into_inner();
        let issuer = convert::authority_name("issuer", &request.issuer)?;
        let serial = convert::serial(&request.serial)?;
        let cause = cause(
            &request.reason,
            request.requester,
            request.invalidity_date.as_ref(),
        )?;
        let revoked = revoke::revoke(&self.core, &issuer, &serial, &cause)
            .await
            .map_err(status)?;
        let siblings = self.siblings(&revoked, &cause, request.siblings).await?;
        Ok(Response::new(response(&revoked, siblings)))
    }

    async fn release(
        &self,
        request: Request<wire::ReleaseRequest>,
    ) -> Result<Response<wire::ReleaseResponse>, Status> {
        caller(&request)?.require(CALLERS)?;
        let request = request.into_inner();
        let issuer = convert::authority_name("issuer", &request.issuer)?;
        let serial = convert::serial(&request.serial)?;
        let requester = required("requester", request.requester)?;
        let released = revoke::release(&self.core, &issuer, &serial, &requester)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ReleaseResponse {
            certificate: Some(convert::certificate(&released.record)),
            was_on_hold: !released.unchanged,
        }))
    }

    async fn revoke_many(
        &self,
        request: Request<wire::RevokeManyRequest>,
    ) -> Result<Response<Self::RevokeManyStream>, Status> {
        caller(&request)?.require(CALLERS)?;
        let request = request.into_inner();
        let act = Act {
            cause: cause(
                &request.reason,
                request.requester,
                request.invalidity_date.as_ref(),
            )?,
            selection: self.selection(request.selection)?,
            dry_run: request.dry_run,
        };
        let (sender, receiver) = mpsc::channel(AHEAD);
        let core = Arc::clone(&self.core);
        let work = tokio::spawn(async move { revoke_many(&core, &act, &sender).await });
        let last = futures::stream::once(async move {
            let outcome = work
                .await
                .map_err(|_| Status::unavailable("revoke: interrupted by shutdown"))?;
            Ok(progress(&outcome.map_err(status)?, true))
        });
        let told = ReceiverStream::new(receiver).map(|some| Ok(progress(&some, false)));
        Ok(Response::new(Box::pin(told.chain(last))))
    }

    async fn revoke_by_proof(
        &self,
        request: Request<wire::RevokeByProofRequest>,
    ) -> Result<Response<wire::RevokeResponse>, Status> {
        caller(&request)?.require(CALLERS)?;
        let request = request.into_inner();
        let proof = Proof {
            certificate: request.certificate,
            reason: convert::reason(&request.reason)?,
            signature_algorithm: request
                .signature_algorithm
                .parse()
                .map_err(|error| convert::invalid("signature_algorithm", error))?,
            signature: request.signature,
        };
        let revoked = revoke_by_proof(&self.core, &proof).await.map_err(status)?;
        Ok(Response::new(response(&revoked, Vec::new())))
    }

    async fn block_key(
        &self,
        request: Request<wire::BlockKeyRequest>,
    ) -> Result<Response<wire::BlockKeyResponse>, Status> {
        administrator(&request)?;
        let request = request.into_inner();
        let (key, requester) = key(&request.key_hash, request.requester)?;
        self.core
            .store
            .block_key(key, &requester)
            .await
            .map_err(status)?;
        let now_ms = self.core.context.clock.now_ms();
        self.core
            .blocked_keys
            .learn(&self.core.store, now_ms)
            .await
            .map_err(status)?;
        tracing::info!(target: "audit", act = "block key", %key, requester, "public key blocked");
        Ok(Response::new(wire::BlockKeyResponse {}))
    }

    async fn unblock_key(
        &self,
        request: Request<wire::UnblockKeyRequest>,
    ) -> Result<Response<wire::UnblockKeyResponse>, Status> {
        administrator(&request)?;
        let request = request.into_inner();
        let (key, requester) = key(&request.key_hash, request.requester)?;
        let was_blocked = self.core.store.unblock_key(key).await.map_err(status)?;
        let now_ms = self.core.context.clock.now_ms();
        self.core
            .blocked_keys
            .forget(&self.core.store, now_ms)
            .await
            .map_err(status)?;
        tracing::info!(target: "audit", act = "unblock key", %key, requester, was_blocked, "public key unblocked");
        Ok(Response::new(wire::UnblockKeyResponse { was_blocked }))
    }

    async fn publish_crls(
        &self,
        request: Request<wire::PublishCrlsRequest>,
    ) -> Result<Response<wire::PublishCrlsResponse>, Status> {
        administrator(&request)?;
        let request = request.into_inner();
        let issuer = convert::authority_name("issuer", &request.issuer)?;
        let requester = required("requester", request.requester)?;
        let mut of_ca = self.core.registry.generations();
        of_ca.retain(|ca| ca.authority.name == issuer && ca.has_key());
        if of_ca.is_empty() {
            return Err(no_such_ca(&issuer));
        }
        tracing::info!(target: "audit", act = "publish CRLs", issuer_id = %issuer, requester, "CRLs are to be made anew");
        let mut published = 0;
        for ca in of_ca {
            published += crl_schedule::publish_all(&self.core, &ca, request.delta_only)
                .await
                .map_err(status)?;
        }
        Ok(Response::new(wire::PublishCrlsResponse {
            published: u32::try_from(published).unwrap_or(u32::MAX),
        }))
    }
}

impl Service {
    /// Other certificates for a key that is compromised; revoked too when that was asked for.
    async fn siblings(
        &self,
        revoked: &Revoked,
        cause: &Cause,
        revoke_them: bool,
    ) -> Result<Vec<wire::IssuerAndSerial>, Status> {
        if cause.reason != Reason::KeyCompromise {
            return Ok(Vec::new());
        }
        let siblings = revoke::siblings(&self.core, &revoked.record)
            .await
            .map_err(status)?;
        if revoke_them && !siblings.is_empty() {
            let act = Act {
                selection: Selection::List(siblings.clone()),
                cause: cause.clone(),
                dry_run: false,
            };
            let (sender, mut receiver) = mpsc::channel(AHEAD);
            let listen = async { while receiver.recv().await.is_some() {} };
            let work = async {
                let outcome = revoke_many(&self.core, &act, &sender).await;
                drop(sender);
                outcome
            };
            let (outcome, ()) = tokio::join!(work, listen);
            outcome.map_err(status)?;
        }
        let told = siblings
            .into_iter()
            .map(|(issuer, serial)| wire::IssuerAndSerial {
                issuer: issuer.to_string(),
                serial: serial.to_hex(),
            });
        Ok(told.collect())
    }

    fn selection(&self, selection: Option<many::Selection>) -> Result<Selection, Status> {
        match selection {
            None => Err(convert::invalid("selection", "is required")),
            Some(many::Selection::List(list)) => list_of(list),
            Some(many::Selection::Filter(filter)) => {
                let filter = filter_of(filter)?;
                self.core
                    .registry
                    .find(&filter.issuer)
                    .ok_or_else(|| no_such_ca(&filter.issuer))?;
                Ok(Selection::Filter(filter))
            }
        }
    }
}

fn administrator<T>(request: &Request<T>) -> Result<Caller, Status> {
    let caller = caller(request)?;
    caller.require(&[ADMINISTRATOR])?;
    Ok(caller)
}

fn no_such_ca(name: &AuthorityName) -> Status {
    Status::not_found(format!("issuer: there is no CA {name}"))
}

fn required(field: &str, text: String) -> Result<String, Status> {
    match text.is_empty() {
        true => Err(convert::invalid(field, "is required")),
        false => Ok(text),
    }
}

fn cause(reason: &str, requester: String, since: Option<&Timestamp>) -> Result<Cause, Status> {
    Ok(Cause {
        reason: convert::reason(reason)?,
        requester: required("requester", requester)?,
        invalidity_at_ms: since
            .map(|since| convert::time("invalidity_date", since).map(to_ms))
            .transpose()?,
    })
}

fn key(key_hash: &[u8], requester: String) -> Result<(KeyHash, String), Status> {
    let key = KeyHash::from_slice(key_hash)
        .ok_or_else(|| convert::invalid("key_hash", "must have 32 octets"))?;
    Ok((key, required("requester", requester)?))
}

fn list_of(list: wire::CertificateList) -> Result<Selection, Status> {
    if list.certificates.is_empty() || list.certificates.len() > LONGEST_LIST {
        return Err(convert::invalid("list.certificates", "must be 1 to 50000"));
    }
    list.certificates
        .iter()
        .map(|one| {
            let issuer = convert::authority_name("list.certificates.issuer", &one.issuer)?;
            Ok((issuer, convert::serial(&one.serial)?))
        })
        .collect::<Result<_, _>>()
        .map(Selection::List)
}

fn filter_of(filter: wire::CertificateFilter) -> Result<Filter, Status> {
    let optional = |text: String| (!text.is_empty()).then_some(text);
    let time = |field, time: Option<Timestamp>| {
        time.map(|time| convert::time(field, &time).map(to_ms))
            .transpose()
    };
    let key = match filter.key_hash.as_slice() {
        [] => None,
        octets => Some(
            KeyHash::from_slice(octets)
                .ok_or_else(|| convert::invalid("filter.key_hash", "must have 32 octets"))?,
        ),
    };
    if !filter.after.is_empty() {
        convert::serial(&filter.after)?;
    }
    Ok(Filter {
        issuer: convert::authority_name("filter.issuer", &filter.issuer)?,
        profile: optional(filter.profile),
        realm: optional(filter.realm),
        policy: optional(filter.policy),
        end_entity: optional(filter.end_entity),
        key,
        issued_from_ms: time("filter.issued_from", filter.issued_from)?,
        issued_before_ms: time("filter.issued_before", filter.issued_before)?,
        after: filter.after,
    })
}

fn response(revoked: &Revoked, siblings: Vec<wire::IssuerAndSerial>) -> wire::RevokeResponse {
    wire::RevokeResponse {
        certificate: Some(convert::certificate(&revoked.record)),
        already_revoked: revoked.unchanged,
        siblings,
    }
}

fn progress(progress: &Progress, done: bool) -> wire::RevokeManyProgress {
    wire::RevokeManyProgress {
        examined: progress.examined,
        revoked: progress.revoked,
        unchanged: progress.unchanged,
        left_out: progress.left_out,
        after: progress.after.clone(),
        done,
    }
}
