use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;

use super::*;
use crate::asn1::{Writer, oid};

fn rsa_spki(modulus: &[u8], exponent: u64) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.sequence(|writer| {
        writer.sequence(|writer| {
            writer.oid(&oid::RSA_ENCRYPTION);
            writer.tlv(tag::NULL, &[]);
        });
        let mut key = Writer::new();
        key.sequence(|writer| {
            let mut octets = vec![0];
            octets.extend_from_slice(modulus);
            writer.tlv(tag::INTEGER, &octets);
            writer.integer(exponent);
        });
        writer.bit_string(&key.finish());
    });
    writer.finish()
}

fn sound_modulus() -> Vec<u8> {
    Rsa::generate(2048).unwrap().n().to_vec()
}

#[test]
fn key_identifier_is_what_openssl_computes() {
    let key = crate::key::PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let octets = key.public_key().key_octets();
    assert_eq!(octets.len(), 65);
    assert_eq!(
        key.public_key().key_identifier(),
        openssl::sha::sha1(octets)
    );
}

/// Failure 34: exponents.
#[test]
fn exponents_other_than_odd_from_65537_are_refused() {
    let modulus = sound_modulus();
    for exponent in [1, 3, 65535, 65536, 65538, 1 << 33, (1 << 40) + 1] {
        assert_eq!(
            PublicKey::from_spki_der(&rsa_spki(&modulus, exponent)),
            Err(KeyError::Exponent),
            "{exponent}"
        );
    }
    assert!(PublicKey::from_spki_der(&rsa_spki(&modulus, 65537)).is_ok());
}

/// Failure 34: small moduli.
#[test]
fn small_and_odd_sized_moduli_are_refused() {
    for bits in [1024, 2040] {
        let modulus = Rsa::generate(bits).unwrap().n().to_vec();
        let error = PublicKey::from_spki_der(&rsa_spki(&modulus, 65537)).unwrap_err();
        assert_eq!(
            error,
            KeyError::ModulusSize {
                bits: bits as usize
            }
        );
    }
}

/// Failure 34: an even modulus.
#[test]
fn even_modulus_is_refused() {
    let mut modulus = sound_modulus();
    *modulus.last_mut().unwrap() &= 0xfe;
    assert!(matches!(
        PublicKey::from_spki_der(&rsa_spki(&modulus, 65537)),
        Err(KeyError::Weak(_))
    ));
}

/// Failure 34: primes that Fermat finds.
#[test]
fn close_primes_are_refused() {
    let mut context = BigNumContext::new().unwrap();
    let mut prime = BigNum::new().unwrap();
    prime
        .rand(1024, openssl::bn::MsbOption::TWO_ONES, true)
        .unwrap();
    let mut primes = Vec::new();
    while primes.len() < 2 {
        prime.add_word(2).unwrap();
        if prime.is_prime(5, &mut context).unwrap() {
            primes.push(prime.to_owned().unwrap());
        }
    }
    let modulus = (&primes[0] * &primes[1]).to_vec();
    let error = PublicKey::from_spki_der(&rsa_spki(&modulus, 65537)).unwrap_err();
    assert_eq!(error, KeyError::Weak("its primes are close"));
}

/// Failure 34: a point that is not on its curve.
#[test]
fn point_off_the_curve_is_refused() {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut spki = key.public_key_to_der().unwrap();
    assert!(PublicKey::from_spki_der(&spki).is_ok());
    *spki.last_mut().unwrap() ^= 1;
    assert_eq!(
        PublicKey::from_spki_der(&spki),
        Err(KeyError::Point(KeyAlgorithm::P256))
    );
}

#[test]
fn unknown_algorithms_and_curves_are_refused() {
    // 1.3.101.115 is nobody's
    let key = PKey::generate_x25519().unwrap();
    let mut key = key.public_key_to_der().unwrap();
    key[8] = 115;
    assert_eq!(
        PublicKey::from_spki_der(&key),
        Err(KeyError::Algorithm("1.3.101.115".to_owned()))
    );
    let group = EcGroup::from_curve_name(Nid::SECP256K1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap())
        .unwrap()
        .public_key_to_der()
        .unwrap();
    assert!(matches!(
        PublicKey::from_spki_der(&key),
        Err(KeyError::Algorithm(_))
    ));
}

