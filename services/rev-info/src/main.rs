//! rev-info, OCSP and CRLs, as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    ers_runtime::process::run("rev-info", async |context, config| {
        Ok(rev_info::serve(context, config).await?)
    })
}
