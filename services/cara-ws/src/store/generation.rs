//! Tables `authority_generation` and `authority_certificate`, and what changes together with them in `authority`.

use ers_pki::certificate::Certificate;
use ers_runtime::db;
use ers_signer_client::KeyId;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    sea_query::{Expr, OnConflict},
};

use super::{
    Store, StoreError,
    entity::{authority, authority_certificate, authority_generation},
    event::NewEvent,
    failed,
};
use crate::domain::{
    Authority, AuthorityName, CertificateKind, Generation, GenerationState, OcspSigner,
    OtherCertificate, Settings, State,
};

impl Store {
    /// Keeps a new generation with certificates that belong to it; one of that number stays as it is.
    pub async fn insert_generation(
        &self,
        new: &Generation,
        others: &[OtherCertificate],
    ) -> Result<(), StoreError> {
        const ACT: &str = "store generation of CA";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            insert_row(&transaction, ACT, new).await?;
            insert_others(&transaction, ACT, others).await?;
            self.commit_change(ACT, transaction, &new.authority).await
        })
        .await
    }

    /// Gives a generation that awaits it (or renews) its certificate; it is prepared then, or stays what it is.
    pub async fn complete_generation(&self, new: &Generation) -> Result<(), StoreError> {
        const ACT: &str = "store certificate of CA's generation";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            insert_row(&transaction, ACT, new).await?;
            authority_generation::Entity::update_many()
                .set(authority_generation::ActiveModel {
                    state: Set(new.state.code()),
                    request: Set(new.request.clone()),
                    certificate: Set(new.certificate.as_ref().map(|c| c.der().to_vec())),
                    switch_at: Set(new.switch_at_ms),
                    ..Default::default()
                })
                .filter(authority_generation::Column::Authority.eq(new.authority.as_str()))
                .filter(authority_generation::Column::Generation.eq(new.number))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?;
            self.commit_change(ACT, transaction, &new.authority).await
        })
        .await
    }

    /// Makes a generation the one that issues: `now` is the CA with it, `before` what issued until now; none: the CA
    /// begins with it. Nothing happens when the CA has left `before` already.
    pub async fn switch_generation(
        &self,
        now: &Authority,
        before: Option<&Generation>,
        others: &[OtherCertificate],
    ) -> Result<(), StoreError> {
        const ACT: &str = "switch generation of CA";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            if let Some(before) = before {
                let switched = authority::Entity::update_many()
                    .set(authority::ActiveModel {
                        subject: Set(now.certificate.subject().to_string()),
                        certificate: Set(now.certificate.der().to_vec()),
                        key_id: Set(now.key_id.to_string()),
                        signature_algorithm: Set(now.signature_algorithm.to_string()),
                        generation: Set(now.generation),
                        ..Default::default()
                    })
                    .filter(authority::Column::Name.eq(now.name.as_str()))
                    .filter(authority::Column::Generation.eq(before.number))
                    .exec(&transaction)
                    .await
                    .map_err(failed(ACT))?
                    .rows_affected;
                if switched == 0 {
                    return Ok(());
                }
                // Generation 1 may have had no row of its own until now.
                insert_row(&transaction, ACT, before).await?;
                set_state(
                    &transaction,
                    ACT,
                    &now.name,
                    before.number,
                    GenerationState::Superseded,
                )
                .await?;
            } else {
                super::authority::insert(&transaction, now).await?;
            }
            set_state(
                &transaction,
                ACT,
                &now.name,
                now.generation,
                GenerationState::Current,
            )
            .await?;
            insert_others(&transaction, ACT, others).await?;
            self.commit_change(ACT, transaction, &now.name).await
        })
        .await
    }

    /// Replaces the certificate that a CA issues with by another for the same key, and keeps others beside.
    pub async fn renew_authority(
        &self,
        renewed: &Authority,
        others: &[OtherCertificate],
    ) -> Result<(), StoreError> {
        const ACT: &str = "store renewed certificate of CA";
        let certificate = renewed.certificate.der().to_vec();
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            authority::Entity::update_many()
                .col_expr(
                    authority::Column::Certificate,
                    Expr::value(certificate.clone()),
                )
                .filter(authority::Column::Name.eq(renewed.name.as_str()))
                .filter(authority::Column::Generation.eq(renewed.generation))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?;
            authority_generation::Entity::update_many()
                .set(authority_generation::ActiveModel {
                    certificate: Set(Some(certificate.clone())),
                    request: Set(None),
                    ..Default::default()
                })
                .filter(authority_generation::Column::Authority.eq(renewed.name.as_str()))
                .filter(authority_generation::Column::Generation.eq(renewed.generation))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?;
            insert_others(&transaction, ACT, others).await?;
            self.commit_change(ACT, transaction, &renewed.name).await
        })
        .await
    }

    /// Keeps certificates beside those that CAs issue with.
    pub async fn insert_other_certificates(
        &self,
        name: &AuthorityName,
        others: &[OtherCertificate],
    ) -> Result<(), StoreError> {
        const ACT: &str = "store certificates of CA";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            insert_others(&transaction, ACT, others).await?;
            self.commit_change(ACT, transaction, name).await
        })
        .await
    }

    /// Changes whether a CA works; false: another change of it came first.
    pub async fn set_authority_state(
        &self,
        name: &AuthorityName,
        before: State,
        after: State,
    ) -> Result<bool, StoreError> {
        const ACT: &str = "store state of CA";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            let changed = authority::Entity::update_many()
                .col_expr(authority::Column::State, Expr::value(after.code()))
                .filter(authority::Column::Name.eq(name.as_str()))
                .filter(authority::Column::State.eq(before.code()))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?
                .rows_affected
                > 0;
            self.commit_change(ACT, transaction, name).await?;
            Ok(changed)
        })
        .await
    }

    /// Changes a CA's settings; false: their version was another one by then.
    pub async fn put_settings(
        &self,
        name: &AuthorityName,
        settings: &Settings,
        version_before: i32,
    ) -> Result<bool, StoreError> {
        const ACT: &str = "store settings of CA";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            let changed = authority::Entity::update_many()
                .set(authority::ActiveModel {
                    settings: Set(serde_json::to_string(settings).ok()),
                    settings_version: Set(version_before + 1),
                    ..Default::default()
                })
                .filter(authority::Column::Name.eq(name.as_str()))
                .filter(authority::Column::SettingsVersion.eq(version_before))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?
                .rows_affected
                > 0;
            self.commit_change(ACT, transaction, name).await?;
            Ok(changed)
        })
        .await
    }

    /// OCSP signers of later generations than the first.
    pub(super) async fn put_ocsp_signer_of_generation(
        &self,
        new: &OcspSigner,
    ) -> Result<(), StoreError> {
        const ACT: &str = "store OCSP signer";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            authority_generation::Entity::update_many()
                .set(authority_generation::ActiveModel {
                    ocsp_renewal: Set(new.renewal),
                    ocsp_key_id: Set(Some(new.key_id.to_string())),
                    ocsp_certificate: Set(Some(new.certificate.der().to_vec())),
                    ..Default::default()
                })
                .filter(authority_generation::Column::Authority.eq(new.authority.as_str()))
                .filter(authority_generation::Column::Generation.eq(new.generation))
                .filter(authority_generation::Column::OcspRenewal.lt(new.renewal))
                .exec(&transaction)
                .await
                .map_err(failed(ACT))?;
            self.commit_change(ACT, transaction, &new.authority).await
        })
        .await
    }

    /// Writes the event of a changed CA and commits.
    pub(super) async fn commit_change(
        &self,
        act: &'static str,
        transaction: DatabaseTransaction,
        name: &AuthorityName,
    ) -> Result<(), StoreError> {
        let head = self
            .append_events(&transaction, &[NewEvent::authority_changed(name)])
            .await?;
        transaction.commit().await.map_err(failed(act))?;
        self.announce(head);
        Ok(())
    }
}

