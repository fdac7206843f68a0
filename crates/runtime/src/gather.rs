//! Work that is done in groups, such as what one commit makes durable: how long a group waits for those who come late.

use std::time::Duration;

use tokio::sync::mpsc;

/// A group of so many is load, not chance.
const LOAD: usize = 8;
/// Under load, what comes within this time shares a group.
const MOMENT: Duration = Duration::from_millis(1);

/// Takes what has come out of a queue, group by group.
#[derive(Debug)]
pub struct Groups<T> {
    queue: mpsc::Receiver<T>,
    most: usize,
    before: usize,
}

impl<T> Groups<T> {
    /// Of at most so many.
    #[must_use]
    pub fn new(queue: mpsc::Receiver<T>, most: usize) -> Self {
        Self {
            queue,
            most,
            before: 0,
        }
    }

    /// The next group, which is not empty; none when nobody can send any more.
    pub async fn next(&mut self) -> Option<Vec<T>> {
        let mut group = Vec::with_capacity(self.before.min(self.most));
        if self.queue.recv_many(&mut group, self.most).await == 0 {
            return None;
        }
        under_load(self.before).await;
        while group.len() < self.most
            && let Ok(one) = self.queue.try_recv()
        {
            group.push(one);
        }
        self.before = group.len();
        Some(group)
    }
}

/// Waits a moment when the group before held several: the next one will hold more, and cost each of them less. Who comes
/// alone waits for nothing.
async fn under_load(group_before: usize) {
    if group_before >= LOAD {
        tokio::time::sleep(MOMENT).await;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Waker},
    };

    use super::*;

    #[tokio::test]
    async fn a_group_holds_what_has_come_and_no_more_than_it_may() {
        let (sender, queue) = mpsc::channel(16);
        let mut groups = Groups::new(queue, 3);
        for number in 0..5 {
            sender.send(number).await.unwrap();
        }
        assert_eq!(groups.next().await, Some(vec![0, 1, 2]));
        assert_eq!(groups.next().await, Some(vec![3, 4]));
        drop(sender);
        assert_eq!(groups.next().await, None);
    }

    #[tokio::test]
    async fn only_under_load_a_group_waits_for_more() {
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(under_load(LOAD - 1)).poll(&mut context).is_ready());
        assert!(pin!(under_load(LOAD)).poll(&mut context).is_pending());
    }
}
