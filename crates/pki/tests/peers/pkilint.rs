//! pkilint, one Python process for all files: `pkilint_verdicts.py` beside this file.

use std::process::Command;

use super::{Opinion, Specimen, tool};

/// `set` is the word of one of its linters in the script.
pub(crate) fn judge(specimens: &[Specimen], set: &str) -> Vec<Opinion> {
    let folder = tempfile::tempdir().unwrap();
    for (place, specimen) in specimens.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{place}.der")), &specimen.der).unwrap();
    }
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/peers/pkilint_verdicts.py"
    );
    let output = Command::new(tool("pkilint/bin/python"))
        .arg(script)
        .args([set, &specimens.len().to_string()])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "pkilint: {said}");
    let opinions: Vec<Opinion> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(read)
        .collect();
    assert_eq!(opinions.len(), specimens.len(), "{said}");
    opinions
}

fn read(line: &str) -> Opinion {
    let result: serde_json::Value = serde_json::from_str(line).unwrap();
    let mut opinion = Opinion {
        unreadable: result["unreadable"].as_str().map(str::to_owned),
        ..Opinion::default()
    };
    for finding in result["findings"].as_array().unwrap() {
        // ASN.1 that it could not decode: it goes on with the rest
        if ["itu.invalid_asn1_syntax", "base.unhandled_exception"]
            .contains(&finding[1].as_str().unwrap())
        {
            opinion.unreadable = Some(finding[1].to_string());
            continue;
        }
        let severity = finding[0].as_str().unwrap().to_lowercase();
        opinion.add(&severity, finding[1].as_str().unwrap());
    }
    opinion
}
