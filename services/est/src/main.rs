//! The EST server as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    ers_runtime::process::run("est", async |context, config| {
        Ok(est::serve(context, config).await?)
    })
}
