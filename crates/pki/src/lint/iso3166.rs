//! The two-letter codes of countries, ISO 3166-1.

/// All codes, one after the other, in their order.
const CODES: &str = "\
    ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBL\
    BMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCV\
    CWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGD\
    GEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIM\
    INIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILK\
    LRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMW\
    MXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPR\
    PSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSS\
    STSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUY\
    UZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

/// Whether it is the code of a country.
pub(super) fn is_country(code: &[u8]) -> bool {
    CODES
        .as_bytes()
        .as_chunks::<2>()
        .0
        .iter()
        .any(|known| known == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_pairs_in_their_order() {
        let (codes, rest) = CODES.as_bytes().as_chunks::<2>();
        assert!(rest.is_empty() && codes.is_sorted() && codes.len() == 249);
        assert!(is_country(b"DE") && !is_country(b"DD") && !is_country(b"D"));
    }
}
