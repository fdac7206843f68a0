//! A child process of the signer: the library, one session, one call at a time over the socket that is its standard
//! input. It logs in once; whatever ends its session ends it, and the signer starts another one.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Arc;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::access::Access;
use super::call::{Answer, Call};
use super::connection::Connection;
use super::fault::Fault;
use super::frame;
use crate::config::Pkcs11Config;

/// The first thing that a child is told; the body is the PIN.
#[derive(Serialize, Deserialize)]
pub(super) struct Greeting {
    pub(super) config: Pkcs11Config,
    pub(super) has_pin: bool,
}

/// Serves calls until the signer closes the socket.
#[must_use]
pub fn token_worker() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn run() -> io::Result<()> {
    // it knows the PIN
    ers_runtime::process::keep_memory_private()?;
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    let mut socket = UnixStream::from(socket);
    let (greeting, pin): (Greeting, _) = frame::read(&mut socket)?;
    let pin = Zeroizing::new(pin);
    let pin = greeting
        .has_pin
        .then(|| SecretString::from(String::from_utf8_lossy(&pin).into_owned()));
    let access = Arc::new(Access::new(greeting.config, pin));
    let mut connection = match open(&access) {
        Ok(connection) => connection,
        Err(fault) => return frame::write(&mut socket, &Err::<Answer, _>(fault), &[]),
    };
    frame::write(&mut socket, &Ok::<_, Fault>(Answer::Done), &[])?;
    loop {
        let (mut call, body): (Call, _) = match frame::read(&mut socket) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        call.set_input(body);
        let answer = call.perform(&mut connection);
        let body = answer.as_ref().map_or(&[][..], Answer::output);
        frame::write(&mut socket, &answer, body)?;
    }
}

fn open(access: &Arc<Access>) -> Result<Connection, Fault> {
    let entered = access.library.enter()?;
    Connection::open(&entered, access, |context, slot, session| {
        access.log_in(context, slot, session)
    })
}
