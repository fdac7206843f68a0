//! PEM, RFC 7468: text armour round DER. Reading takes what people paste: text round the blocks, any line length.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Why text is not the PEM that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// There is no block with a wanted label.
    #[error("find a PEM block \"{wanted}\"")]
    Missing {
        /// The first label that was asked for.
        wanted: String,
    },
    /// A block has no end line of its own.
    #[error("find the end of the PEM block \"{label}\"")]
    Unterminated {
        /// Label of the block.
        label: String,
    },
    /// The text between the lines is not Base64.
    #[error("decode the Base64 of the PEM block \"{label}\"")]
    Base64 {
        /// Label of the block.
        label: String,
    },
}

/// A block of PEM with lines of 64 signs and a line end.
pub fn encode(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::with_capacity(text.len() + text.len() / 64 + 2 * label.len() + 40);
    pem.push_str("-----BEGIN ");
    pem.push_str(label);
    pem.push_str("-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem
}

/// DER of the first block that carries one of `labels`.
pub fn decode(text: &str, labels: &[&str]) -> Result<Vec<u8>, PemError> {
    blocks(text, labels).next().unwrap_or_else(|| {
        Err(PemError::Missing {
            wanted: labels.first().copied().unwrap_or_default().to_owned(),
        })
    })
}

/// DER of all blocks that carry `label`, in order; an error when there is none.
pub fn decode_all(text: &str, label: &str) -> Result<Vec<Vec<u8>>, PemError> {
    let found = blocks(text, &[label]).collect::<Result<Vec<_>, _>>()?;
    if found.is_empty() {
        Err(PemError::Missing {
            wanted: label.to_owned(),
        })
    } else {
        Ok(found)
    }
}

fn blocks<'a>(
    text: &'a str,
    labels: &'a [&'a str],
) -> impl Iterator<Item = Result<Vec<u8>, PemError>> + 'a {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let (_, after) = rest.split_once("-----BEGIN ")?;
            let (label, body) = after.split_once("-----")?;
            rest = body;
            if !labels.contains(&label) {
                continue;
            }
            let Some((armoured, after)) = body.split_once(&format!("-----END {label}-----")) else {
                rest = "";
                return Some(Err(PemError::Unterminated {
                    label: label.to_owned(),
                }));
            };
            rest = after;
            let plain: String = armoured.split_ascii_whitespace().collect();
            return Some(STANDARD.decode(plain).map_err(|_| PemError::Base64 {
                label: label.to_owned(),
            }));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_comes_back_from_surrounding_text() {
        let der: Vec<u8> = (0..200).collect();
        let text = format!(
            "subject=x\n{}issuer=y\n{}",
            encode("OTHER", b"no"),
            encode("CERTIFICATE", &der)
        );
        assert_eq!(decode(&text, &["CERTIFICATE"]).unwrap(), der);
        assert_eq!(decode_all(&text, "CERTIFICATE").unwrap().len(), 1);
    }

    #[test]
    fn each_fault_is_told() {
        assert_eq!(
            decode("", &["A", "B"]),
            Err(PemError::Missing { wanted: "A".into() })
        );
        assert_eq!(
            decode("-----BEGIN A-----\nAAAA", &["A"]),
            Err(PemError::Unterminated { label: "A".into() })
        );
        assert_eq!(
            decode("-----BEGIN A-----\n!\n-----END A-----", &["A"]),
            Err(PemError::Base64 { label: "A".into() })
        );
    }
}
