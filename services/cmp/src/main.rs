//! The CMP server as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    ers_runtime::process::run("cmp", async |context, config| {
        Ok(cmp::serve(context, config).await?)
    })
}
