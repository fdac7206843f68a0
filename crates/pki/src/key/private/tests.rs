use super::*;

/// Those that are made quickly.
fn quick() -> impl Iterator<Item = KeyAlgorithm> {
    KeyAlgorithm::ALL
        .into_iter()
        .filter(|algorithm| algorithm.modulus_bits().is_none_or(|bits| bits == 2048))
}

const LARGE: [(KeyAlgorithm, &str); 2] = [
    (KeyAlgorithm::Rsa6144, include_str!("fixtures/rsa-6144.pem")),
    (KeyAlgorithm::Rsa8192, include_str!("fixtures/rsa-8192.pem")),
];

#[test]
fn keys_come_back_from_pkcs8_and_sign_what_the_public_half_verifies() {
    let made = quick().map(|algorithm| (algorithm, PrivateKey::generate(algorithm).unwrap()));
    let large = LARGE.map(|(algorithm, pem)| (algorithm, PrivateKey::from_pkcs8_pem(pem).unwrap()));
    for (algorithm, key) in made.chain(large) {
        assert_eq!(key.algorithm(), algorithm);
        let again = PrivateKey::from_pkcs8_pem(&key.to_pkcs8_pem().unwrap()).unwrap();
        assert_eq!(again.public_key(), key.public_key());
        for signature in SignatureAlgorithm::ALL
            .into_iter()
            .filter(|signature| signature.suits(algorithm))
        {
            let octets = again.sign(signature, b"message").unwrap();
            assert_eq!(
                key.public_key().verify(signature, b"message", &octets),
                Ok(())
            );
            assert!(
                key.public_key()
                    .verify(signature, b"massage", &octets)
                    .is_err()
            );
        }
    }
}

#[test]
fn foreign_pkcs8_is_read() {
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::SECP384R1).unwrap();
    let pkey =
        openssl::pkey::PKey::from_ec_key(openssl::ec::EcKey::generate(&group).unwrap()).unwrap();
    let key = PrivateKey::from_pkcs8_der(&pkey.private_key_to_pkcs8().unwrap()).unwrap();
    assert_eq!(
        key.public_key().spki_der(),
        pkey.public_key_to_der().unwrap()
    );
    let pkey = openssl::pkey::PKey::generate_ed25519().unwrap();
    let key = PrivateKey::from_pkcs8_der(&pkey.private_key_to_pkcs8().unwrap()).unwrap();
    assert_eq!(
        key.public_key().spki_der(),
        pkey.public_key_to_der().unwrap()
    );
}

#[test]
fn unsuitable_algorithm_is_refused() {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let error = key
        .sign(SignatureAlgorithm::Sha384WithEcdsa, b"message")
        .unwrap_err();
    assert!(matches!(error, PrivateKeyError::Unsuitable { .. }));
}

#[test]
fn rubbish_and_foreign_algorithms_are_refused() {
    assert!(matches!(
        PrivateKey::from_pkcs8_der(b"rubbish"),
        Err(PrivateKeyError::Malformed(_))
    ));
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::SECP256K1).unwrap();
    let pkey =
        openssl::pkey::PKey::from_ec_key(openssl::ec::EcKey::generate(&group).unwrap()).unwrap();
    let error = PrivateKey::from_pkcs8_der(&pkey.private_key_to_pkcs8().unwrap()).unwrap_err();
    assert_eq!(error, PrivateKeyError::Algorithm);
}

#[test]
fn debug_shows_nothing() {
    let key = PrivateKey::generate(KeyAlgorithm::Ed25519).unwrap();
    assert_eq!(format!("{key:?}"), "PrivateKey(..)");
}

#[test]
fn keys_for_agreement_do_not_sign() {
    for algorithm in [KeyAlgorithm::X25519, KeyAlgorithm::X448] {
        let key = PrivateKey::generate(algorithm).unwrap();
        for signature in SignatureAlgorithm::ALL {
            assert!(matches!(
                key.sign(signature, b"message"),
                Err(PrivateKeyError::Unsuitable { .. })
            ));
            assert!(key.public_key().verify(signature, b"", &[0; 64]).is_err());
        }
    }
}