async fn set_state(
    transaction: &DatabaseTransaction,
    act: &'static str,
    name: &AuthorityName,
    number: i16,
    state: GenerationState,
) -> Result<(), StoreError> {
    authority_generation::Entity::update_many()
        .set(authority_generation::ActiveModel {
            state: Set(state.code()),
            switch_at: Set(None),
            ..Default::default()
        })
        .filter(authority_generation::Column::Authority.eq(name.as_str()))
        .filter(authority_generation::Column::Generation.eq(number))
        .exec(transaction)
        .await
        .map_err(failed(act))
        .map(drop)
}

async fn insert_row(
    transaction: &DatabaseTransaction,
    act: &'static str,
    new: &Generation,
) -> Result<(), StoreError> {
    use authority_generation::Column;
    authority_generation::Entity::insert(write_generation(new))
        .on_conflict(
            OnConflict::columns([Column::Authority, Column::Generation])
                .do_nothing_on([Column::Authority, Column::Generation])
                .to_owned(),
        )
        .exec_without_returning(transaction)
        .await
        .map_err(failed(act))
        .map(drop)
}

async fn insert_others(
    transaction: &DatabaseTransaction,
    act: &'static str,
    others: &[OtherCertificate],
) -> Result<(), StoreError> {
    use authority_certificate::Column;
    for other in others {
        authority_certificate::Entity::insert(authority_certificate::ActiveModel {
            authority: Set(other.authority.to_string()),
            fingerprint: Set(hex::encode(other.certificate.fingerprint())),
            generation: Set(other.generation),
            kind: Set(other.kind.code()),
            certificate: Set(other.certificate.der().to_vec()),
            created_at: Set(other.created_at_ms),
        })
        .on_conflict(
            OnConflict::columns([Column::Authority, Column::Fingerprint])
                .do_nothing_on([Column::Authority, Column::Fingerprint])
                .to_owned(),
        )
        .exec_without_returning(transaction)
        .await
        .map_err(failed(act))?;
    }
    Ok(())
}

