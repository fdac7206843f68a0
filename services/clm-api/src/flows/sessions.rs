//! Who is logged in. Kept in memory by the hash of their token; a replica knows only its own.

use std::collections::HashMap;

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ers_runtime::clock::Clock;
use parking_lot::Mutex;
use zeroize::Zeroizing;

use super::PasswordError;
use crate::domain::id::Username;

const TOKEN_OCTETS: usize = 32;
const MOST_SESSIONS: usize = 10_000;

/// How long sessions live.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// From the login on.
    pub lifetime_ms: i64,
    /// Without a request.
    pub idle_ms: i64,
}

/// What shows who is logged in; 256 random bits, base64url.
pub struct SessionToken(Zeroizing<String>);

impl SessionToken {
    /// Its text, for the one who logged in and nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub username: Username,
    /// When it ends at the latest.
    pub ends_at_ms: i64,
    used_at_ms: i64,
}

/// All sessions of this process.
pub struct Sessions {
    limits: SessionLimits,
    open: Mutex<HashMap<[u8; 32], Session>>,
}

impl Sessions {
    /// None yet.
    pub fn new(limits: SessionLimits) -> Self {
        Self {
            limits,
            open: Mutex::new(HashMap::new()),
        }
    }

    /// Begins a session.
    pub fn begin(
        &self,
        username: &Username,
        clock: &dyn Clock,
    ) -> Result<(SessionToken, Session), PasswordError> {
        let mut octets = Zeroizing::new([0_u8; TOKEN_OCTETS]);
        aws_lc_rs::rand::fill(octets.as_mut_slice()).map_err(|_| PasswordError::Random)?;
        let token = Zeroizing::new(URL_SAFE_NO_PAD.encode(octets.as_slice()));
        let now_ms = clock.now_ms();
        let session = Session {
            username: username.clone(),
            ends_at_ms: now_ms.saturating_add(self.limits.lifetime_ms),
            used_at_ms: now_ms,
        };
        let mut open = self.open.lock();
        open.retain(|_, session| self.is_alive(session, now_ms));
        if open.len() >= MOST_SESSIONS {
            let oldest = open
                .iter()
                .min_by_key(|(_, session)| session.used_at_ms)
                .map(|(key, _)| *key);
            if let Some(key) = oldest {
                open.remove(&key);
            }
        }
        open.insert(key_of(&token), session.clone());
        Ok((SessionToken(token), session))
    }

    /// The session of a token, if it is alive; this keeps it so.
    pub fn find(&self, token: &str, clock: &dyn Clock) -> Option<Session> {
        let (key, now_ms) = (key_of(token), clock.now_ms());
        let mut open = self.open.lock();
        let session = open.get_mut(&key)?;
        if !self.is_alive(session, now_ms) {
            open.remove(&key);
            return None;
        }
        session.used_at_ms = now_ms;
        Some(session.clone())
    }

    /// Ends a session.
    pub fn end(&self, token: &str) {
        self.open.lock().remove(&key_of(token));
    }

    /// Ends all sessions of somebody, but for the one of a token.
    pub fn end_all_of(&self, username: &Username, but: Option<&str>) {
        let kept = but.map(key_of);
        self.open
            .lock()
            .retain(|key, session| session.username != *username || Some(*key) == kept);
    }

    fn is_alive(&self, session: &Session, now_ms: i64) -> bool {
        now_ms < session.ends_at_ms
            && now_ms.saturating_sub(session.used_at_ms) < self.limits.idle_ms
    }
}

/// Looked up by hash, so that neither memory nor timing tells a token.
fn key_of(token: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    key
}

#[cfg(test)]
mod tests {
    use ers_runtime::clock::ManualClock;
    use time::{Duration, OffsetDateTime};

    use super::*;

    fn sessions() -> Sessions {
        Sessions::new(SessionLimits {
            lifetime_ms: 10_000,
            idle_ms: 3_000,
        })
    }

    #[test]
    fn a_session_ends_when_unused_and_at_the_latest_after_its_lifetime() {
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
        let (all, user) = (sessions(), "admin".parse().unwrap());
        let (token, _) = all.begin(&user, &*clock).unwrap();
        for _ in 0..4 {
            clock.advance(Duration::milliseconds(2_400));
            assert!(all.find(token.expose(), &*clock).is_some());
        }
        clock.advance(Duration::milliseconds(500));
        assert!(all.find(token.expose(), &*clock).is_none(), "lifetime");
        let (token, _) = all.begin(&user, &*clock).unwrap();
        clock.advance(Duration::milliseconds(3_000));
        assert!(all.find(token.expose(), &*clock).is_none(), "idle");
    }

    #[test]
    fn other_tokens_open_nothing() {
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
        let all = sessions();
        let (token, _) = all.begin(&"admin".parse().unwrap(), &*clock).unwrap();
        assert!(all.find("", &*clock).is_none());
        assert!(all.find(&format!("{}A", token.expose()), &*clock).is_none());
        all.end(token.expose());
        assert!(all.find(token.expose(), &*clock).is_none());
    }

    #[test]
    fn all_sessions_of_one_can_be_ended_but_for_the_present() {
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
        let (all, user, other) = (sessions(), "a".parse().unwrap(), "b".parse().unwrap());
        let (kept, _) = all.begin(&user, &*clock).unwrap();
        let (ended, _) = all.begin(&user, &*clock).unwrap();
        let (foreign, _) = all.begin(&other, &*clock).unwrap();
        all.end_all_of(&user, Some(kept.expose()));
        let alive = |token: &SessionToken| all.find(token.expose(), &*clock).is_some();
        assert!(alive(&kept) && !alive(&ended) && alive(&foreign));
    }
}
