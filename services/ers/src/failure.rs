//! Failures of a command: what went wrong, and the way out.

use std::{fmt::Display, io::Write as _};

use ers_runtime::error::chain;

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    problem: String,
    way_out: Option<String>,
}

/// What commands return.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// Something went wrong.
    pub fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            way_out: None,
        }
    }

    /// An error that says itself what was attempted.
    pub fn of(error: &dyn std::error::Error) -> Self {
        Self::new(chain(error))
    }

    /// Says what the user can do about it.
    #[must_use]
    pub fn or(mut self, way_out: impl Into<String>) -> Self {
        self.way_out = Some(way_out.into());
        self
    }

    /// Tells it on standard error.
    pub fn tell(&self) {
        let mut stderr = std::io::stderr().lock();
        // Nothing can be done when even standard error is gone.
        let _ = writeln!(stderr, "error: {}", self.problem);
        if let Some(way_out) = &self.way_out {
            let _ = writeln!(stderr, "       {way_out}");
        }
    }
}

/// Puts what was attempted before an error.
pub trait Attempt<T> {
    /// On failure: `act: error: its causes`.
    fn attempt(self, act: impl Display) -> Outcome<T>;
}

impl<T, E: std::error::Error> Attempt<T> for Result<T, E> {
    fn attempt(self, act: impl Display) -> Outcome<T> {
        self.map_err(|error| Failure::new(format!("{act}: {}", chain(&error))))
    }
}

/// What a service answered, in its own words.
pub fn answered(status: tonic::Status) -> Failure {
    let failure = Failure::new(status.message().to_owned());
    if let Some(id) = status.metadata().get("ers-pending-act") {
        let id = id.to_str().unwrap_or_default();
        return failure.or(format!(
            "another administrator approves it over REST or the web app; `ers approval show {id}` tells what becomes of it"
        ));
    }
    match status.code() {
        tonic::Code::Unavailable => Failure::new(format!(
            "the platform cannot do that now: {}",
            status.message()
        ))
        .or("`ers status` and its log say what is missing; is it not running? start it with `ers up`"),
        tonic::Code::Unauthenticated => {
            failure.or("this identity is not known there; `--data` names the platform's folder")
        }
        tonic::Code::Internal | tonic::Code::Unknown => {
            Failure::new("the platform failed to answer").or("its log says why")
        }
        _ => failure,
    }
}