/// A key as `openssl genpkey` makes it, with the signature that `openssl dgst` makes of `message`.
fn of_openssl(options: &[&str]) -> (String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("openssl")
        .args(["genpkey", "-out", "key.pem"])
        .args(options)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let pem = std::fs::read_to_string(folder.path().join("key.pem")).unwrap();
    (pem, folder)
}

#[test]
fn keys_for_pss_keep_their_restriction() {
    let (pem, _folder) = of_openssl(&["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"]);
    let free = PrivateKey::from_pkcs8_pem(&pem).unwrap();
    assert_eq!(free.algorithm(), KeyAlgorithm::RsaPss2048);
    assert!(free.sign(SignatureAlgorithm::Sha512WithRsaPss, b"").is_ok());
    assert!(free.sign(SignatureAlgorithm::Sha256WithRsa, b"").is_err());
    let restricted = [
        "-algorithm",
        "RSA-PSS",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
        "-pkeyopt",
        "rsa_pss_keygen_md:sha384",
        "-pkeyopt",
        "rsa_pss_keygen_mgf1_md:sha384",
        "-pkeyopt",
        "rsa_pss_keygen_saltlen:48",
    ];
    let (pem, _folder) = of_openssl(&restricted);
    let key = PrivateKey::from_pkcs8_pem(&pem).unwrap();
    assert!(key.sign(SignatureAlgorithm::Sha256WithRsaPss, b"").is_err());
    let signature = key
        .sign(SignatureAlgorithm::Sha384WithRsaPss, b"m")
        .unwrap();
    let again = PrivateKey::from_pkcs8_der(&key.to_pkcs8_der().unwrap()).unwrap();
    assert_eq!(again.public_key(), key.public_key());
    let public = again.public_key();
    assert_eq!(
        public.verify(SignatureAlgorithm::Sha384WithRsaPss, b"m", &signature),
        Ok(())
    );
    assert!(
        public
            .verify(SignatureAlgorithm::Sha256WithRsaPss, b"m", &signature)
            .is_err()
    );
}

#[test]
fn openssl_verifies_what_we_sign_and_reads_our_keys() {
    for (algorithm, signature, options) in [
        (
            KeyAlgorithm::RsaPss2048,
            SignatureAlgorithm::Sha256WithRsaPss,
            &[
                "-sha256",
                "-sigopt",
                "rsa_padding_mode:pss",
                "-sigopt",
                "rsa_pss_saltlen:32",
            ][..],
        ),
        (
            KeyAlgorithm::Rsa2048,
            SignatureAlgorithm::Sha512WithRsaPss,
            &[
                "-sha512",
                "-sigopt",
                "rsa_padding_mode:pss",
                "-sigopt",
                "rsa_pss_saltlen:64",
            ],
        ),
        (
            KeyAlgorithm::BrainpoolP256r1,
            SignatureAlgorithm::Sha256WithEcdsa,
            &["-sha256"],
        ),
        (
            KeyAlgorithm::BrainpoolP512r1,
            SignatureAlgorithm::Sha512WithEcdsa,
            &["-sha512"],
        ),
    ] {
        let key = PrivateKey::generate(algorithm).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let pem = key.to_pkcs8_pem().unwrap();
        std::fs::write(folder.path().join("key.pem"), pem.as_bytes()).unwrap();
        std::fs::write(folder.path().join("message"), b"message").unwrap();
        std::fs::write(
            folder.path().join("signature"),
            key.sign(signature, b"message").unwrap(),
        )
        .unwrap();
        let said = std::process::Command::new("openssl")
            .args(["dgst", "-prverify", "key.pem", "-signature", "signature"])
            .args(options)
            .arg("message")
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(said.status.success(), "{algorithm}: {said:?}");
    }
}