fn write_generation(new: &Generation) -> authority_generation::ActiveModel {
    let signer = new.ocsp_signer.as_ref();
    authority_generation::ActiveModel {
        authority: Set(new.authority.to_string()),
        generation: Set(new.number),
        state: Set(new.state.code()),
        key_id: Set(new.key_id.to_string()),
        signature_algorithm: Set(new.signature_algorithm.to_string()),
        request: Set(new.request.clone()),
        certificate: Set(new.certificate.as_ref().map(|c| c.der().to_vec())),
        switch_at: Set(new.switch_at_ms),
        ocsp_renewal: Set(signer.map_or(0, |signer| signer.renewal)),
        ocsp_key_id: Set(signer.map(|signer| signer.key_id.to_string())),
        ocsp_certificate: Set(signer.map(|signer| signer.certificate.der().to_vec())),
        created_at: Set(new.created_at_ms),
        created_by: Set(new.created_by.clone()),
    }
}

pub(super) fn read_generation(row: authority_generation::Model) -> Result<Generation, StoreError> {
    let inconsistent = |column| StoreError::Inconsistent {
        table: "authority_generation",
        row: format!("{}/{}", row.authority, row.generation),
        column,
    };
    let name: AuthorityName = row
        .authority
        .parse()
        .map_err(|_| inconsistent("authority"))?;
    let read = |der: &Vec<u8>, column| Certificate::from_der(der).map_err(|_| inconsistent(column));
    let certificate = row
        .certificate
        .as_ref()
        .map(|der| read(der, "certificate"))
        .transpose()?;
    let ocsp_signer = match (&row.ocsp_key_id, &row.ocsp_certificate) {
        (Some(key_id), Some(der)) => Some(OcspSigner {
            authority: name.clone(),
            generation: row.generation,
            renewal: row.ocsp_renewal,
            key_id: KeyId::new(key_id.as_str()),
            certificate: read(der, "ocsp_certificate")?,
        }),
        _ => None,
    };
    let state = GenerationState::from_code(row.state).ok_or_else(|| inconsistent("state"))?;
    if certificate.is_none() && state != GenerationState::Awaiting {
        return Err(inconsistent("certificate"));
    }
    Ok(Generation {
        authority: name,
        number: row.generation,
        state,
        key_id: KeyId::new(row.key_id.as_str()),
        signature_algorithm: row
            .signature_algorithm
            .parse()
            .map_err(|_| inconsistent("signature_algorithm"))?,
        request: row.request.clone(),
        certificate,
        switch_at_ms: row.switch_at,
        ocsp_signer,
        created_at_ms: row.created_at,
        created_by: row.created_by.clone(),
    })
}

pub(super) fn read_other_certificate(
    row: authority_certificate::Model,
) -> Result<OtherCertificate, StoreError> {
    let inconsistent = |column| StoreError::Inconsistent {
        table: "authority_certificate",
        row: format!("{}/{}", row.authority, row.fingerprint),
        column,
    };
    Ok(OtherCertificate {
        authority: row
            .authority
            .parse()
            .map_err(|_| inconsistent("authority"))?,
        generation: row.generation,
        kind: CertificateKind::from_code(row.kind).ok_or_else(|| inconsistent("kind"))?,
        certificate: Certificate::from_der(&row.certificate)
            .map_err(|_| inconsistent("certificate"))?,
        created_at_ms: row.created_at,
    })
}
