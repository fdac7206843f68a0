//! The SCEP server as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    ers_runtime::process::run("scep", async |context, config| {
        Ok(scep::serve(context, config).await?)
    })
}
