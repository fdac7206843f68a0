//! `cara.v1.Events`.

use std::{pin::Pin, sync::Arc};

use ers_proto::cara::v1::{self as wire, event, events_server::Events};
use ers_runtime::{error::status, grpc::caller};
use futures::Stream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::{ADMINISTRATOR, Service, convert};
use crate::{
    domain::{Event, What},
    flows::{Core, reconcile},
};

const PAGE: u64 = 500;
/// No database that was replaced by an older one was ahead of it by so many events.
const FARTHEST: i64 = 1 << 40;
/// Events that wait for a slow subscriber.
const AHEAD: usize = 1024;

type Sender = mpsc::Sender<Result<wire::Event, Status>>;

#[tonic::async_trait]
impl Events for Service {
    type SubscribeStream = Pin<Box<dyn Stream<Item = Result<wire::Event, Status>> + Send>>;

    async fn subscribe(
        &self,
        request: Request<wire::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let caller = caller(&request)?;
        caller.require(&["clm-api", "rev-info", ADMINISTRATOR])?;
        let request = request.into_inner();
        let head = self.core.store.refresh_head().await.map_err(status)?;
        let from = if request.only_new {
            head + 1
        } else {
            i64::try_from(request.from_sequence)
                .map_err(|error| convert::invalid("from_sequence", error))?
        };
        if from > head.saturating_add(FARTHEST) {
            return Err(convert::invalid(
                "from_sequence",
                "is far beyond the newest event",
            ));
        }
        // People may ask for what they like; a service asks for what follows the last that it has heard.
        if from > head + 1 && caller.name() != ADMINISTRATOR {
            reconcile::notice_consumer(&self.core, caller.name(), from - 1)
                .await
                .map_err(status)?;
        }
        let (sender, receiver) = mpsc::channel(AHEAD);
        let core = Arc::clone(&self.core);
        tokio::spawn(async move {
            if let Err(status) = feed(&core, from.max(1), request.without_issued, &sender).await {
                drop(sender.send(Err(status)).await);
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

/// Sends events from a number on until the subscriber has gone or the process stops.
async fn feed(core: &Core, from: i64, without_issued: bool, sender: &Sender) -> Result<(), Status> {
    let mut next = from;
    let mut head = core.store.head();
    let mut told = false;
    loop {
        let known = *head.borrow_and_update();
        while next <= known {
            let events = core.store.load_events(next, PAGE).await.map_err(status)?;
            let Some(last) = events.last().map(|event| event.sequence) else {
                break;
            };
            for event in events {
                let told = match &event.what {
                    What::Issued(_) if without_issued && event.sequence < last => continue,
                    What::Issued(_) if without_issued => number_alone(&event),
                    _ => convert_event(&event),
                };
                if sender.send(Ok(told)).await.is_err() {
                    return Ok(());
                }
            }
            next = last + 1;
        }
        if !told {
            told = true;
            let up_to_date = wire::Event {
                sequence: u64::try_from(next - 1).unwrap_or(0),
                at: Some(convert::timestamp_ms(core.context.clock.now_ms())),
                what: Some(event::What::UpToDate(wire::UpToDate {})),
            };
            if sender.send(Ok(up_to_date)).await.is_err() {
                return Ok(());
            }
        }
        tokio::select! {
            changed = head.changed() => if changed.is_err() { return Ok(()) },
            () = sender.closed() => return Ok(()),
            () = core.context.shutdown.cancelled() => return Err(Status::unavailable("shutting down")),
        }
    }
}

/// All up to this one were told.
fn number_alone(event: &Event) -> wire::Event {
    wire::Event {
        sequence: u64::try_from(event.sequence).unwrap_or(0),
        at: Some(convert::timestamp_ms(event.at_ms)),
        what: None,
    }
}

fn convert_event(event: &Event) -> wire::Event {
    let what = match &event.what {
        What::Issued(record) => event::What::Issued(convert::certificate(record)),
        What::Revoked(record) => event::What::Revoked(convert::certificate(record)),
        What::CrlPublished { name, number } => event::What::CrlPublished(wire::CrlPublished {
            issuer: name.stream.authority.to_string(),
            number: u64::try_from(*number).unwrap_or(0),
            name: name.to_string(),
        }),
        What::AuthorityChanged(name) => event::What::AuthorityChanged(wire::AuthorityChanged {
            name: name.to_string(),
        }),
    };
    wire::Event {
        sequence: u64::try_from(event.sequence).unwrap_or(0),
        at: Some(convert::timestamp_ms(event.at_ms)),
        what: Some(what),
    }
}
