//! The answering side.

use std::{future::Future, pin::Pin, sync::Arc};

use futures::{Stream, StreamExt as _};
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// Answers, in the order in which they are known.
pub type Answers<A> = Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

/// Answers each question by a task of its own, at most so many at the same time: further ones are not read until then.
/// When `stop` is cancelled no more are read; those that were are answered, then the stream ends.
pub fn answer_each<Q, A, S, H, F>(
    questions: S,
    at_once: usize,
    stop: CancellationToken,
    handle: H,
) -> Answers<A>
where
    Q: Send + 'static,
    A: Send + 'static,
    S: Stream<Item = Result<Q, Status>> + Send + Unpin + 'static,
    H: Fn(Q) -> F + Send + 'static,
    F: Future<Output = A> + Send + 'static,
{
    let (answers, answered) = mpsc::channel(at_once.max(1));
    tokio::spawn(read(questions, at_once, stop, handle, answers));
    Box::pin(ReceiverStream::new(answered))
}

async fn read<Q, A, S, H, F>(
    mut questions: S,
    at_once: usize,
    stop: CancellationToken,
    handle: H,
    answers: mpsc::Sender<Result<A, Status>>,
) where
    A: Send + 'static,
    S: Stream<Item = Result<Q, Status>> + Unpin,
    H: Fn(Q) -> F,
    F: Future<Output = A> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(at_once.max(1)));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let question = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            question = questions.next() => question,
        };
        // A stream that breaks has nobody at its other end.
        let Some(Ok(question)) = question else {
            return;
        };
        // In a box of its own: a task is copied about ten times until it runs, and what handles a question is large.
        let (answers, answer) = (answers.clone(), Box::pin(handle(question)));
        tokio::spawn(async move {
            let answer = answer.await;
            // Who asked may have gone; what was begun is finished all the same.
            let _ = answers.send(Ok(answer)).await;
            drop(place);
        });
    }
}
