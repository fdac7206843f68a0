//! Who is logged in, by the hash of their token: in memory, where a replica knows only its own, or in Redis for all.

use std::{collections::HashMap, time::Duration};

use aws_lc_rs::{constant_time, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ers_runtime::{
    clock::Clock,
    error::{Fault, Kind},
};
use parking_lot::Mutex;
use redis::{
    AsyncCommands as _,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::domain::id::{SubjectName, Username};

const TOKEN_OCTETS: usize = 32;
const MOST_SESSIONS: usize = 10_000;
const TIMEOUT: Duration = Duration::from_secs(2);

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

/// A session cannot be begun, found or ended.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No random numbers.
    #[error("begin session: random numbers")]
    Random,
    /// Redis is out of reach.
    #[error("{act}: redis")]
    Redis {
        /// What was attempted.
        act: &'static str,
        /// Why.
        #[source]
        source: redis::RedisError,
    },
}

impl SessionToken {
    /// Its text, for the one who logged in and nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Who logs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Name, as roles are given to it.
    pub person: SubjectName,
    /// The local account; absent: the OpenID provider says who it is.
    pub username: Option<Username>,
    /// Groups that the OpenID provider says they are in.
    pub groups: Vec<SubjectName>,
    /// The provider's ID token, to log out there too.
    pub id_token: Option<String>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub identity: Identity,
    /// When it ends at the latest.
    pub ends_at_ms: i64,
    used_at_ms: i64,
}

/// All sessions.
pub struct Sessions {
    limits: SessionLimits,
    kept: Kept,
}

enum Kept {
    Memory(Mutex<HashMap<[u8; 32], Session>>),
    Redis(Box<ConnectionManager>),
}

impl Sessions {
    /// In the memory of this process; none yet.
    pub fn new(limits: SessionLimits) -> Self {
        Self {
            limits,
            kept: Kept::Memory(Mutex::new(HashMap::new())),
        }
    }

    /// In Redis. A lost connection is made again by itself.
    pub async fn in_redis(limits: SessionLimits, url: &str) -> Result<Self, SessionError> {
        let failed = failed("connect to redis");
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_response_timeout(Some(TIMEOUT))
            .set_connection_timeout(Some(TIMEOUT));
        let connection = redis::Client::open(url)
            .map_err(&failed)?
            .get_connection_manager_with_config(config)
            .await
            .map_err(&failed)?;
        Ok(Self {
            limits,
            kept: Kept::Redis(Box::new(connection)),
        })
    }

    /// Whether other replicas know them too.
    pub fn are_shared(&self) -> bool {
        matches!(self.kept, Kept::Redis(_))
    }

    /// Whether the place where they are kept answers.
    pub async fn ping(&self) -> Result<(), SessionError> {
        let Kept::Redis(connection) = &self.kept else {
            return Ok(());
        };
        let mut connection = connection.clone();
        redis::cmd("PING")
            .query_async::<()>(connection.as_mut())
            .await
            .map_err(failed("ask whether sessions are reachable"))
    }

    /// Begins a session.
    pub async fn begin(
        &self,
        identity: Identity,
        clock: &dyn Clock,
    ) -> Result<(SessionToken, Session), SessionError> {
        let token = SessionToken(random_text()?);
        let now_ms = clock.now_ms();
        let session = Session {
            identity,
            ends_at_ms: now_ms.saturating_add(self.limits.lifetime_ms),
            used_at_ms: now_ms,
        };
        let key = key_of(&token.0);
        match &self.kept {
            Kept::Memory(open) => self.remember(open, key, &session, now_ms),
            Kept::Redis(connection) => {
                let person = person_key(session.identity.person.as_str());
                let text = serde_json::to_string(&session).unwrap_or_default();
                let mut connection = connection.clone();
                redis::pipe()
                    .atomic()
                    .set_ex(redis_key(&key), text, seconds(self.limits.idle_ms))
                    .ignore()
                    .sadd(&person, hex::encode(key))
                    .ignore()
                    .expire(&person, signed_seconds(self.limits.lifetime_ms))
                    .ignore()
                    .query_async::<()>(connection.as_mut())
                    .await
                    .map_err(failed("begin session"))?;
            }
        }
        Ok((token, session))
    }

    /// The session of a token, if it is alive; this keeps it so.
    pub async fn find(
        &self,
        token: &str,
        clock: &dyn Clock,
    ) -> Result<Option<Session>, SessionError> {
        let (key, now_ms) = (key_of(token), clock.now_ms());
        match &self.kept {
            Kept::Memory(open) => {
                let mut open = open.lock();
                let Some(session) = open.get_mut(&key) else {
                    return Ok(None);
                };
                if !self.is_alive(session, now_ms) {
                    open.remove(&key);
                    return Ok(None);
                }
                session.used_at_ms = now_ms;
                Ok(Some(session.clone()))
            }
            Kept::Redis(connection) => {
                let mut connection = connection.clone();
                let text: Option<String> = connection
                    .get_ex(
                        redis_key(&key),
                        redis::Expiry::EX(seconds(self.limits.idle_ms)),
                    )
                    .await
                    .map_err(failed("find session"))?;
                Ok(text
                    .and_then(|text| serde_json::from_str(&text).ok())
                    .filter(|session: &Session| now_ms < session.ends_at_ms))
            }
        }
    }

    /// Ends a session.
    pub async fn end(&self, token: &str) -> Result<(), SessionError> {
        let key = key_of(token);
        match &self.kept {
            Kept::Memory(open) => {
                open.lock().remove(&key);
                Ok(())
            }
            Kept::Redis(connection) => {
                let mut connection = connection.clone();
                connection
                    .del::<_, ()>(redis_key(&key))
                    .await
                    .map_err(failed("end session"))
            }
        }
    }

    /// Ends all sessions of somebody, but for the one of a token. What Redis does not take is told to the log: who asks
    /// has done what matters already.
    pub async fn end_all_of(&self, person: &str, but: Option<&str>) {
        let kept = but.map(key_of);
        match &self.kept {
            Kept::Memory(open) => open.lock().retain(|key, session| {
                session.identity.person.as_str() != person || Some(*key) == kept
            }),
            Kept::Redis(connection) => {
                let mut connection = connection.clone();
                if let Err(error) = end_all(connection.as_mut(), person, kept).await {
                    tracing::error!(%error, person, "sessions not ended");
                }
            }
        }
    }

    fn remember(
        &self,
        open: &Mutex<HashMap<[u8; 32], Session>>,
        key: [u8; 32],
        session: &Session,
        now_ms: i64,
    ) {
        let mut open = open.lock();
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
        open.insert(key, session.clone());
    }

    fn is_alive(&self, session: &Session, now_ms: i64) -> bool {
        now_ms < session.ends_at_ms
            && now_ms.saturating_sub(session.used_at_ms) < self.limits.idle_ms
    }
}

async fn end_all(
    connection: &mut ConnectionManager,
    person: &str,
    but: Option<[u8; 32]>,
) -> Result<(), redis::RedisError> {
    let of_person = person_key(person);
    let keys: Vec<String> = connection.smembers(&of_person).await?;
    let but = but.map(hex::encode);
    for key in keys.iter().filter(|key| Some(*key) != but.as_ref()) {
        connection
            .del::<_, ()>(format!("ers:clm:session:{key}"))
            .await?;
        connection.srem::<_, _, ()>(&of_person, key).await?;
    }
    Ok(())
}

/// What a page must show beside the cookie, derived from the session's token: another site can make a browser send the
/// cookie, and read neither.
pub fn csrf_token(token: &str) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"ers csrf ");
    context.update(token.as_bytes());
    URL_SAFE_NO_PAD.encode(context.finish())
}

