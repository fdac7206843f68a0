//! The web app of CLM, served by a process of its own: `clm-ui --config clm-ui.yaml`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ers_runtime::process::run("clm-ui", async |context, config| {
        Ok(clm_ui::serve(context, config).await?)
    })
}
