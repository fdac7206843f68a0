//! Every key that a policy may have, by what serde says that it expected; kept in a file, which the form of the web app is
//! held against.

use std::collections::BTreeSet;

use super::definition::Rules;

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/generated/policy-keys.json"
);
const NO_KEY: &str = "no-key-of-a-policy";

/// The keys below a path; none: it is no map with keys of ours.
fn below(path: &[&str]) -> Vec<String> {
    let mut text = format!("{{{NO_KEY}: 1}}");
    for key in path.iter().rev() {
        text = format!("{{{key}: {text}}}");
    }
    let error = serde_norway::from_str::<Rules>(&text)
        .unwrap_err()
        .to_string();
    let Some((_, expected)) = error.split_once(&format!("unknown field `{NO_KEY}`, expected"))
    else {
        return Vec::new();
    };
    let expected = expected.split('`').skip(1).step_by(2);
    expected.map(str::to_owned).collect()
}

fn collect(path: &[&str], all: &mut BTreeSet<String>) {
    for key in below(path) {
        let mut longer = path.to_vec();
        longer.push(&key);
        let before = all.len();
        collect(&longer, all);
        if all.len() == before {
            all.insert(longer.join("."));
        }
    }
}

#[test]
fn the_file_lists_every_key() {
    let mut all = BTreeSet::new();
    collect(&[], &mut all);
    for some in ["name", "validity.default", "authentication.renewal.before"] {
        assert!(all.contains(some), "{some}: {all:?}");
    }
    let text = serde_json::to_string_pretty(&all).unwrap() + "\n";
    if std::env::var_os("ERS_GENERATE").is_some() {
        std::fs::write(FILE, &text).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    assert_eq!(kept, text, "scripts/generate.sh makes it anew");
}
