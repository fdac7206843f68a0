//! The asking side.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{Stream, StreamExt as _};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

/// Questions that wait for the connection.
const QUEUE: usize = 1024;
/// Who asks waits no longer for an answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// A stream whose questions are not read any more ends within this time.
const VERDICT: Duration = Duration::from_secs(1);
/// A service that does not know streams yet is asked for one again after so long.
const WITHOUT: Duration = Duration::from_secs(60);

type Answered<A> = Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

/// A stream that is being opened: questions in, answers out.
pub type Opening<A> = Pin<Box<dyn Future<Output = Result<Answered<A>, Status>> + Send>>;

/// Asks many questions over one stream, which is opened when first needed and again when it has ended.
pub struct Calls<Q, A> {
    open: Box<dyn Fn(ReceiverStream<Q>) -> Opening<A> + Send + Sync>,
    number_of: fn(&A) -> u64,
    state: Mutex<State<Q, A>>,
}

enum State<Q, A> {
    None,
    Open(Arc<Conversation<Q, A>>),
    /// The other side does not know the call.
    Unknown {
        since: Instant,
    },
}

struct Conversation<Q, A> {
    questions: mpsc::Sender<Q>,
    waiting: Arc<Waiting<A>>,
}

struct Waiting<A>(Mutex<Numbered<A>>);

struct Numbered<A> {
    last: u64,
    /// Nobody will answer any more.
    ended: bool,
    /// The other side said that it does not know the call.
    unknown: bool,
    answers: HashMap<u64, oneshot::Sender<Outcome<A>>>,
}

/// An answer, or none to a question that was not begun.
type Outcome<A> = Result<Option<A>, Status>;

/// Takes a question off the list when nobody waits for its answer any more.
struct Place<'a, A> {
    waiting: &'a Waiting<A>,
    number: u64,
}

impl<A> Drop for Place<'_, A> {
    fn drop(&mut self) {
        self.waiting.0.lock().answers.remove(&self.number);
    }
}

impl<Q, A> Calls<Q, A>
where
    Q: Send + 'static,
    A: Send + 'static,
{
    /// Over streams that `open` opens; `number_of` reads an answer's number.
    pub fn new<O, F, S>(open: O, number_of: fn(&A) -> u64) -> Self
    where
        O: Fn(ReceiverStream<Q>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<S, Status>> + Send + 'static,
        S: Stream<Item = Result<A, Status>> + Send + 'static,
    {
        let open = move |questions| -> Opening<A> {
            let opening = open(questions);
            Box::pin(async move {
                opening
                    .await
                    .map(|answers| Box::pin(answers) as Answered<A>)
            })
        };
        Self {
            open: Box::new(open),
            number_of,
            state: Mutex::new(State::None),
        }
    }

    /// Asks the question that is made for a number. Nothing comes back when it was not begun, because the other side
    /// is ending or does not know such streams: it may be asked in another way.
    ///
    /// # Errors
    /// That of the stream: whether the call was done is unknown.
    pub async fn ask(&self, question: impl FnOnce(u64) -> Q) -> Result<Option<A>, Status> {
        let Some(conversation) = self.conversation() else {
            return Ok(None);
        };
        let Some((place, answer)) = conversation.waiting.place() else {
            self.forget(&conversation);
            return Ok(None);
        };
        if conversation
            .questions
            .send(question(place.number))
            .await
            .is_err()
        {
            // Nobody reads any more. Why, is known in a moment: a side that does not know the call is not asked again.
            let _ = tokio::time::timeout(VERDICT, answer).await;
            self.forget(&conversation);
            return Ok(None);
        }
        let answer = tokio::time::timeout(PATIENCE, answer)
            .await
            .map_err(|_| Status::deadline_exceeded("no answer in time"))?
            .unwrap_or(Ok(None));
        if let Err(status) = &answer {
            self.forget(&conversation);
            if status.code() == Code::Unimplemented {
                return Ok(None);
            }
        }
        answer
    }

    fn conversation(&self) -> Option<Arc<Conversation<Q, A>>> {
        let mut state = self.state.lock();
        match &*state {
            State::Open(conversation) => return Some(Arc::clone(conversation)),
            State::Unknown { since } if since.elapsed() < WITHOUT => return None,
            State::Unknown { .. } | State::None => {}
        }
        let (questions, asked) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Waiting(Mutex::new(Numbered {
            last: 0,
            ended: false,
            unknown: false,
            answers: HashMap::new(),
        })));
        let opening = (self.open)(ReceiverStream::new(asked));
        // Ends with the stream, which ends when its questions' sender is dropped.
        tokio::spawn(listen(opening, Arc::clone(&waiting), self.number_of));
        let conversation = Arc::new(Conversation { questions, waiting });
        *state = State::Open(Arc::clone(&conversation));
        Some(conversation)
    }

    /// The next question opens another stream, unless the other side knows none.
    fn forget(&self, conversation: &Arc<Conversation<Q, A>>) {
        let unknown = conversation.waiting.0.lock().unknown;
        let mut state = self.state.lock();
        if matches!(&*state, State::Open(open) if Arc::ptr_eq(open, conversation)) {
            *state = match unknown {
                true => State::Unknown {
                    since: Instant::now(),
                },
                false => State::None,
            };
        }
    }
}

impl<A> Waiting<A> {
    fn place(&self) -> Option<(Place<'_, A>, oneshot::Receiver<Outcome<A>>)> {
        let (tell, told) = oneshot::channel();
        let mut numbered = self.0.lock();
        if numbered.ended {
            return None;
        }
        numbered.last += 1;
        let number = numbered.last;
        numbered.answers.insert(number, tell);
        drop(numbered);
        Some((
            Place {
                waiting: self,
                number,
            },
            told,
        ))
    }

    fn answered(&self, number: u64, answer: A) {
        let waiting = self.0.lock().answers.remove(&number);
        if let Some(waiting) = waiting {
            let _ = waiting.send(Ok(Some(answer)));
        }
    }

    /// Tells all who wait that the stream broke, or that it ended and what they asked was not begun.
    fn end(&self, problem: Option<&Status>) {
        let mut numbered = self.0.lock();
        numbered.ended = true;
        numbered.unknown = problem.is_some_and(|status| status.code() == Code::Unimplemented);
        let waiting = std::mem::take(&mut numbered.answers);
        drop(numbered);
        for (_, waiting) in waiting {
            let _ = waiting.send(match problem {
                None => Ok(None),
                Some(status) => Err(status.clone()),
            });
        }
    }
}

async fn listen<A>(opening: Opening<A>, waiting: Arc<Waiting<A>>, number_of: fn(&A) -> u64) {
    let mut answers = match opening.await {
        Ok(answers) => answers,
        Err(status) => return waiting.end(Some(&status)),
    };
    let problem = loop {
        match answers.next().await {
            Some(Ok(answer)) => waiting.answered(number_of(&answer), answer),
            Some(Err(status)) => break Some(lost(status)),
            None => break None,
        }
    };
    waiting.end(problem.as_ref());
}

/// tonic says `UNKNOWN` when a peer dies in the middle of a stream; whether a call was done is unknown, and it may be
/// tried again.
fn lost(status: Status) -> Status {
    match status.code() {
        Code::Unknown | Code::Cancelled | Code::Internal => Status::unavailable(status.message()),
        _ => status,
    }
}

#[cfg(test)]
mod tests;
