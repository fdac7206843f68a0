//! Work that is done in groups, such as what one commit makes durable: how long a group waits for those who come late.

use std::time::Duration;

/// A group of so many is load, not chance.
const LOAD: usize = 8;
/// Under load, what comes within this time shares a group.
const MOMENT: Duration = Duration::from_millis(1);

/// Waits a moment when the group before held several: the next one will hold more, and cost each of them less. Who comes
/// alone waits for nothing.
pub async fn under_load(group_before: usize) {
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
    async fn only_under_load_a_group_waits_for_more() {
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(under_load(LOAD - 1)).poll(&mut context).is_ready());
        assert!(pin!(under_load(LOAD)).poll(&mut context).is_pending());
    }
}
