//! Certificates by EST, CMP and SCEP. What devices send is made before measuring begins; what they get is read only as
//! far as it takes to go on.

mod cmp;
mod est;
mod scep;

use std::time::Duration;

use anyhow::{Context as _, Result};
use ers_proto::clm::v1::{
    AddEndEntityRequest, SetEndEntityPasswordRequest, SetEndEntitySecretRequest,
};

use crate::{
    load::{self, Figures, Processes},
    options::Options,
    platform::Platform,
};

/// Password for EST, and secret for CMP, of every end entity.
const SECRET: &str = "correct horse battery staple";

/// What a device does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// RFC 7030 section 4.2.1, with a client certificate.
    SimpleEnroll,
    /// RFC 9483 section 4.1.1 under a shared secret, with its confirmation.
    Ir,
    /// RFC 9483 section 4.1.4 under a shared secret, with its confirmation.
    P10cr,
    /// RFC 8894 section 3.3.1, with a challenge of its own.
    PkcsReq,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::SimpleEnroll, Self::Ir, Self::P10cr, Self::PkcsReq];

    /// As it stands in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::SimpleEnroll => "EST simpleenroll",
            Self::Ir => "CMP ir, certConf",
            Self::P10cr => "CMP p10cr, certConf",
            Self::PkcsReq => "SCEP PKCSReq",
        }
    }

    /// So many of them in a second are not expected.
    fn most_per_second(self) -> f64 {
        match self {
            Self::SimpleEnroll | Self::Ir | Self::P10cr => 2500.0,
            // each costs an RSA signature and a challenge
            Self::PkcsReq => 1000.0,
        }
    }
}

/// The devices of a platform.
pub struct Devices<'a> {
    platform: &'a Platform,
    options: &'a Options,
}

impl<'a> Devices<'a> {
    /// Makes the end entities that they are.
    pub async fn new(platform: &'a Platform, options: &'a Options) -> Result<Self> {
        let mut clm = platform.administration()?;
        for number in 0..options.devices.iter().copied().max().unwrap_or(1) {
            let name = name_of(number);
            clm.add_end_entity(AddEndEntityRequest {
                name: name.clone(),
                ..AddEndEntityRequest::default()
            })
            .await
            .context("add end entity")?;
            clm.set_end_entity_secret(SetEndEntitySecretRequest {
                name,
                secret: SECRET.to_owned(),
                ..SetEndEntitySecretRequest::default()
            })
            .await
            .context("set secret")?;
        }
        clm.set_end_entity_password(SetEndEntityPasswordRequest {
            name: name_of(0),
            password: SECRET.to_owned(),
            ..SetEndEntityPasswordRequest::default()
        })
        .await
        .context("set password")?;
        Ok(Self { platform, options })
    }

    /// What so many of them achieve.
    pub async fn measure(&self, kind: Kind, count: usize, processes: Processes) -> Result<Figures> {
        let (platform, options) = (self.platform, self.options);
        let wanted = self.messages(kind);
        match kind {
            Kind::SimpleEnroll => {
                let devices = est::devices(platform, count, wanted).await?;
                load::measure(devices, processes, options).await
            }
            Kind::Ir | Kind::P10cr => {
                let devices = cmp::devices(platform, kind == Kind::Ir, count, wanted).await?;
                load::measure(devices, processes, options).await
            }
            Kind::PkcsReq => {
                let devices = scep::devices(platform, count, wanted).await?;
                load::measure(devices, processes, options).await
            }
        }
    }

    /// How many messages are made beforehand. Measuring ends when they are used up.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "some ten thousand"
    )]
    fn messages(&self, kind: Kind) -> usize {
        let seconds: Duration = self.options.warming() + self.options.measured();
        (seconds.as_secs_f64() * kind.most_per_second()).ceil() as usize
    }
}

/// The end entity that a device is.
fn name_of(number: usize) -> String {
    format!("bench-{number}")
}

/// `host:port` of a URL of ours.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.trim_end_matches('/')
}
