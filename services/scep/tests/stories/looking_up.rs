//! Promises: GetCert gives a certificate of the realm by issuer and serial number, GetCRL the CRL of the CA; what there
//! is not, and what is of another realm or CA, is badCertId.

use ers_pki::certificate::Certificate;
use ers_pki::cms::SignedData;

use crate::support::{Device, World};

/// IssuerAndSerialNumber, DER.
fn issuer_and_serial(issuer: &[u8], serial: &[u8]) -> Vec<u8> {
    let mut content = issuer.to_vec();
    content.extend([2, u8::try_from(serial.len()).unwrap()]);
    content.extend(serial);
    let mut der = vec![0x30, 0x81, u8::try_from(content.len()).unwrap()];
    if content.len() < 0x80 {
        der.remove(1);
    }
    der.extend(content);
    der
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_and_crls_are_looked_up_by_issuer_and_serial() {
    let world = World::new().await;
    let authority = world.authority("/scep").await;
    let url = format!("{}/scep", world.base);
    let device = Device::new("probe");
    let csr = device.csr("probe.example.com", "secret");
    let issued = device
        .ask(&url, &authority, "19", "L1", &csr)
        .await
        .certificates();
    let issued = Certificate::from_der(issued[0].der()).unwrap();
    let of = |certificate: &Certificate| {
        issuer_and_serial(
            certificate.issuer().to_der(),
            certificate.serial().as_bytes(),
        )
    };
    let found = device
        .ask(&url, &authority, "21", "L2", &of(&issued))
        .await
        .certificates();
    assert_eq!((found.len(), found[0].der()), (1, issued.der()));
    let found = device.ask(&url, &authority, "22", "L3", &of(&issued)).await;
    let found = SignedData::from_ber(&found.content.unwrap()).unwrap();
    assert_eq!(found.crls(), [world.clm.crl()]);
    // one that there is not, of another realm, of another CA
    let unknown = issuer_and_serial(issued.issuer().to_der(), &[5]);
    for (kind, inside) in [
        ("21", unknown),
        ("21", of(&authority)),
        ("22", of(&device.certificate)),
    ] {
        let answer = device.ask(&url, &authority, kind, "L4", &inside).await;
        assert_eq!(answer.failure(), "4", "{kind}");
    }
    // what is no IssuerAndSerialNumber looks like what did not open
    for kind in ["21", "22"] {
        let answer = device.ask(&url, &authority, kind, "L5", b"nonsense").await;
        assert_eq!(answer.failure(), "1");
    }
}
