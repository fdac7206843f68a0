//! `cara.v1.Approvals`, and the gate in front of the acts that wait for a second administrator.

use ers_proto::cara::v1::{
    self as wire, administrators_server::Administrators, approvals_server::Approvals,
    authorities_server::Authorities, profiles_server::Profiles,
};
use ers_runtime::{
    error::status,
    grpc::{Caller, caller},
};
use prost::Message;
use tonic::{Request, Response, Status};

use super::{ADMINISTRATOR, Service, convert, pending_details::details};
use crate::{
    domain::{ActOutcome, AuthorityName, GuardedAct, PendingAct},
    flows::four_eyes,
};

/// Metadata of the refusal that an act waits: its id.
pub(crate) const PENDING_ACT: &str = "ers-pending-act";
const DEFAULT_PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1000;
const MAX_REASON: usize = 1000;

/// Marks a request that a second administrator has approved. It stands among the extensions of a request of this process:
/// over the wire nobody can put it there.
#[derive(Clone)]
struct Approved;

/// Says of a refusal for which approval the act waits.
pub(crate) fn waits_for(status: &Status) -> Option<&str> {
    let id = status.metadata().get(PENDING_ACT)?;
    id.to_str().ok()
}

impl Service {
    /// Lets a request go on, or keeps it for a second administrator, which is told as a refusal.
    pub(super) async fn four_eyes<T: Message>(
        &self,
        act: GuardedAct,
        object: &str,
        request: &Request<T>,
    ) -> Result<(), Status> {
        if !self.must_wait(act, request).await? {
            return Ok(());
        }
        let content = request.get_ref().encode_to_vec();
        let requester = caller(request)?.actor();
        let pending = four_eyes::keep(&self.core, act, object, content, &requester)
            .await
            .map_err(status)?;
        let id = pending.id;
        let mut waits = Status::failed_precondition(format!(
            "{act} {object} waits until another administrator has approved it: {id}"
        ));
        if let Ok(id) = id.parse() {
            waits.metadata_mut().insert(PENDING_ACT, id);
        }
        Err(waits)
    }

    /// Whether that request is one to be kept.
    pub(super) async fn must_wait<T>(
        &self,
        act: GuardedAct,
        request: &Request<T>,
    ) -> Result<bool, Status> {
        if request.extensions().get::<Approved>().is_some() {
            return Ok(false);
        }
        four_eyes::must_wait(&self.core, act).await.map_err(status)
    }

    /// What waits, or waited, by its id.
    pub(crate) async fn pending_act(&self, id: &str) -> Result<PendingAct, Status> {
        four_eyes::load(&self.core, id).await.map_err(status)
    }

    /// Approves an act and does it, even when the approver has gone meanwhile.
    pub(crate) async fn approve_act(
        &self,
        id: &str,
        approver: &str,
    ) -> Result<wire::PendingAct, Status> {
        let pending = self.pending_act(id).await?;
        let scope = scope_of(&pending)?;
        four_eyes::approve(&self.core, &pending, scope.as_ref(), approver)
            .await
            .map_err(status)?;
        let (service, approver) = (self.clone(), approver.to_owned());
        let (tell, told) = tokio::sync::oneshot::channel();
        let shutdown = self.core.context.shutdown.clone();
        shutdown.spawn("approved act", async move {
            service.carry_out(&pending, &approver).await;
            // Nobody may be there to hear it.
            let _ = tell.send(());
        });
        let ended = told.await;
        ended.map_err(|_| Status::unavailable("approve act: interrupted by shutdown"))?;
        self.describe_pending(&self.pending_act(id).await?)
    }

    /// Refuses an act.
    pub(crate) async fn refuse_act(
        &self,
        id: &str,
        by: &str,
        reason: &str,
    ) -> Result<wire::PendingAct, Status> {
        if reason.chars().count() > MAX_REASON {
            let most = format!("must be at most {MAX_REASON} characters");
            return Err(convert::invalid("reason", most));
        }
        let pending = self.pending_act(id).await?;
        four_eyes::refuse(&self.core, &pending, by, reason)
            .await
            .map_err(status)?;
        self.describe_pending(&self.pending_act(id).await?)
    }

