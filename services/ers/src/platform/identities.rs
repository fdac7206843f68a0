//! The services' mutual-TLS identities in one process: made anew at each start, renewed while it runs. Only the
//! administrator's is written down, for the command line.

use std::{collections::HashMap, sync::Arc, time::Duration};

use ers_runtime::{Context, tls::Identity};

use super::data_folder::DataFolder;
use crate::{
    failure::{Attempt as _, Failure, Outcome},
    identity::IdentityAuthority,
    key_store::{write_private, write_public},
};

/// The command line's identity.
pub const ADMINISTRATOR: &str = "administrator";
const SERVICES: [&str; 9] = [
    "signer",
    "cara-ws",
    "clm-api",
    "rev-info",
    "acme",
    "scep",
    "est",
    "cmp",
    ADMINISTRATOR,
];
const AUTHORITY_VALIDITY: Duration = Duration::from_secs(3650 * 86_400);
const VALIDITY: Duration = Duration::from_secs(7 * 86_400);
const RENEWAL: Duration = Duration::from_secs(86_400);

/// All identities of the process.
pub struct Identities {
    identities: HashMap<&'static str, Arc<Identity>>,
}

impl Identities {
    /// Makes them, and keeps them renewed.
    pub fn make(context: &Context, folder: &DataFolder) -> Outcome<Self> {
        let authority = IdentityAuthority::make(AUTHORITY_VALIDITY, context.clock.now())?;
        let believed = authority.certificate_pem();
        write_public(
            &folder.file("identity/authorities.crt"),
            believed.as_bytes(),
        )?;
        let mut identities = HashMap::new();
        for service in SERVICES {
            let made = authority.issue(service, VALIDITY, context.clock.now())?;
            let identity = Identity::from_pem(&made.certificate, &made.key, &believed)
                .attempt("use identity")?;
            identities.insert(service, Arc::new(identity));
            if service == ADMINISTRATOR {
                write_administrator(folder.path(), &made)?;
            }
        }
        let kept = Self { identities };
        kept.keep_renewed(context, authority, folder.path().to_owned());
        Ok(kept)
    }

    /// The identity of a service.
    pub fn of(&self, service: &'static str) -> Outcome<Arc<Identity>> {
        self.identities
            .get(service)
            .cloned()
            .ok_or_else(|| Failure::new(format!("there is no identity {service}")))
    }

    fn keep_renewed(
        &self,
        context: &Context,
        authority: IdentityAuthority,
        folder: std::path::PathBuf,
    ) {
        let identities = self.identities.clone();
        let (clock, shutdown) = (Arc::clone(&context.clock), context.shutdown.clone());
        context.shutdown.spawn("renew identities", async move {
            let believed = authority.certificate_pem();
            while shutdown.sleep(RENEWAL).await {
                for (service, identity) in &identities {
                    let renewed =
                        authority
                            .issue(service, VALIDITY, clock.now())
                            .and_then(|made| {
                                if *service == ADMINISTRATOR {
                                    write_administrator(&folder, &made)?;
                                }
                                identity
                                    .replace(&made.certificate, &made.key, &believed)
                                    .attempt("use identity")
                            });
                    if let Err(failure) = renewed {
                        tracing::error!(?failure, service, "identity not renewed");
                    }
                }
            }
        });
    }
}

fn write_administrator(
    folder: &std::path::Path,
    made: &crate::identity::MadeIdentity,
) -> Outcome<()> {
    write_private(
        &folder.join("identity/administrator.key"),
        made.key.as_bytes(),
    )?;
    write_public(
        &folder.join("identity/administrator.crt"),
        made.certificate.as_bytes(),
    )
}
