//! The signer as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    ers_runtime::process::run("signer", async |context, config| {
        Ok(signer::serve(context, config).await?)
    })
}
