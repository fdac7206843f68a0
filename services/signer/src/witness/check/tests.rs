//! Exported journals, right and wrong.

use ers_pki::key::{KeyAlgorithm, PrivateKey};

use super::super::{CheckpointKeyLine, CheckpointLine, EntryLine};
use super::*;
use crate::journal::{Checkpoint, Fields};

const ALGORITHM: ers_pki::key::SignatureAlgorithm =
    ers_pki::key::SignatureAlgorithm::Sha256WithEcdsa;

/// Five entries of the chain `main`, a checkpoint behind each second one; and the key.
fn exported() -> (Vec<Line>, Vec<u8>) {
    let private = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let key = CheckpointKey::after(None, &private, 1).unwrap();
    let mut lines = vec![
        Line::Journal {
            format: FORMAT,
            made_at_ms: 1,
        },
        Line::CheckpointKey(CheckpointKeyLine::from(&key)),
        Line::Chain(ChainLine {
            chain: "main".to_owned(),
            from: 1,
            previous_hash: EntryHash::genesis("main").as_bytes().to_vec(),
        }),
    ];
    let mut head = Head::empty("main");
    for sequence in 1..=5 {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"bytes");
        let mut line = EntryLine {
            sequence,
            at_ms: 1_800_000_000_000,
            caller: "cara-ws".to_owned(),
            request_id: "request".to_owned(),
            key_id: "key".to_owned(),
            purpose: 1,
            signature_algorithm: "SHA256withECDSA".to_owned(),
            to_be_signed: (sequence % 2 == 1).then(|| b"bytes".to_vec()),
            digest: digest.as_ref().to_vec(),
            context: vec![0, 255],
            entry_hash: Vec::new(),
        };
        let fields: Fields<'_> = line.fields();
        head = Head {
            sequence,
            hash: fields.hash("main", sequence, &head.hash),
        };
        line.entry_hash = head.hash.as_bytes().to_vec();
        lines.push(Line::Entry(line));
        if sequence % 2 == 0 {
            let mut checkpoint = Checkpoint {
                chain: "main".to_owned(),
                sequence,
                entry_hash: head.hash,
                at_ms: 7,
                signature: Vec::new(),
            };
            checkpoint.signature = private.sign(ALGORITHM, &checkpoint.to_be_signed()).unwrap();
            lines.push(Line::Checkpoint(CheckpointLine::from(checkpoint)));
        }
    }
    lines.push(Line::End { entries: 5 });
    (lines, key.public_key)
}

fn checked(lines: &[Line], pinned: Option<&[u8]>) -> Result<Report, String> {
    let text: Vec<String> = lines
        .iter()
        .map(|line| serde_json::to_string(line).unwrap())
        .collect();
    check(text.join("\n").as_bytes(), pinned).map_err(|error| ers_runtime::error::chain(&error))
}

#[test]
fn what_was_exported_is_believed() {
    let (lines, key) = exported();
    let report = checked(&lines, Some(&key)).unwrap();
    assert_eq!((report.entries, report.keys), (5, 1));
    let [chain] = report.chains.as_slice() else {
        panic!("{report:?}");
    };
    assert_eq!((chain.from, chain.head.sequence, chain.stated), (1, 5, 4));
    let stranger = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let error = checked(&lines, Some(stranger.public_key().spki_der())).unwrap_err();
    assert!(error.contains("pinned"), "{error}");
}

/// Failure 8: in a copy outside.
#[test]
fn failure_8_no_line_can_be_left_out_doubled_or_moved() {
    let (lines, key) = exported();
    for at in 0..lines.len() {
        let mut fewer = lines.clone();
        let left_out = fewer.remove(at);
        let outcome = checked(&fewer, Some(&key));
        // a checkpoint may be left out: it only says again what others say
        let harmless = matches!(left_out, Line::Checkpoint(_));
        assert_eq!(outcome.is_ok(), harmless, "line {at} left out: {outcome:?}");
        let mut more = lines.clone();
        more.insert(at, lines[at].clone());
        let harmless = matches!(lines[at], Line::Checkpoint(_));
        let outcome = checked(&more, Some(&key));
        assert_eq!(outcome.is_ok(), harmless, "line {at} doubled: {outcome:?}");
        if at + 1 < lines.len() {
            let mut moved = lines.clone();
            moved.swap(at, at + 1);
            assert!(checked(&moved, Some(&key)).is_err(), "line {at} moved");
        }
    }
}

/// Failure 8: in a copy outside.
#[test]
fn failure_8_every_altered_character_is_found() {
    let (lines, key) = exported();
    let text: Vec<String> = lines
        .iter()
        .map(|line| serde_json::to_string(line).unwrap())
        .collect();
    let text = text.join("\n");
    let made_at = text.find("made_at_ms\":1").unwrap() + "made_at_ms\":".len();
    for at in (0..text.len()).step_by(3).filter(|at| *at != made_at) {
        let mut altered = text.clone().into_bytes();
        // another digit stays a digit, another letter a letter
        altered[at] = match altered[at] {
            b'0'..=b'8' | b'a'..=b'y' | b'A'..=b'Y' => altered[at] + 1,
            b'9' => b'8',
            _ => b'#',
        };
        if let Ok(report) = check(altered.as_slice(), Some(&key)) {
            // base64 has bits that say nothing
            panic!("octet {at} ({}): {report:?}", &text[at..=at]);
        }
    }
}

#[test]
fn a_file_that_was_cut_off_is_told_from_one_that_is_whole() {
    let (lines, _) = exported();
    for length in 0..lines.len() {
        assert!(
            checked(&lines[..length], None).is_err(),
            "{length} lines are left"
        );
    }
    let mut other = lines.clone();
    other[0] = Line::Journal {
        format: 2,
        made_at_ms: 1,
    };
    assert!(checked(&other, None).unwrap_err().contains("format 2"));
    assert!(check(&b"{\"kind\":\"journal\""[..], None).is_err());
}
