//! A CARA of our own: knows some certificates, tells events, and can go away.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use ers_proto::cara::v1::{
    self as wire, crl_part::Part, event::What, events_server::Events,
    status_server::Status as StatusService,
};
use futures::{Stream, StreamExt as _};
use parking_lot::Mutex;
use tokio::sync::broadcast;
use tonic::{Request, Response, Status};

/// CRLs by name.
type Others = HashMap<String, (wire::CrlInfo, Vec<u8>)>;

#[derive(Clone)]
pub struct FakeCara {
    pub responder: wire::Responder,
    /// What is told when it is asked for all.
    pub responders: Arc<Mutex<Vec<wire::Responder>>>,
    pub crl: Arc<Mutex<wire::Crl>>,
    /// CRLs by name, beside that of all.
    pub others: Arc<Mutex<Others>>,
    revocations: Arc<Mutex<HashMap<String, Option<wire::Revocation>>>>,
    events: broadcast::Sender<wire::Event>,
    asked: Arc<AtomicUsize>,
    down: Arc<Mutex<bool>>,
    silent: Arc<Mutex<bool>>,
}

impl FakeCara {
    pub fn new(responder: wire::Responder, crl: wire::Crl) -> Self {
        Self {
            responders: Arc::new(Mutex::new(vec![responder.clone()])),
            others: Arc::default(),
            responder,
            crl: Arc::new(Mutex::new(crl)),
            revocations: Arc::default(),
            events: broadcast::channel(64).0,
            asked: Arc::default(),
            down: Arc::default(),
            silent: Arc::default(),
        }
    }

    pub fn issue(&self, serial: &str) {
        self.revocations.lock().insert(serial.to_owned(), None);
    }

    pub fn revoke(&self, serial: &str, reason: &str, at_seconds: i64) {
        let at = Some(prost_types::Timestamp {
            seconds: at_seconds,
            nanos: 0,
        });
        let revocation = wire::Revocation {
            at,
            reason: reason.into(),
            requester: "test".into(),
            ..wire::Revocation::default()
        };
        self.revocations
            .lock()
            .insert(serial.to_owned(), Some(revocation));
        let certificate = wire::Certificate {
            issuer: "sub".into(),
            serial: serial.into(),
            ..wire::Certificate::default()
        };
        self.tell(What::Revoked(certificate));
    }

    pub fn tell(&self, what: What) {
        let _ = self.events.send(wire::Event {
            sequence: 1,
            at: None,
            what: Some(what),
        });
    }

    /// How often a status was asked for.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub fn go_away(&self) {
        *self.down.lock() = true;
        // ends the streams
        self.tell(What::UpToDate(wire::UpToDate {}));
    }

    /// It answers, but tells no events any more.
    pub fn stop_events(&self) {
        *self.silent.lock() = true;
        // ends the streams
        self.tell(What::UpToDate(wire::UpToDate {}));
    }

    fn is_down(&self) -> Result<(), Status> {
        if *self.down.lock() {
            Err(Status::unavailable("away"))
        } else {
            Ok(())
        }
    }
}

#[tonic::async_trait]
impl StatusService for FakeCara {
    type ReadCrlStream = Pin<Box<dyn Stream<Item = Result<wire::CrlPart, Status>> + Send>>;

    async fn read_crl(
        &self,
        request: Request<wire::ReadCrlRequest>,
    ) -> Result<Response<Self::ReadCrlStream>, Status> {
        self.is_down()?;
        let name = request.into_inner().name;
        let other = self.others.lock().get(&name).cloned();
        let (info, der) = match other {
            Some(other) => other,
            None if name == "sub" => {
                let crl = self.crl.lock().clone();
                let info = wire::CrlInfo {
                    name,
                    issuer: crl.issuer,
                    number: crl.number,
                    generation: 1,
                    ..wire::CrlInfo::default()
                };
                (info, crl.der)
            }
            None => return Err(Status::not_found("name: there is no such CRL")),
        };
        let pieces: Vec<_> = der
            .chunks(100)
            .map(|octets| Part::Octets(octets.to_vec()))
            .collect();
        let parts = std::iter::once(Part::Info(info)).chain(pieces);
        let parts = parts.map(|part| Ok(wire::CrlPart { part: Some(part) }));
        Ok(Response::new(Box::pin(futures::stream::iter(parts))))
    }

    async fn list_crls(
        &self,
        _: Request<wire::ListCrlsRequest>,
    ) -> Result<Response<wire::ListCrlsResponse>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn list_responders(
        &self,
        _: Request<wire::ListRespondersRequest>,
    ) -> Result<Response<wire::ListRespondersResponse>, Status> {
        self.is_down()?;
        Ok(Response::new(wire::ListRespondersResponse {
            responders: self.responders.lock().clone(),
            issuers: vec![wire::IssuerCertificates {
                issuer: self.responder.issuer.clone(),
                generation: 1,
                certificate: self.responder.issuer_certificate.clone(),
                others: Vec::new(),
            }],
        }))
    }

    async fn find(
        &self,
        request: Request<wire::FindStatusRequest>,
    ) -> Result<Response<wire::FindStatusResponse>, Status> {
        self.is_down()?;
        self.asked.fetch_add(1, Ordering::SeqCst);
        let found = self
            .revocations
            .lock()
            .get(&request.into_inner().serial)
            .cloned();
        Ok(Response::new(wire::FindStatusResponse {
            issued: found.is_some(),
            generation: u32::from(found.is_some()),
            revocation: found.flatten(),
            event_sequence: 0,
        }))
    }

    async fn load_crl(
        &self,
        request: Request<wire::LoadCrlRequest>,
    ) -> Result<Response<wire::Crl>, Status> {
        self.is_down()?;
        drop(request);
        Err(Status::unimplemented("not asked for"))
    }
}

#[tonic::async_trait]
impl Events for FakeCara {
    type SubscribeStream = Pin<Box<dyn Stream<Item = Result<wire::Event, Status>> + Send>>;

    async fn subscribe(
        &self,
        _: Request<wire::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        self.is_down()?;
        if *self.silent.lock() {
            return Err(Status::unavailable("silent"));
        }
        let first = wire::Event {
            sequence: 0,
            at: None,
            what: Some(What::UpToDate(wire::UpToDate {})),
        };
        let (down, silent) = (Arc::clone(&self.down), Arc::clone(&self.silent));
        let later = tokio_stream::wrappers::BroadcastStream::new(self.events.subscribe()).map(
            move |event| {
                if *down.lock() || *silent.lock() {
                    Err(Status::unavailable("away"))
                } else {
                    event.map_err(|_| Status::data_loss("too slow"))
                }
            },
        );
        Ok(Response::new(Box::pin(
            futures::stream::iter([Ok(first)]).chain(later),
        )))
    }
}
