//! Opening content keys in the token. What a token answers to wrong padding is an answer like any other here: it neither
//! ends the session nor says anything of the token, else a stranger's message could take the token away from everyone.

use ers_pki::cms::{DigestAlgorithm, KeyTransport};
use pkcs11::error::{Error, RvError};
use pkcs11::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource};
use pkcs11::mechanism::{Mechanism, MechanismType};
use pkcs11::object::ObjectHandle;

use super::connection::Connection;
use super::fault::Fault;

/// The content key; empty when it was not encrypted as it should be.
pub(super) fn decrypt(
    connection: &Connection,
    key: ObjectHandle,
    transport: &[u8],
    input: &[u8],
) -> Result<Vec<u8>, Fault> {
    let transport = KeyTransport::from_identifier_der(transport)
        .map_err(|error| Fault::Unsupported(error.to_string()))?;
    let mechanism = mechanism(transport);
    let session = &connection.session;
    let opened = if connection.access.config.always_authenticate {
        // the PIN is asked for between the beginning and the first octet
        session.decrypt_init(&mechanism, key)?;
        connection.access.authenticate(session)?;
        session.decrypt_update(input).and_then(|mut octets| {
            octets.extend(session.decrypt_final()?);
            Ok(octets)
        })
    } else {
        session.decrypt(&mechanism, key, input)
    };
    match opened {
        Ok(octets) => Ok(octets),
        Err(Error::Pkcs11(value, _)) if is_wrong_padding(value) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// SoftHSM says CKR_GENERAL_ERROR, others what the standard says.
fn is_wrong_padding(value: RvError) -> bool {
    matches!(
        value,
        RvError::EncryptedDataInvalid
            | RvError::EncryptedDataLenRange
            | RvError::DataInvalid
            | RvError::DataLenRange
            | RvError::FunctionFailed
            | RvError::GeneralError
    )
}

fn mechanism(transport: KeyTransport) -> Mechanism<'static> {
    match transport {
        KeyTransport::Pkcs1 => Mechanism::RsaPkcs,
        KeyTransport::Oaep { digest, mask } => {
            let (hash, _) = hashes(digest);
            let (_, mask) = hashes(mask);
            Mechanism::RsaPkcsOaep(PkcsOaepParams::new(hash, mask, PkcsOaepSource::empty()))
        }
    }
}

fn hashes(digest: DigestAlgorithm) -> (MechanismType, PkcsMgfType) {
    match digest {
        DigestAlgorithm::Sha1 => (MechanismType::SHA1, PkcsMgfType::MGF1_SHA1),
        DigestAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        DigestAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384),
        DigestAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512),
    }
}
