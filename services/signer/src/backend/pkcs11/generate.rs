//! Making a key pair in the token.

use aws_lc_rs::rand;
use ers_pki::key::SignatureAlgorithm;
use pkcs11::mechanism::vendor_defined::VendorDefinedMechanism;
use pkcs11::mechanism::{Mechanism, MechanismType};
use pkcs11::object::{Attribute, ObjectHandle};

use super::super::token::NewPair;
use super::connection::Connection;
use super::fault::Fault;
use super::public_key::{Kind, encoded};
use super::sign;
use crate::config::{EdwardsCurve, TemplateAttribute};

/// A random CKA_ID.
pub(super) fn random_id(octets: usize) -> Result<Vec<u8>, Fault> {
    let mut id = vec![0; octets];
    rand::fill(&mut id).map_err(|_| Fault::Failed("no random numbers".to_owned()))?;
    Ok(id)
}

/// Makes a key pair that never leaves the token, with the same id for both halves: SubjectPublicKeyInfo, DER.
pub(super) fn generate(
    connection: &mut Connection,
    id: &[u8],
    new: NewPair<'_>,
) -> Result<Vec<u8>, Fault> {
    if !connection.access.config.generation.enabled {
        return Err(Fault::Unsupported(
            "making keys (generation.enabled)".to_owned(),
        ));
    }
    let kind = Kind::of(new.algorithm)?;
    // of an attempt that was cut off
    connection.destroy(id)?;
    let wish = Wish {
        connection,
        id,
        new,
    };
    let public = match kind {
        Kind::Rsa { bits, .. } => wish.make_rsa(bits)?,
        Kind::Curve { oid, .. } => {
            let parameters = [Attribute::EcParams(encoded(&oid)?)];
            wish.make(&Mechanism::EccKeyPairGen, &parameters)?
        }
        Kind::Edwards { oid, name, .. } => wish.make_edwards(encoded(&oid)?, name)?,
    };
    let encoding = connection.access.config.ec_point;
    kind.read(&connection.session, public, encoding)
}

struct Wish<'a> {
    connection: &'a Connection,
    id: &'a [u8],
    new: NewPair<'a>,
}

impl Wish<'_> {
    fn make_rsa(&self, bits: u64) -> Result<ObjectHandle, Fault> {
        let parameters = [
            Attribute::ModulusBits(bits.into()),
            Attribute::PublicExponent(vec![1, 0, 1]),
        ];
        let generation = &self.connection.access.config.generation;
        let Some(number) = generation.rsa_key_pair_mechanism else {
            return self.make(&Mechanism::RsaPkcsKeyPairGen, &parameters);
        };
        let mechanism = MechanismType::new_vendor_defined(number)?;
        let mechanism = VendorDefinedMechanism::new::<()>(mechanism, None);
        self.make(&Mechanism::VendorDefined(mechanism), &parameters)
    }

    /// PKCS #11 3.0 §2.3.5 lets a library take the curve as OID or by name; SoftHSM 2.6 and some others know only the
    /// name.
    fn make_edwards(&self, oid: Vec<u8>, name: &[u8]) -> Result<ObjectHandle, Fault> {
        let with = |parameters: Vec<u8>| {
            let parameters = [Attribute::EcParams(parameters)];
            self.make(&Mechanism::EccEdwardsKeyPairGen, &parameters)
        };
        match self.connection.access.config.generation.edwards_curve {
            EdwardsCurve::Oid => with(oid),
            EdwardsCurve::Name => with(name.to_vec()),
            EdwardsCurve::Either => with(oid).or_else(|_| with(name.to_vec())),
        }
    }

    fn make(
        &self,
        mechanism: &Mechanism<'_>,
        parameters: &[Attribute],
    ) -> Result<ObjectHandle, Fault> {
        let config = &self.connection.access.config;
        let takes = |attribute| !config.generation.omit.contains(&attribute);
        let mut named = vec![Attribute::Token(true), Attribute::Id(self.id.to_vec())];
        if takes(TemplateAttribute::Label) {
            named.push(Attribute::Label(self.new.label.as_bytes().to_vec()));
        }
        let mut public = [parameters, &named].concat();
        if takes(TemplateAttribute::PublicPrivate) {
            public.push(Attribute::Private(false));
        }
        if takes(TemplateAttribute::Verify) {
            public.push(Attribute::Verify(true));
        }
        let mut private = named;
        private.extend([
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
        ]);
        if self.new.decrypts {
            public.push(Attribute::Encrypt(true));
            private.push(Attribute::Decrypt(true));
        } else if takes(TemplateAttribute::Decrypt) {
            private.push(Attribute::Decrypt(false));
        }
        if takes(TemplateAttribute::Unwrap) {
            private.push(Attribute::Unwrap(false));
        }
        private.extend(config.generation.modifiable.map(Attribute::Modifiable));
        if config.always_authenticate {
            private.push(Attribute::AlwaysAuthenticate(true));
        }
        if config.generation.allowed_mechanisms {
            private.push(Attribute::AllowedMechanisms(self.mechanisms()));
        }
        self.connection.writing(|session| {
            let (public, _) = session.generate_key_pair(mechanism, &public, &private)?;
            Ok(public)
        })
    }

    /// What the signer will ever sign with this key by.
    fn mechanisms(&self) -> Vec<MechanismType> {
        let config = &self.connection.access.config.mechanisms;
        let mut found: Vec<MechanismType> = SignatureAlgorithm::ALL
            .into_iter()
            .filter(|algorithm| algorithm.suits(self.new.algorithm))
            .filter_map(|algorithm| sign::mechanism(config, algorithm).ok())
            .map(|mechanism| mechanism.mechanism_type())
            .collect();
        if self.new.decrypts {
            found.retain(|kind| *kind != MechanismType::RSA_PKCS);
            found.extend([MechanismType::RSA_PKCS, MechanismType::RSA_PKCS_OAEP]);
        }
        found.dedup();
        found
    }
}
