//! Owner, tags, places and comment of a certificate changed. The certificate itself never changes.

use ers_runtime::error::{Fault, Kind};

use super::{Act, Actor, Flows, show::ShowCertificateError};
use crate::{
    domain::{
        access::Reach,
        id::CertificateId,
        inventory::Entry,
        note::{NoteChange, WrongNote},
    },
    store::StoreError,
};

/// Others may write at the same time; so often it is looked again.
const ATTEMPTS: u32 = 5;

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeCertificateError {
    /// The certificate.
    #[error(transparent)]
    Certificate(#[from] ShowCertificateError),
    /// What was to be written.
    #[error("change certificate: {0}")]
    Wrong(#[from] WrongNote),
    /// It is not the version that was expected.
    #[error("change certificate: it was changed meanwhile, its version is {0}")]
    Version(i64),
    /// The database.
    #[error("change certificate")]
    Store(#[from] StoreError),
}

impl Flows {
    /// Changes what is written beside a certificate, if it is the version that is expected.
    #[tracing::instrument(name = "clm.change_certificate", skip_all)]
    pub async fn change_certificate(
        &self,
        id: &CertificateId,
        change: &NoteChange,
        expected: Option<i64>,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<Entry, ChangeCertificateError> {
        change.check()?;
        let mut attempts = ATTEMPTS;
        loop {
            attempts -= 1;
            let entry = self.find_certificate(id, reach).await?;
            let version = entry.note.version;
            if expected.is_some_and(|expected| expected != version) {
                return Err(ChangeCertificateError::Version(version));
            }
            match self.write_note(entry, change, actor).await? {
                Some(entry) => return Ok(entry),
                None if attempts == 0 => return Err(ChangeCertificateError::Version(version)),
                None => {}
            }
        }
    }

    /// Writes once; nothing when somebody else wrote meanwhile.
    pub(super) async fn write_note(
        &self,
        mut entry: Entry,
        change: &NoteChange,
        actor: &Actor,
    ) -> Result<Option<Entry>, ChangeCertificateError> {
        let after = change.apply(&entry.note)?;
        if after == entry.note {
            return Ok(Some(entry));
        }
        let object = entry.certificate.object();
        let realm = entry.certificate.origin.realm.parse().ok();
        let act = Act {
            realm: realm.as_ref(),
            before: Some(entry.note.to_json()),
            after: Some(after.to_json()),
            ..Act::on("certificate.change", &object)
        };
        self.note_act(actor, act).await?;
        let (before, now_ms) = (entry.note.version, self.clock.now_ms());
        let is_written = self
            .store
            .put_note(entry.number, before, &after, &actor.name, now_ms)
            .await?;
        entry.note = after;
        Ok(is_written.then_some(entry))
    }
}

impl Fault for ChangeCertificateError {
    fn kind(&self) -> Kind {
        match self {
            Self::Certificate(error) => error.kind(),
            Self::Wrong(_) => Kind::InvalidArgument,
            Self::Version(_) => Kind::FailedPrecondition,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Certificate(error) => error.field(),
            Self::Wrong(error) => Some(error.field()),
            Self::Version(_) => Some("version"),
            Self::Store(_) => None,
        }
    }
}
