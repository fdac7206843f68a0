//! The signer as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
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
