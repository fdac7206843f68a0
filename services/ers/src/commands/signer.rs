//! `ers signer`: the signer's own secrets. Passwords come from files, never from arguments, which others can see.

use std::path::Path;

use ers_proto::signer::v1 as wire;
use serde::Serialize;
use zeroize::Zeroizing;

use super::read_password;
use crate::{
    cli::{Global, Signer},
    failure::{Attempt as _, Failure, Outcome, answered},
    key_store::{pem, write_private},
    output::{self, Show},
    remote::Remote,
};

#[derive(Serialize)]
struct Changed {
    /// What holds the new password now; none: somebody has to put it there.
    file: Option<String>,
}

#[derive(Serialize)]
struct Rotated {
    generation: u32,
    resealed: u64,
}

#[derive(Serialize)]
struct CheckpointKey {
    number: u64,
    public_key: String,
}

/// Does one of them.
pub async fn run(global: &Global, command: Signer) -> Outcome<()> {
    let remote = Remote::open(global)?;
    match command {
        Signer::ChangeMasterPassword {
            old_password_file,
            new_password_file,
        } => change_master_password(global, &remote, &old_password_file, &new_password_file).await,
        Signer::RotateDataKey {
            password_file,
            resume,
        } => {
            let ask = wire::RotateDataKeyRequest {
                master_password: read_password(&password_file)?.to_string(),
                resume,
            };
            let rotated = remote.signer_administration().rotate_data_key(ask).await;
            let rotated = rotated.map_err(answered)?.into_inner();
            output::show(
                global.output,
                &Rotated {
                    generation: rotated.generation,
                    resealed: rotated.resealed,
                },
            )
        }
        Signer::RotateCheckpointKey => {
            let ask = wire::RotateCheckpointKeyRequest {};
            let key = remote
                .signer_administration()
                .rotate_checkpoint_key(ask)
                .await;
            let key = key.map_err(answered)?.into_inner();
            output::show(
                global.output,
                &CheckpointKey {
                    number: key.number,
                    public_key: pem("PUBLIC KEY", &key.public_key),
                },
            )
        }
    }
}

/// Where the platform keeps its own copy of the password, the new one is laid beside it first: however this ends, one of
/// the two files holds the password in force.
async fn change_master_password(
    global: &Global,
    remote: &Remote,
    old: &Path,
    new: &Path,
) -> Outcome<()> {
    if old == Path::new("-") && new == Path::new("-") {
        return Err(Failure::new(
            "read passwords: only one of them can be standard input",
        ));
    }
    let (old, new) = (read_password(old)?, read_password(new)?);
    let kept = global.data().join("master-password");
    let holds_old = global.platform.is_none()
        && std::fs::read_to_string(&kept)
            .is_ok_and(|text| Zeroizing::new(text).trim_end_matches(['\r', '\n']) == old.as_str());
    let beside = global.data().join("master-password.new");
    if holds_old {
        write_private(&beside, new.as_bytes())?;
    }
    let ask = wire::ChangeMasterPasswordRequest {
        old_password: old.to_string(),
        new_password: new.to_string(),
    };
    let changed = remote
        .signer_administration()
        .change_master_password(ask)
        .await;
    if let Err(status) = changed {
        // refused means that nothing was done; after any other failure the new one may be in force
        let refused = matches!(
            status.code(),
            tonic::Code::PermissionDenied | tonic::Code::InvalidArgument
        );
        if holds_old && refused {
            let _ = std::fs::remove_file(&beside);
        }
        return Err(answered(status));
    }
    if holds_old {
        std::fs::rename(&beside, &kept).attempt(format!("write {}", kept.display()))?;
    }
    output::show(
        global.output,
        &Changed {
            file: holds_old.then(|| kept.display().to_string()),
        },
    )
}

impl Show for Changed {
    fn text(&self) -> String {
        match &self.file {
            Some(file) => format!("the master password was changed, and is in {file}"),
            None => "the master password was changed; every signer needs the new one when it starts next".to_owned(),
        }
    }
}

impl Show for Rotated {
    fn text(&self) -> String {
        format!(
            "data key {} is in force; {} software keys were sealed anew",
            self.generation, self.resealed
        )
    }
}

impl Show for CheckpointKey {
    fn text(&self) -> String {
        format!(
            "checkpoints are signed by key {} now\n{}",
            self.number, self.public_key
        )
    }
}
