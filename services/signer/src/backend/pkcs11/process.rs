//! One child process with the library, as a worker sees it. A library that hangs, dies or loses its session costs its
//! process and no more.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use secrecy::ExposeSecret;

use super::call::{Answer, Call};
use super::child::Greeting;
use super::fault::Fault;
use super::frame;
use super::shared::Shared;

/// The program that runs, even when its file was exchanged since.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// Whose names begin so are the signer's own affair, and may be secrets.
const OWN_VARIABLES: &str = "ERS_";

/// At most one child.
#[derive(Default)]
pub(super) struct Process {
    running: Option<Running>,
}

struct Running {
    child: Child,
    socket: UnixStream,
}

impl Process {
    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    pub(super) fn end(&mut self) {
        self.running = None;
    }

    pub(super) fn attempt(
        &mut self,
        shared: &Shared,
        call: &Call,
        limit: Duration,
    ) -> Result<Answer, Fault> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => Running::start(shared)?,
        };
        let answered = running.ask(call, call.input(), limit)?;
        if !matches!(&answered, Err(fault) if fault.is_end_of_session()) {
            self.running = Some(running);
        }
        answered
    }
}

impl Running {
    /// Starts a child and has it log in, when no other one does and the PIN was not refused.
    fn start(shared: &Shared) -> Result<Self, Fault> {
        let access = &shared.access;
        let _one_at_a_time = shared.may_log_in()?;
        let started = || -> io::Result<Self> {
            let (own, other) = UnixStream::pair()?;
            let program = access.config.worker_program.as_deref();
            let mut command = Command::new(program.unwrap_or(Path::new(OWN_PROGRAM)));
            for (name, _) in std::env::vars_os() {
                if name.to_string_lossy().starts_with(OWN_VARIABLES) {
                    command.env_remove(name);
                }
            }
            let child = command
                .arg("token-worker")
                .stdin(OwnedFd::from(other))
                .stdout(Stdio::null())
                // a signal for the signer is not one for the call that it still has to end in order
                .process_group(0)
                .spawn()?;
            Ok(Self { child, socket: own })
        };
        let mut running = started()
            .map_err(|error| Fault::TokenLost(format!("start worker process: {error}")))?;
        let pin = access.pin();
        let greeting = Greeting {
            config: access.config.clone(),
            has_pin: pin.is_some(),
        };
        let pin = pin.as_ref().map_or("", |pin| pin.expose_secret());
        let limit = Duration::from_secs(access.config.login_timeout_s);
        let opened = running.ask(&greeting, pin.as_bytes(), limit)?;
        opened.inspect_err(|fault| shared.note_login(fault))?;
        Ok(running)
    }

    /// An outer error is the end of the child.
    fn ask(
        &mut self,
        header: &impl serde::Serialize,
        body: &[u8],
        limit: Duration,
    ) -> Result<Result<Answer, Fault>, Fault> {
        let mut ask = || -> io::Result<Result<Answer, Fault>> {
            self.socket.set_read_timeout(Some(limit))?;
            self.socket.set_write_timeout(Some(limit))?;
            frame::write(&mut self.socket, header, body)?;
            let (mut answer, body): (Result<Answer, Fault>, _) = frame::read(&mut self.socket)?;
            if let Ok(answer) = &mut answer {
                answer.set_output(body);
            }
            Ok(answer)
        };
        ask().map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Fault::Hung,
            _ => Fault::SessionLost(format!("worker process: {error}")),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // it may hang in the library; what it has begun is void
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
