//! Failures of a command: what went wrong, and the way out.

use std::{fmt::Display, io::Write as _, process::ExitCode};

use ers_runtime::error::chain;

/// What shells say of a process that SIGPIPE ended: 128 and its number.
const BROKEN_PIPE: u8 = 141;

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    problem: String,
    way_out: Option<String>,
    code: u8,
}

/// What commands return.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// Something went wrong.
    pub fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            way_out: None,
            code: 1,
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

    /// Who read what was written has gone: nothing is wrong, and there is nobody to be told.
    pub fn nobody_reads() -> Self {
        Self {
            code: BROKEN_PIPE,
            ..Self::new(String::new())
        }
    }

    /// Whether a word is in what went wrong.
    pub fn says(&self, word: &str) -> bool {
        self.problem.contains(word)
    }

    /// What the process ends with.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }

    /// Tells it on standard error.
    pub fn tell(&self) {
        if self.code == BROKEN_PIPE {
            return;
        }
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
            failure.or("this identity is not known there: `--data` names the platform's folder, `ers login` logs in elsewhere")
        }
        tonic::Code::Internal | tonic::Code::Unknown => {
            Failure::new("the platform failed to answer").or("its log says why")
        }
        _ => failure,
    }
}
