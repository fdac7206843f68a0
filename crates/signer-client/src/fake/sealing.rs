//! Sealing that binds the context and hides nothing.

use aws_lc_rs::{hmac, pbkdf2};
use ers_pki::cmp::PasswordMac;
use zeroize::Zeroizing;

use crate::{MacAlgorithm, MacCheck, PasswordKeyCall, PasswordMacCall, SignerError};

pub(super) fn seal(context: &str, secret: &[u8]) -> Vec<u8> {
    [context.as_bytes(), &[0], secret].concat()
}

pub(super) fn unseal(context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SignerError> {
    let invalid = || SignerError::Invalid {
        detail: "unseal: sealed with another context, or altered".to_owned(),
    };
    let rest = sealed
        .strip_prefix(context.as_bytes())
        .ok_or_else(invalid)?;
    let secret = rest.strip_prefix(&[0]).ok_or_else(invalid)?;
    Ok(Zeroizing::new(secret.to_vec()))
}

pub(super) fn verify_mac(check: MacCheck<'_>) -> Result<bool, SignerError> {
    let secret = unseal(check.context, check.sealed_key)?;
    let algorithm = match check.algorithm {
        MacAlgorithm::Hs256 => hmac::HMAC_SHA256,
        MacAlgorithm::Hs384 => hmac::HMAC_SHA384,
        MacAlgorithm::Hs512 => hmac::HMAC_SHA512,
    };
    Ok(hmac::verify(&hmac::Key::new(algorithm, &secret), check.data, check.mac).is_ok())
}

pub(super) fn compute_password_mac(call: PasswordMacCall<'_>) -> Result<Vec<u8>, SignerError> {
    let (mac, secret) = password_mac(call)?;
    Ok(mac.compute(&secret, call.data))
}

pub(super) fn derive_password_key(
    call: PasswordKeyCall<'_>,
) -> Result<Zeroizing<Vec<u8>>, SignerError> {
    let secret = unseal(call.context, call.sealed_secret)?;
    let mut key = Zeroizing::new(vec![0; 32]);
    let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
    pbkdf2::derive(algorithm, call.iterations, call.salt, &secret, &mut key);
    Ok(key)
}

pub(super) fn verify_password_mac(
    call: PasswordMacCall<'_>,
    code: &[u8],
) -> Result<bool, SignerError> {
    let (mac, secret) = password_mac(call)?;
    Ok(mac.verify(&secret, call.data, code))
}

pub(super) fn open_password_mac(
    call: PasswordMacCall<'_>,
    code: &[u8],
    answer_algorithm: &[u8],
) -> Result<Option<Zeroizing<Vec<u8>>>, SignerError> {
    let (mac, secret) = password_mac(call)?;
    if !mac.verify(&secret, call.data, code) {
        return Ok(None);
    }
    let call = PasswordMacCall {
        algorithm: answer_algorithm,
        ..call
    };
    let (answers, secret) = password_mac(call)?;
    Ok(Some(answers.derive_key(&secret)))
}

fn password_mac(
    call: PasswordMacCall<'_>,
) -> Result<(PasswordMac, Zeroizing<Vec<u8>>), SignerError> {
    let mac = PasswordMac::from_der(call.algorithm).map_err(|error| SignerError::Invalid {
        detail: format!("algorithm: {error}"),
    })?;
    Ok((mac, unseal(call.context, call.sealed_secret)?))
}
