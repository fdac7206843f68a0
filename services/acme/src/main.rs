//! The ACME server as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    ers_runtime::process::run("acme", async |context, config| {
        Ok(acme::serve(context, config).await?)
    })
}
