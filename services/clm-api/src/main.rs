//! CLM as a process of its own: `clm-api --config clm-api.yaml`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ers_runtime::process::run("clm-api", async |context, config| {
        Ok(clm_api::serve(context, config).await?)
    })
}
