//! cara-ws, the certification authority, as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    ers_runtime::process::run("cara-ws", async |context, config| {
        Ok(cara_ws::serve(context, config).await?)
    })
}
