//! Promises: whatever JWS a stranger sends is read or refused, by the fuzz target that libFuzzer calls too; documents that
//! another library wrote (`fuzz/corpus/jws`), as they are and changed at random.

#[path = "../../../../fuzz/replay/mod.rs"]
mod replay;
#[path = "../../../../fuzz/targets/acme_server.rs"]
mod targets;

use acme::domain::jws::{Jws, Signatory};

#[test]
fn fuzz_corpus_is_accepted_or_refused_without_panic() {
    replay::corpus(&targets::ACME);
}

#[test]
fn fuzz_changed_corpus_is_accepted_or_refused_without_panic() {
    eprint!("{}", replay::changed(&targets::ACME));
}

#[test]
fn requests_that_another_library_signed_verify_by_every_algorithm() {
    let mut verified = Vec::new();
    for algorithm in [
        "rs256", "rs384", "rs512", "ps256", "ps384", "ps512", "es256", "es384", "es512", "eddsa",
    ] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/jws");
        let octets = std::fs::read(format!("{folder}/{algorithm}.json")).unwrap();
        let request = Jws::parse(&octets).unwrap();
        let Signatory::Key(key) = &request.header().signatory else {
            panic!("{algorithm}: no key")
        };
        request.verify(request.algorithm().unwrap(), key).unwrap();
        verified.push(key.thumbprint().to_owned());
    }
    assert_eq!(verified.len(), 10);
}
