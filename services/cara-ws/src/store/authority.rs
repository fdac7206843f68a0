//! Tables `authority` and `ocsp_signer`.

use ers_pki::certificate::Certificate;
use ers_runtime::db;
use ers_signer_client::KeyId;
use sea_orm::{ActiveValue::Set, EntityTrait as _, sea_query::OnConflict};

use super::{
    Store, StoreError,
    entity::{authority, ocsp_signer},
    event::NewEvent,
    failed,
};
use crate::domain::{Authority, AuthorityName, OcspSigner, State};

impl Store {
    /// All CAs with their OCSP signers.
    pub async fn load_authorities(&self) -> Result<(Vec<Authority>, Vec<OcspSigner>), StoreError> {
        let authorities = authority::Entity::find()
            .all(&self.connection)
            .await
            .map_err(failed("load authorities"))?;
        let signers = ocsp_signer::Entity::find()
            .all(&self.connection)
            .await
            .map_err(failed("load OCSP signers"))?;
        Ok((
            authorities
                .into_iter()
                .map(read_authority)
                .collect::<Result<_, _>>()?,
            signers
                .into_iter()
                .map(read_ocsp_signer)
                .collect::<Result<_, _>>()?,
        ))
    }

    /// Keeps a new CA; one of that name stays as it is.
    pub async fn insert_authority(&self, new: &Authority) -> Result<(), StoreError> {
        const ACT: &str = "store authority";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            authority::Entity::insert(write_authority(new))
                .on_conflict(
                    OnConflict::column(authority::Column::Name)
                        .do_nothing_on([authority::Column::Name])
                        .to_owned(),
                )
                .exec_without_returning(&transaction)
                .await
                .map_err(failed(ACT))?;
            let head = self
                .append_events(&transaction, &[NewEvent::authority_changed(&new.name)])
                .await?;
            transaction.commit().await.map_err(failed(ACT))?;
            self.announce(head);
            Ok(())
        })
        .await
    }

    /// Puts a CA's next OCSP signer in place. One of a higher generation stays.
    pub async fn put_ocsp_signer(&self, new: &OcspSigner) -> Result<(), StoreError> {
        const ACT: &str = "store OCSP signer";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            let before = ocsp_signer::Entity::find_by_id(new.authority.as_str())
                .one(&transaction)
                .await
                .map_err(failed(ACT))?;
            if before.is_some_and(|before| before.generation >= new.generation) {
                return Ok(());
            }
            ocsp_signer::Entity::insert(write_ocsp_signer(new))
                .on_conflict(
                    OnConflict::column(ocsp_signer::Column::Authority)
                        .update_columns([
                            ocsp_signer::Column::Generation,
                            ocsp_signer::Column::KeyId,
                            ocsp_signer::Column::Certificate,
                            ocsp_signer::Column::NotAfter,
                        ])
                        .to_owned(),
                )
                .exec_without_returning(&transaction)
                .await
                .map_err(failed(ACT))?;
            let head = self
                .append_events(&transaction, &[NewEvent::authority_changed(&new.authority)])
                .await?;
            transaction.commit().await.map_err(failed(ACT))?;
            self.announce(head);
            Ok(())
        })
        .await
    }
}

fn write_authority(new: &Authority) -> authority::ActiveModel {
    authority::ActiveModel {
        name: Set(new.name.to_string()),
        subject: Set(new.certificate.subject().to_string()),
        issuer: Set(new.issuer.as_ref().map(AuthorityName::to_string)),
        certificate: Set(new.certificate.der().to_vec()),
        key_id: Set(new.key_id.to_string()),
        signature_algorithm: Set(new.signature_algorithm.to_string()),
        state: Set(match new.state {
            State::Active => 1,
            State::Suspended => 2,
            State::Retired => 3,
        }),
        created_at: Set(new.created_at_ms),
        generation: Set(new.generation),
        settings: Set(None),
        settings_version: Set(0),
    }
}

fn write_ocsp_signer(new: &OcspSigner) -> ocsp_signer::ActiveModel {
    ocsp_signer::ActiveModel {
        authority: Set(new.authority.to_string()),
        generation: Set(new.generation),
        key_id: Set(new.key_id.to_string()),
        certificate: Set(new.certificate.der().to_vec()),
        not_after: Set(ers_runtime::clock::to_ms(new.certificate.not_after())),
    }
}

fn read_authority(row: authority::Model) -> Result<Authority, StoreError> {
    let inconsistent = |column| StoreError::Inconsistent {
        table: "authority",
        row: row.name.clone(),
        column,
    };
    Ok(Authority {
        name: row.name.parse().map_err(|_| inconsistent("name"))?,
        issuer: row
            .issuer
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| inconsistent("issuer"))?,
        certificate: Certificate::from_der(&row.certificate)
            .map_err(|_| inconsistent("certificate"))?,
        key_id: KeyId::new(row.key_id.as_str()),
        signature_algorithm: row
            .signature_algorithm
            .parse()
            .map_err(|_| inconsistent("signature_algorithm"))?,
        state: match row.state {
            1 => State::Active,
            2 => State::Suspended,
            3 => State::Retired,
            _ => return Err(inconsistent("state")),
        },
        created_at_ms: row.created_at,
        generation: row.generation,
    })
}

fn read_ocsp_signer(row: ocsp_signer::Model) -> Result<OcspSigner, StoreError> {
    let inconsistent = |column| StoreError::Inconsistent {
        table: "ocsp_signer",
        row: row.authority.clone(),
        column,
    };
    Ok(OcspSigner {
        authority: row
            .authority
            .parse()
            .map_err(|_| inconsistent("authority"))?,
        generation: row.generation,
        key_id: KeyId::new(row.key_id.as_str()),
        certificate: Certificate::from_der(&row.certificate)
            .map_err(|_| inconsistent("certificate"))?,
    })
}
