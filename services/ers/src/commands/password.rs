//! `ers password`: a new password for an administrator.

use ers_proto::clm::v1::SetAdministratorPasswordRequest;

use super::read_password;
use crate::{
    cli::{Global, Password},
    clm::Clm,
    failure::{Outcome, answered},
    output,
};

pub async fn run(global: &Global, options: &Password) -> Outcome<()> {
    let password = read_password(&options.password_file)?;
    let request = SetAdministratorPasswordRequest {
        username: options.username.clone(),
        password: password.to_string(),
    };
    Clm::open(global)?
        .administration()
        .set_administrator_password(request)
        .await
        .map_err(answered)?;
    output::line(&format!("password of {} set", options.username))
}
