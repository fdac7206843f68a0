//! A first walk over bytes from outside: how deep they nest and how many values they hold, before anything is parsed.

use super::{Malformed, Reader};

/// Most values in one document that is checked; a certificate with a hundred names has some 500.
const MOST_ELEMENTS: usize = 20_000;

/// Refuses DER that nests deeper than `deepest` constructed values, does not add up, or has very many values.
pub(crate) fn check_nesting(
    der: &[u8],
    deepest: usize,
    what: &'static str,
) -> Result<(), Malformed> {
    let mut open = vec![Reader::new(der)];
    let mut elements = 0_usize;
    while let Some(reader) = open.last_mut() {
        if reader.is_empty() {
            open.pop();
            continue;
        }
        let element = reader.element(what)?;
        elements += 1;
        if elements > MOST_ELEMENTS {
            return Err(Malformed::new(what));
        }
        if element.tag & 0x20 != 0 {
            if open.len() > deepest {
                return Err(Malformed::new(what));
            }
            open.push(Reader::new(element.content));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> Vec<u8> {
        (0..levels).fold(Vec::new(), |inner, _| {
            let mut writer = super::super::Writer::new();
            writer.tlv(0x30, &inner);
            writer.finish()
        })
    }

    #[test]
    fn nesting_up_to_the_limit_passes_and_beyond_is_refused() {
        assert!(check_nesting(&nested(16), 16, "test").is_ok());
        assert!(check_nesting(&nested(17), 16, "test").is_err());
        assert!(check_nesting(&nested(5000), 16, "test").is_err());
    }

    #[test]
    fn many_values_are_refused() {
        let mut writer = super::super::Writer::new();
        writer.nest(0x30, |writer| {
            (0..MOST_ELEMENTS).for_each(|_| writer.tlv(0x05, &[]))
        });
        assert!(check_nesting(&writer.finish(), 16, "test").is_err());
    }
}