    /// In the name of who asked, written down as theirs.
    async fn carry_out(&self, pending: &PendingAct, approver: &str) {
        let (store, act) = (&self.core.store, pending.act.as_str());
        let begun = store.begin_act(&pending.requester, None, act, &pending.object);
        let begun = begun.await;
        let outcome = match &begun {
            Ok(_) => self.dispatch(pending).await,
            // What cannot be written down is not done.
            Err(_) => Err(Status::unavailable(
                "write down the act: the database failed",
            )),
        };
        let refusal = outcome.as_ref().err().map(Status::message);
        four_eyes::end(&self.core, pending, refusal).await;
        if let Ok(number) = begun {
            let id = &pending.id;
            let (outcome, detail) = match refusal {
                None => (ActOutcome::Done, format!("approved by {approver} as {id}")),
                Some(why) => (
                    ActOutcome::Refused,
                    format!("approved by {approver} as {id}: {why}"),
                ),
            };
            if let Err(error) = store.end_act(number, outcome, &detail).await {
                let error = ers_runtime::error::chain(&error);
                tracing::error!(target: "audit", number, outcome = outcome.as_str(), error, "outcome of act not stored");
            }
        }
    }

    async fn dispatch(&self, pending: &PendingAct) -> Result<(), Status> {
        use GuardedAct as A;
        match pending.act {
            A::CreateAuthority => Authorities::create(self, again(pending)?).await.map(drop),
            A::PutSettings => Authorities::update(self, again(pending)?).await.map(drop),
            A::RenewAuthority => Authorities::renew(self, again(pending)?).await.map(drop),
            A::RollOverAuthority => Authorities::roll_over(self, again(pending)?)
                .await
                .map(drop),
            A::SwitchAuthority => Authorities::switch(self, again(pending)?).await.map(drop),
            A::PutState => Authorities::change_state(self, again(pending)?)
                .await
                .map(drop),
            A::ImportCertificate => {
                let done = Authorities::import_certificate(self, again(pending)?);
                done.await.map(drop)
            }
            A::ImportCrossCertificate => {
                let done = Authorities::import_cross_certificate(self, again(pending)?);
                done.await.map(drop)
            }
            A::AddExternal => Authorities::add_external(self, again(pending)?)
                .await
                .map(drop),
            A::CrossSign => Authorities::cross_sign(self, again(pending)?)
                .await
                .map(drop),
            A::PutProfile => Profiles::put(self, again(pending)?).await.map(drop),
            A::DeleteProfile => Profiles::delete(self, again(pending)?).await.map(drop),
            A::PutAdministrator => Administrators::put(self, again(pending)?).await.map(drop),
            A::DeleteAdministrator => Administrators::delete(self, again(pending)?)
                .await
                .map(drop),
            A::AddAdministratorCertificate => {
                let done = Administrators::add_certificate(self, again(pending)?);
                done.await.map(drop)
            }
            A::RemoveAdministratorCertificate => {
                let done = Administrators::remove_certificate(self, again(pending)?);
                done.await.map(drop)
            }
        }
    }

    /// As it is told.
    pub(crate) fn describe_pending(
        &self,
        pending: &PendingAct,
    ) -> Result<wire::PendingAct, Status> {
        let state = pending.state_at(self.core.context.clock.now_ms());
        let decision = pending.decision.as_ref();
        let approved = decision.is_some_and(|decision| decision.approved);
        Ok(wire::PendingAct {
            id: pending.id.clone(),
            act: pending.act.to_string(),
            object: pending.object.clone(),
            details: details(pending).map_err(unreadable)?,
            requester: pending.requester.clone(),
            created_at: Some(convert::timestamp_ms(pending.created_at_ms)),
            expires_at: Some(convert::timestamp_ms(pending.expires_at_ms)),
            state: state.as_str().to_owned(),
            decided_by: decision
                .map(|decision| decision.by.clone())
                .unwrap_or_default(),
            decided_at: decision.map(|decision| convert::timestamp_ms(decision.at_ms)),
            outcome: if approved {
                pending.outcome.as_str().to_owned()
            } else {
                String::new()
            },
            detail: pending.detail.clone(),
            authority: scope_of(pending)?
                .map(|name| name.to_string())
                .unwrap_or_default(),
        })
    }
}

