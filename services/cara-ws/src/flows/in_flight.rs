//! Requests under way: one that is repeated while the first is still worked on waits for the same outcome.

use std::{collections::HashMap, future::Future, sync::Arc};

use ers_runtime::shutdown::Shutdown;
use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::issue::{IssueError, Issued};
use crate::domain::RequestDigest;

/// Most requests under way; further ones are refused at once. Who calls has a narrower bound of its own: this one keeps
/// what many callers together can make this process remember.
const MOST: usize = 4096;

type Outcome = Result<Arc<Issued>, Arc<IssueError>>;

/// Requests under way, by request id.
#[derive(Default, Clone)]
pub struct InFlight {
    requests: Arc<Mutex<HashMap<String, Waiting>>>,
}

struct Waiting {
    digest: RequestDigest,
    outcome: Shared<BoxFuture<'static, Outcome>>,
}

/// Takes a request off the list when its work ends, however it ends.
struct UnderWay {
    requests: Arc<Mutex<HashMap<String, Waiting>>>,
    id: String,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.requests.lock().remove(&self.id);
    }
}

impl InFlight {
    /// Joins the request under that id, or starts it. Once started it goes on even if everybody who asked has gone:
    /// a signature that was made must be stored.
    pub async fn join_or_start<F>(
        &self,
        shutdown: &Shutdown,
        id: &str,
        digest: RequestDigest,
        work: F,
    ) -> Outcome
    where
        F: Future<Output = Result<Issued, IssueError>> + Send + 'static,
    {
        let outcome = {
            let mut requests = self.requests.lock();
            match requests.get(id) {
                Some(waiting) if waiting.digest == digest => waiting.outcome.clone(),
                Some(_) => {
                    return Err(Arc::new(IssueError::RequestIdReused {
                        request_id: id.to_owned(),
                    }));
                }
                None if requests.len() >= MOST => return Err(Arc::new(IssueError::Busy)),
                None => {
                    let outcome = self.start(shutdown, id, work);
                    requests.insert(
                        id.to_owned(),
                        Waiting {
                            digest,
                            outcome: outcome.clone(),
                        },
                    );
                    outcome
                }
            }
        };
        outcome.await
    }

    fn start<F>(
        &self,
        shutdown: &Shutdown,
        id: &str,
        work: F,
    ) -> Shared<BoxFuture<'static, Outcome>>
    where
        F: Future<Output = Result<Issued, IssueError>> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let (requests, id) = (Arc::clone(&self.requests), id.to_owned());
        let span = tracing::Span::current();
        shutdown.spawn(
            "issue",
            tracing::Instrument::instrument(
                async move {
                    let under_way = UnderWay { requests, id };
                    let outcome = work.await.map(Arc::new).map_err(Arc::new);
                    drop(under_way);
                    drop(tell.send(outcome));
                },
                span,
            ),
        );
        told.map(|told| told.unwrap_or_else(|_| Err(Arc::new(IssueError::Interrupted))))
            .boxed()
            .shared()
    }
}
