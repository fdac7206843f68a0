#![cfg(test)]
//! The fuzz targets of this crate on stable Rust: the corpus replayed, and changed at random (`fuzz/replay`), by the same
//! functions that libFuzzer calls.

#[path = "../../../fuzz/replay/mod.rs"]
mod replay;
#[path = "../../../fuzz/targets/pki.rs"]
mod targets;

#[test]
fn corpus_is_accepted_or_refused_without_panic() {
    replay::corpus(&targets::PKI);
}

#[test]
fn changed_corpus_is_accepted_or_refused_without_panic() {
    eprint!("{}", replay::changed(&targets::PKI));
}