#[tonic::async_trait]
impl Approvals for Service {
    async fn list(
        &self,
        request: Request<wire::ListPendingActsRequest>,
    ) -> Result<Response<wire::ListPendingActsResponse>, Status> {
        caller(&request)?.require(&[ADMINISTRATOR])?;
        let request = request.into_inner();
        let before = match request.page_token.as_str() {
            "" => None,
            token => Some(read_token(token)?),
        };
        let size = match request.page_size {
            0 => DEFAULT_PAGE,
            size => size.min(LARGEST_PAGE),
        };
        let listed = self
            .core
            .store
            .list_pending_acts(request.waiting, before, u64::from(size))
            .await
            .map_err(status)?;
        let is_full = u32::try_from(listed.len()).is_ok_and(|found| found >= size);
        let next = listed.last().filter(|_| is_full);
        let next_page_token = next.map(|last| format!("{}.{}", last.created_at_ms, last.id));
        let acts = listed.iter().map(|pending| self.describe_pending(pending));
        Ok(Response::new(wire::ListPendingActsResponse {
            acts: acts.collect::<Result<_, _>>()?,
            next_page_token: next_page_token.unwrap_or_default(),
        }))
    }

    async fn load(
        &self,
        request: Request<wire::LoadPendingActRequest>,
    ) -> Result<Response<wire::PendingAct>, Status> {
        caller(&request)?.require(&[ADMINISTRATOR])?;
        let pending = self.pending_act(&request.into_inner().id).await?;
        Ok(Response::new(self.describe_pending(&pending)?))
    }

    async fn approve(
        &self,
        request: Request<wire::ApproveActRequest>,
    ) -> Result<Response<wire::PendingAct>, Status> {
        let caller = administrator(&request)?;
        let id = request.into_inner().id;
        let approved = self.approve_act(&id, &caller.actor()).await?;
        Ok(Response::new(approved))
    }

    async fn refuse(
        &self,
        request: Request<wire::RefuseActRequest>,
    ) -> Result<Response<wire::PendingAct>, Status> {
        let caller = administrator(&request)?;
        let wire::RefuseActRequest { id, reason } = request.into_inner();
        let refused = self.refuse_act(&id, &caller.actor(), &reason).await?;
        Ok(Response::new(refused))
    }
}

fn administrator<T>(request: &Request<T>) -> Result<Caller, Status> {
    let caller = caller(request)?;
    caller.require(&[ADMINISTRATOR])?;
    Ok(caller)
}

/// The request as it was made, by whom it was made.
fn again<T: Message + Default>(pending: &PendingAct) -> Result<Request<T>, Status> {
    let message = T::decode(pending.content.as_slice()).map_err(unreadable)?;
    let mut request = Request::new(message);
    let own = Caller::named(ADMINISTRATOR);
    let requester = match pending.requester.strip_prefix("administrator:") {
        Some(person) => own.in_name_of(person),
        None => own,
    };
    request.extensions_mut().insert(requester);
    request.extensions_mut().insert(Approved);
    Ok(request)
}

/// The CA whose administrators may approve it; none: only those of all CAs.
fn scope_of(pending: &PendingAct) -> Result<Option<AuthorityName>, Status> {
    use GuardedAct as A;
    let name = match pending.act {
        // A new CA belongs to those of the one that signs it.
        A::CreateAuthority => {
            let new = wire::CreateAuthorityRequest::decode(pending.content.as_slice());
            let issuer = new.map_err(unreadable)?.issuer;
            return Ok(issuer.parse().ok());
        }
        A::PutSettings
        | A::RenewAuthority
        | A::RollOverAuthority
        | A::SwitchAuthority
        | A::PutState
        | A::ImportCertificate
        | A::ImportCrossCertificate
        | A::CrossSign => &pending.object,
        _ => return Ok(None),
    };
    Ok(name.parse().ok())
}

fn unreadable(error: prost::DecodeError) -> Status {
    tracing::error!(error = %error, "act that waits cannot be read");
    Status::internal("internal error")
}

fn read_token(token: &str) -> Result<(i64, String), Status> {
    let parts = token.split_once('.');
    parts
        .and_then(|(at_ms, id)| Some((at_ms.parse().ok()?, id.to_owned())))
        .ok_or_else(|| convert::invalid("page_token", "is not one that was given out"))
}