/// Whether that is what belongs to the session's token.
pub fn is_csrf_token(token: &str, shown: &str) -> bool {
    constant_time::verify_slices_are_equal(csrf_token(token).as_bytes(), shown.as_bytes()).is_ok()
}

/// 256 random bits, base64url.
pub(super) fn random_text() -> Result<Zeroizing<String>, SessionError> {
    let mut octets = Zeroizing::new([0_u8; TOKEN_OCTETS]);
    aws_lc_rs::rand::fill(octets.as_mut_slice()).map_err(|_| SessionError::Random)?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(octets.as_slice())))
}

/// Looked up by hash, so that neither memory nor timing tells a token.
fn key_of(token: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    key
}

fn redis_key(key: &[u8; 32]) -> String {
    format!("ers:clm:session:{}", hex::encode(key))
}

fn person_key(person: &str) -> String {
    format!("ers:clm:sessions-of:{}", hex::encode(key_of(person)))
}

fn seconds(ms: i64) -> u64 {
    u64::try_from(ms / 1000).unwrap_or(1).max(1)
}

fn signed_seconds(ms: i64) -> i64 {
    (ms / 1000).max(1)
}

fn failed(act: &'static str) -> impl Fn(redis::RedisError) -> SessionError {
    move |source| SessionError::Redis { act, source }
}

