//! Tables `authority` and `ocsp_signer` (those of generation 1; later ones stand with their generation).

use ers_pki::certificate::Certificate;
use ers_runtime::db;
use ers_signer_client::KeyId;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait as _, sea_query::OnConflict};

use super::{
    Store, StoreError,
    entity::{authority, authority_certificate, authority_generation, ocsp_signer},
    event::NewEvent,
    failed,
    generation::{read_generation, read_other_certificate},
};
use crate::domain::{
    Authority, AuthorityName, Generation, OcspSigner, OtherCertificate, Settings, State,
};

/// All that is kept of the CAs.
#[derive(Debug, Default)]
pub struct Authorities {
    /// The CAs, each with the generation that issues.
    pub authorities: Vec<Authority>,
    /// Their generations; generation 1 only when there is more to say of it than the CA's row does.
    pub generations: Vec<Generation>,
    /// OCSP signers of generation 1.
    pub signers: Vec<OcspSigner>,
    /// Link certificates and the like.
    pub others: Vec<OtherCertificate>,
}

impl Store {
    /// All CAs with all that belongs to them.
    pub async fn load_authorities(&self) -> Result<Authorities, StoreError> {
        let authorities = authority::Entity::find()
            .all(&self.connection)
            .await
            .map_err(failed("load authorities"))?;
        let signers = ocsp_signer::Entity::find()
            .all(&self.connection)
            .await
            .map_err(failed("load OCSP signers"))?;
        let generations = authority_generation::Entity::find()
            .all(&self.connection)
            .await
            .map_err(failed("load generations of CAs"))?;
        let others = authority_certificate::Entity::find()
            .all(&self.connection)
            .await
            .map_err(failed("load certificates of CAs"))?;
        Ok(Authorities {
            authorities: read_all(authorities, read_authority)?,
            generations: read_all(generations, read_generation)?,
            signers: read_all(signers, read_ocsp_signer)?,
            others: read_all(others, read_other_certificate)?,
        })
    }

    /// Keeps a new CA; one of that name stays as it is.
    pub async fn insert_authority(&self, new: &Authority) -> Result<(), StoreError> {
        const ACT: &str = "store authority";
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            insert(&transaction, new).await?;
            let head = self
                .append_events(&transaction, &[NewEvent::authority_changed(&new.name)])
                .await?;
            transaction.commit().await.map_err(failed(ACT))?;
            self.announce(head);
            Ok(())
        })
        .await
    }

    /// Puts a generation's next OCSP signer in place. One of a later renewal stays.
    pub async fn put_ocsp_signer(&self, new: &OcspSigner) -> Result<(), StoreError> {
        const ACT: &str = "store OCSP signer";
        if new.generation != 1 {
            return self.put_ocsp_signer_of_generation(new).await;
        }
        db::retry(ACT, async || {
            let transaction = db::begin(&self.connection).await.map_err(failed(ACT))?;
            let before = ocsp_signer::Entity::find_by_id(new.authority.as_str())
                .one(&transaction)
                .await
                .map_err(failed(ACT))?;
            if before.is_some_and(|before| before.generation >= new.renewal) {
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

/// Rows as what they say.
fn read_all<R, T>(
    rows: Vec<R>,
    read: impl Fn(R) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(read).collect()
}

/// A CA's row; one of that name stays as it is.
pub(super) async fn insert(
    transaction: &DatabaseTransaction,
    new: &Authority,
) -> Result<(), StoreError> {
    authority::Entity::insert(write_authority(new))
        .on_conflict(
            OnConflict::column(authority::Column::Name)
                .do_nothing_on([authority::Column::Name])
                .to_owned(),
        )
        .exec_without_returning(transaction)
        .await
        .map_err(failed("store authority"))
        .map(drop)
}

fn write_authority(new: &Authority) -> authority::ActiveModel {
    authority::ActiveModel {
        name: Set(new.name.to_string()),
        subject: Set(new.certificate.subject().to_string()),
        issuer: Set(new.issuer.as_ref().map(AuthorityName::to_string)),
        certificate: Set(new.certificate.der().to_vec()),
        key_id: Set(new.key_id.to_string()),
        signature_algorithm: Set(new.signature_algorithm.to_string()),
        state: Set(new.state.code()),
        created_at: Set(new.created_at_ms),
        generation: Set(new.generation),
        settings: Set(serde_json::to_string(&new.settings).ok()),
        settings_version: Set(new.settings_version),
    }
}

fn write_ocsp_signer(new: &OcspSigner) -> ocsp_signer::ActiveModel {
    ocsp_signer::ActiveModel {
        authority: Set(new.authority.to_string()),
        generation: Set(new.renewal),
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
        state: State::from_code(row.state).ok_or_else(|| inconsistent("state"))?,
        created_at_ms: row.created_at,
        generation: row.generation,
        settings: row
            .settings
            .as_deref()
            .map_or_else(|| Ok(Settings::default()), serde_json::from_str)
            .map_err(|_| inconsistent("settings"))?,
        settings_version: row.settings_version,
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
        generation: 1,
        renewal: row.generation,
        key_id: KeyId::new(row.key_id.as_str()),
        certificate: Certificate::from_der(&row.certificate)
            .map_err(|_| inconsistent("certificate"))?,
    })
}
