use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use super::*;
use crate::answer_each;

/// Calls whose other side doubles, after `slow` has been waited for where the question is 0.
fn doubling(stop: &CancellationToken, opened: &Arc<AtomicUsize>) -> Calls<(u64, u64), (u64, u64)> {
    let (stop, opened) = (stop.clone(), Arc::clone(opened));
    Calls::new(
        move |questions: ReceiverStream<(u64, u64)>| {
            let (stop, opened) = (stop.clone(), Arc::clone(&opened));
            async move {
                opened.fetch_add(1, Ordering::Relaxed);
                let handle = |(number, value): (u64, u64)| async move {
                    if value == 0 {
                        std::future::pending::<()>().await;
                    }
                    (number, value * 2)
                };
                Ok(answer_each(questions.map(Ok), 64, stop, handle))
            }
        },
        |answer| answer.0,
    )
}

#[tokio::test]
async fn each_question_gets_its_own_answer_over_one_stream() {
    let opened = Arc::default();
    let calls = Arc::new(doubling(&CancellationToken::new(), &opened));
    let asked = (1..200_u64).map(|value| {
        let calls = Arc::clone(&calls);
        tokio::spawn(async move {
            let answer = calls.ask(|number| (number, value)).await.unwrap().unwrap();
            (value, answer.1)
        })
    });
    for asked in asked.collect::<Vec<_>>() {
        let (value, answer) = asked.await.unwrap();
        assert_eq!(answer, value * 2);
    }
    assert_eq!(opened.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_slow_answer_holds_up_no_other() {
    let calls = doubling(&CancellationToken::new(), &Arc::default());
    let slow = calls.ask(|number| (number, 0));
    tokio::pin!(slow);
    let quick = async { calls.ask(|number| (number, 4)).await.unwrap().unwrap() };
    tokio::select! {
        biased;
        _ = &mut slow => panic!("never answered"),
        (_, answer) = quick => assert_eq!(answer, 8),
    }
}

/// Failure 20: a service that ends answers what it has begun and no more; who asks then is told that nothing was begun.
#[tokio::test]
async fn a_side_that_ends_leaves_questions_that_were_not_begun_to_be_asked_again() {
    let (stop, opened) = (CancellationToken::new(), Arc::default());
    let calls = doubling(&stop, &opened);
    assert_eq!(calls.ask(|number| (number, 1)).await.unwrap(), Some((1, 2)));
    stop.cancel();
    for _ in 0..3 {
        assert_eq!(calls.ask(|number| (number, 1)).await.unwrap(), None);
    }
    assert!(
        opened.load(Ordering::Relaxed) >= 2,
        "asked for a new stream"
    );
}

#[tokio::test]
async fn a_side_that_does_not_know_the_call_is_asked_once() {
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    let calls = Calls::<(u64, u64), (u64, u64)>::new(
        move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            async { Err::<Answered<_>, _>(Status::unimplemented("no such call")) }
        },
        |answer| answer.0,
    );
    for _ in 0..3 {
        assert_eq!(calls.ask(|number| (number, 1)).await.unwrap(), None);
    }
    assert_eq!(opened.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_broken_stream_leaves_the_outcome_unknown_and_the_next_one_is_opened() {
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    let calls = Calls::<(u64, u64), (u64, u64)>::new(
        move |questions: ReceiverStream<(u64, u64)>| {
            let broken = count.fetch_add(1, Ordering::Relaxed) == 0;
            async move {
                let answers = questions.map(move |question| match broken {
                    true => Err(Status::unknown("h2 protocol error")),
                    false => Ok(question),
                });
                Ok(answers)
            }
        },
        |answer| answer.0,
    );
    let error = calls.ask(|number| (number, 7)).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(calls.ask(|number| (number, 7)).await.unwrap(), Some((1, 7)));
}
