//! `ers password`: a new password for an administrator.

use std::{io::Read as _, path::Path};

use ers_proto::clm::v1::SetAdministratorPasswordRequest;

use crate::{
    cli::{Global, Password},
    failure::{Attempt as _, Outcome, answered},
    output,
    remote::Remote,
};

pub async fn run(global: &Global, options: &Password) -> Outcome<()> {
    let mut text = String::new();
    if options.password_file == Path::new("-") {
        std::io::stdin()
            .read_to_string(&mut text)
            .attempt("read standard input")?;
    } else {
        text = std::fs::read_to_string(&options.password_file)
            .attempt(format!("read {}", options.password_file.display()))?;
    }
    let request = SetAdministratorPasswordRequest {
        username: options.username.clone(),
        password: text.trim_end_matches(['\r', '\n']).to_owned(),
    };
    Remote::open(global)?
        .administration()
        .set_administrator_password(request)
        .await
        .map_err(answered)?;
    output::line(&format!("password of {} set", options.username))
}
