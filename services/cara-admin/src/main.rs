//! The web app of CARA's administrators, served by a process of its own: `cara-admin --config cara-admin.yaml`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ers_runtime::process::run("cara-admin", async |context, config| {
        Ok(cara_admin::serve(context, config).await?)
    })
}
