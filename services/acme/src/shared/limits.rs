//! Rate limits: so many in each hour of the clock. When the counters are out of reach nothing is limited: a lost Redis
//! must not stop renewals.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use ers_runtime::clock::SharedClock;
use ers_runtime::error::chain;

use super::Shared;
use crate::config::LimitsConfig;
use crate::domain::problem::{Problem, ProblemKind};

const WINDOW: Duration = Duration::from_secs(60 * 60);
const WINDOW_MS: i64 = 60 * 60 * 1000;

/// What is limited, and per what.
#[derive(Debug, Clone, Copy)]
pub enum Limit<'a> {
    /// New accounts from an address.
    NewAccount(IpAddr),
    /// New orders of an account.
    NewOrder(&'a str),
    /// New orders from an address.
    NewOrderFrom(IpAddr),
    /// New orders for exactly these names, in one order and spelling.
    NewOrderFor(&'a str),
    /// Failed validations of a name by an account.
    FailedValidation(&'a str, &'a str),
}

/// The limits and how far they are used.
#[derive(Clone)]
pub struct Limits {
    shared: Arc<dyn Shared>,
    clock: SharedClock,
    config: LimitsConfig,
}

impl Limits {
    /// As configured.
    pub fn new(shared: Arc<dyn Shared>, clock: SharedClock, config: LimitsConfig) -> Self {
        Self {
            shared,
            clock,
            config,
        }
    }

    /// Counts one; a problem when that is one too many.
    pub async fn take(&self, limit: Limit<'_>) -> Result<(), Problem> {
        let most = self.most(limit);
        if most == 0 {
            return Ok(());
        }
        match self.shared.count(&self.counter(limit), WINDOW).await {
            Ok(count) if count > most => Err(self.problem(limit, most)),
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(error = chain(&error), "rate limit not counted");
                Ok(())
            }
        }
    }

    /// A problem when the limit is used up; counts nothing.
    pub async fn check(&self, limit: Limit<'_>) -> Result<(), Problem> {
        let most = self.most(limit);
        if most == 0 {
            return Ok(());
        }
        match self.shared.read(&self.counter(limit)).await {
            Ok(count) if count >= most => Err(self.problem(limit, most)),
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(error = chain(&error), "rate limit not checked");
                Ok(())
            }
        }
    }

    fn most(&self, limit: Limit<'_>) -> u64 {
        match limit {
            Limit::NewAccount(_) => self.config.new_accounts_per_address,
            Limit::NewOrder(_) => self.config.new_orders_per_account,
            Limit::NewOrderFrom(_) => self.config.new_orders_per_address,
            Limit::NewOrderFor(_) => self.config.new_orders_per_names,
            Limit::FailedValidation(..) => self.config.failed_validations_per_name,
        }
    }

    fn counter(&self, limit: Limit<'_>) -> String {
        let hour = self.clock.now_ms().div_euclid(WINDOW_MS);
        match limit {
            Limit::NewAccount(address) => format!("account:{}:{hour}", client(address)),
            Limit::NewOrderFrom(address) => format!("orders-from:{}:{hour}", client(address)),
            Limit::NewOrderFor(names) => {
                let digest = digest::digest(&digest::SHA256, names.as_bytes());
                format!("orders-for:{}:{hour}", hex::encode(digest))
            }
            Limit::NewOrder(account) => format!("order:{account}:{hour}"),
            Limit::FailedValidation(account, name) => format!("failed:{account}:{name}:{hour}"),
        }
    }

    fn problem(&self, limit: Limit<'_>, most: u64) -> Problem {
        let what = match limit {
            Limit::NewAccount(_) => "new accounts from your address".to_owned(),
            Limit::NewOrder(_) => "new orders of this account".to_owned(),
            Limit::NewOrderFrom(_) => "new orders from your address".to_owned(),
            Limit::NewOrderFor(_) => "new orders for exactly these names".to_owned(),
            Limit::FailedValidation(_, name) => {
                format!("failed validations of {name} by this account")
            }
        };
        let left_ms = WINDOW_MS - self.clock.now_ms().rem_euclid(WINDOW_MS);
        let left = Duration::from_millis(u64::try_from(left_ms).unwrap_or_default())
            + Duration::from_secs(1);
        Problem::new(
            ProblemKind::RateLimited,
            format!("too many {what}: {most} per hour are allowed"),
        )
        .with_retry_after(left)
    }
}

/// An IPv6 client owns a whole /64.
fn client(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V6(address) => format!("{:x}::/64", address.to_bits() >> 64),
        address => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use ers_runtime::clock::ManualClock;
    use time::OffsetDateTime;

    use super::super::Memory;
    use super::*;

    #[tokio::test]
    async fn a_limit_holds_for_the_hour_and_for_its_subject_only() {
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
        let config = LimitsConfig {
            new_orders_per_account: 2,
            ..LimitsConfig::default()
        };
        let limits = Limits::new(Arc::new(Memory::new()), clock.clone(), config);
        assert!(limits.take(Limit::NewOrder("a")).await.is_ok());
        assert!(limits.check(Limit::NewOrder("a")).await.is_ok());
        assert!(limits.take(Limit::NewOrder("a")).await.is_ok());
        let problem = limits.take(Limit::NewOrder("a")).await.unwrap_err();
        assert_eq!(problem.kind(), ProblemKind::RateLimited);
        assert_eq!(
            problem.headers().retry_after,
            Some(Duration::from_secs(3601))
        );
        assert!(limits.check(Limit::NewOrder("a")).await.is_err());
        assert!(limits.take(Limit::NewOrder("b")).await.is_ok());
        clock.advance(time::Duration::HOUR);
        assert!(limits.take(Limit::NewOrder("a")).await.is_ok());
    }

    #[tokio::test]
    async fn zero_means_no_limit() {
        let config = LimitsConfig {
            new_orders_per_account: 0,
            ..LimitsConfig::default()
        };
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
        let limits = Limits::new(Arc::new(Memory::new()), clock, config);
        for _ in 0..10 {
            assert!(limits.take(Limit::NewOrder("a")).await.is_ok());
        }
    }

    #[tokio::test]
    async fn an_ipv6_network_counts_as_one_client() {
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
        let config = LimitsConfig {
            new_accounts_per_address: 1,
            ..LimitsConfig::default()
        };
        let limits = Limits::new(Arc::new(Memory::new()), clock, config);
        assert!(
            limits
                .take(Limit::NewAccount("2001:db8::1".parse().unwrap()))
                .await
                .is_ok()
        );
        assert!(
            limits
                .take(Limit::NewAccount("2001:db8::2".parse().unwrap()))
                .await
                .is_err()
        );
        assert!(
            limits
                .take(Limit::NewAccount("2001:db8:0:1::1".parse().unwrap()))
                .await
                .is_ok()
        );
    }
}
