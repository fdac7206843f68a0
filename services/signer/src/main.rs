//! The signer as a process of its own.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Err(error) = ers_runtime::process::keep_memory_private() {
        let _ = writeln!(std::io::stderr(), "signer: switch core dumps off: {error}");
        return ExitCode::FAILURE;
    }
    // a child of the signer itself: nobody types this
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == "token-worker")
    {
        return signer::token_worker();
    }
    ers_runtime::process::run("signer", async |context, config| {
        Ok(signer::serve(context, config).await?)
    })
}