#[test]
fn trailing_octets_are_refused() {
    let mut spki = rsa_spki(&sound_modulus(), 65537);
    spki.push(0);
    assert!(matches!(
        PublicKey::from_spki_der(&spki),
        Err(KeyError::Malformed(_))
    ));
}

#[test]
fn foreign_signatures_with_other_hashes_are_verified() {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let pkey = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut signer =
        openssl::sign::Signer::new(openssl::hash::MessageDigest::sha384(), &pkey).unwrap();
    let signature = signer.sign_oneshot_to_vec(b"message").unwrap();
    let key = PublicKey::from_spki_der(&pkey.public_key_to_der().unwrap()).unwrap();
    assert_eq!(
        key.verify(SignatureAlgorithm::Sha384WithEcdsa, b"message", &signature),
        Ok(())
    );
    assert!(
        key.verify(SignatureAlgorithm::Sha256WithEcdsa, b"message", &signature)
            .is_err()
    );
    assert!(
        key.verify(SignatureAlgorithm::Sha256WithRsa, b"message", &signature)
            .is_err()
    );
}

#[test]
fn keys_of_openssl_are_read() {
    let brainpool = |curve| {
        let mut group = EcGroup::from_curve_name(curve).unwrap();
        group.set_asn1_flag(openssl::ec::Asn1Flag::NAMED_CURVE);
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
    };
    for (algorithm, key) in [
        (
            KeyAlgorithm::BrainpoolP256r1,
            brainpool(Nid::BRAINPOOL_P256R1),
        ),
        (
            KeyAlgorithm::BrainpoolP384r1,
            brainpool(Nid::BRAINPOOL_P384R1),
        ),
        (
            KeyAlgorithm::BrainpoolP512r1,
            brainpool(Nid::BRAINPOOL_P512R1),
        ),
        (KeyAlgorithm::Ed448, PKey::generate_ed448().unwrap()),
        (KeyAlgorithm::X25519, PKey::generate_x25519().unwrap()),
        (KeyAlgorithm::X448, PKey::generate_x448().unwrap()),
    ] {
        let mut spki = key.public_key_to_der().unwrap();
        let read = PublicKey::from_spki_der(&spki).unwrap();
        assert_eq!(read.algorithm(), algorithm);
        assert_eq!(openssl::sha::sha1(read.key_octets()), read.key_identifier());
        if algorithm.is_brainpool() {
            // Failure 34: a point that is not on the curve
            *spki.last_mut().unwrap() ^= 1;
            assert_eq!(
                PublicKey::from_spki_der(&spki),
                Err(KeyError::Point(algorithm))
            );
        } else {
            // an octet too few, lengths adjusted
            spki.pop();
            spki[1] -= 1;
            let place = spki.len() - read.key_octets().len() - 1;
            spki[place] -= 1;
            assert_eq!(
                PublicKey::from_spki_der(&spki),
                Err(KeyError::Rejected(algorithm))
            );
        }
    }
}

#[test]
fn keys_for_pss_with_other_parameters_are_refused() {
    let modulus = sound_modulus();
    let with = |parameters: &[u8]| {
        let mut writer = Writer::new();
        writer.sequence(|writer| {
            writer.sequence(|writer| {
                writer.oid(&oid::RSASSA_PSS);
                writer.raw(parameters);
            });
            let mut key = Writer::new();
            key.sequence(|writer| {
                writer.tlv(tag::INTEGER, &[&[0][..], &modulus].concat());
                writer.integer(65537);
            });
            writer.bit_string(&key.finish());
        });
        PublicKey::from_spki_der(&writer.finish())
    };
    let free = with(&[]).unwrap();
    assert_eq!(free.algorithm(), KeyAlgorithm::RsaPss2048);
    assert!(free.accepts(SignatureAlgorithm::Sha512WithRsaPss));
    assert!(!free.accepts(SignatureAlgorithm::Sha512WithRsa));
    // SHA-1, as the defaults have it
    assert!(matches!(with(&[0x30, 0]), Err(KeyError::Algorithm(_))));
    assert!(with(&[5, 0]).is_err());
}