impl Fault for SessionError {
    fn kind(&self) -> Kind {
        match self {
            Self::Random => Kind::Internal,
            Self::Redis { .. } => Kind::Unavailable,
        }
    }
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

    fn person(name: &str) -> Identity {
        Identity {
            person: name.parse().unwrap(),
            username: None,
            groups: Vec::new(),
            id_token: None,
        }
    }

    async fn is_open(all: &Sessions, token: &str, clock: &ManualClock) -> bool {
        all.find(token, clock).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn a_session_ends_when_unused_and_at_the_latest_after_its_lifetime() {
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
        let all = sessions();
        let (token, _) = all.begin(person("admin"), &*clock).await.unwrap();
        for _ in 0..4 {
            clock.advance(Duration::milliseconds(2_400));
            assert!(is_open(&all, token.expose(), &clock).await);
        }
        clock.advance(Duration::milliseconds(500));
        assert!(!is_open(&all, token.expose(), &clock).await, "lifetime");
        let (token, _) = all.begin(person("admin"), &*clock).await.unwrap();
        clock.advance(Duration::milliseconds(3_000));
        assert!(!is_open(&all, token.expose(), &clock).await, "idle");
    }

    #[tokio::test]
    async fn other_tokens_open_nothing() {
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
        let all = sessions();
        let (token, _) = all.begin(person("admin"), &*clock).await.unwrap();
        assert!(!is_open(&all, "", &clock).await);
        assert!(!is_open(&all, &format!("{}A", token.expose()), &clock).await);
        all.end(token.expose()).await.unwrap();
        assert!(!is_open(&all, token.expose(), &clock).await);
    }

    #[tokio::test]
    async fn all_sessions_of_one_can_be_ended_but_for_the_present() {
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
        let all = sessions();
        let (kept, _) = all.begin(person("a"), &*clock).await.unwrap();
        let (ended, _) = all.begin(person("a"), &*clock).await.unwrap();
        let (foreign, _) = all.begin(person("b"), &*clock).await.unwrap();
        all.end_all_of("a", Some(kept.expose())).await;
        assert!(is_open(&all, kept.expose(), &clock).await);
        assert!(!is_open(&all, ended.expose(), &clock).await);
        assert!(is_open(&all, foreign.expose(), &clock).await);
    }

    #[test]
    fn a_page_shows_what_belongs_to_its_session() {
        assert!(is_csrf_token("t", &csrf_token("t")));
        assert!(!is_csrf_token("t", &csrf_token("u")) && !is_csrf_token("t", ""));
    }
}
