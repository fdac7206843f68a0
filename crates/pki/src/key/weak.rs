//! RSA keys that can be factored: the ROCA fingerprint (CVE-2017-15361) and primes that lie close together.
//! Both checks are what the CA/Browser Forum's Baseline Requirements, section 6.1.1.3, ask for.

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::error::ErrorStack;

/// Rounds of Fermat's method, as many as the CA/Browser Forum demands.
const FERMAT_ROUNDS: u32 = 100;

/// The primes whose residues tell a key made by Infineon's RSALib.
const ROCA_PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Moduli for which few residues are squares, and their product.
const SQUARE_FILTERS: [u64; 4] = [64, 63, 65, 11];
const SQUARE_FILTER_PRODUCT: u32 = 64 * 63 * 65 * 11;

/// Whether the modulus bears the mark of CVE-2017-15361: modulo each small prime it is a power of 65537.
/// A sound key does so by chance once in 2^27 times.
pub(super) fn has_roca_fingerprint(modulus: &BigNumRef) -> Result<bool, ErrorStack> {
    for prime in ROCA_PRIMES {
        let residue = modulus.mod_word(prime)?;
        if !is_power_of_65537(residue, u64::from(prime)) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_power_of_65537(residue: u64, prime: u64) -> bool {
    let generator = 65537 % prime;
    let mut power = 1;
    loop {
        if power == residue {
            return true;
        }
        power = power * generator % prime;
        if power == 1 {
            return false;
        }
    }
}

/// Whether Fermat's method factors the modulus in a hundred rounds: its primes differ by too little.
pub(super) fn has_close_primes(modulus: &BigNumRef) -> Result<bool, ErrorStack> {
    let mut context = BigNumContext::new()?;
    // a = smallest number whose square is not below n; round i asks whether (a + i)^2 - n is a square
    let mut root = square_root(modulus, &mut context)?;
    root.add_word(1)?;
    let mut remainder = BigNum::new()?;
    remainder.sqr(&root, &mut context)?;
    let mut rest = BigNum::new()?;
    rest.checked_sub(&remainder, modulus)?;

    // (a + i)^2 - n = rest + 2ai + i^2; residues sort out all but one in a hundred before big numbers are touched
    let modulo = u64::from(SQUARE_FILTER_PRODUCT);
    let rest_residue = rest.mod_word(SQUARE_FILTER_PRODUCT)?;
    let double_root_residue = 2 * root.mod_word(SQUARE_FILTER_PRODUCT)?;
    for round in 0..FERMAT_ROUNDS {
        let i = u64::from(round);
        let residue = (rest_residue + double_root_residue * i + i * i) % modulo;
        if may_be_square(residue) && is_square_after(&rest, &root, round, &mut context)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn may_be_square(residue: u64) -> bool {
    SQUARE_FILTERS.iter().all(|modulo| {
        let wanted = residue % modulo;
        (0..=modulo / 2).any(|root| root * root % modulo == wanted)
    })
}

/// Whether rest + 2·root·round + round² is a square.
fn is_square_after(
    rest: &BigNumRef,
    root: &BigNumRef,
    round: u32,
    context: &mut BigNumContext,
) -> Result<bool, ErrorStack> {
    let mut step = root.to_owned()?;
    step.mul_word(2 * round)?;
    step.add_word(round * round)?;
    let mut value = BigNum::new()?;
    value.checked_add(rest, &step)?;
    let candidate = square_root(&value, context)?;
    let mut square = BigNum::new()?;
    square.sqr(&candidate, context)?;
    Ok(square == value)
}

/// The whole part of the square root, by the method with growing precision that Python's `math.isqrt` documents: each
/// step doubles the number of correct bits, so that the last division costs as much as all before it.
fn square_root(value: &BigNumRef, context: &mut BigNumContext) -> Result<BigNum, ErrorStack> {
    let bits = value.num_bits();
    if bits == 0 {
        return BigNum::new();
    }
    let last = (bits - 1) / 2;
    let mut root = BigNum::from_u32(1)?;
    let mut precision = 0;
    for step in (0..32 - last.leading_zeros()).rev() {
        let before = precision;
        precision = last >> step;
        let mut shifted = BigNum::new()?;
        shifted.rshift(value, 2 * last - before - precision + 1)?;
        let mut quotient = BigNum::new()?;
        quotient.checked_div(&shifted, &root, context)?;
        let mut scaled = BigNum::new()?;
        scaled.lshift(&root, precision - before - 1)?;
        root = &scaled + &quotient;
    }
    let mut square = BigNum::new()?;
    square.sqr(&root, context)?;
    if square > value.to_owned()? {
        root.sub_word(1)?;
    }
    Ok(root)
}

#[cfg(test)]
mod tests {
    use openssl::bn::MsbOption;

    use super::*;

    fn next_prime(from: &BigNumRef) -> BigNum {
        let mut context = BigNumContext::new().unwrap();
        let mut candidate = from.to_owned().unwrap();
        if candidate.is_even() {
            candidate.add_word(1).unwrap();
        }
        while !candidate.is_prime(10, &mut context).unwrap() {
            candidate.add_word(2).unwrap();
        }
        candidate
    }

    #[test]
    fn square_roots_are_exact() {
        let mut context = BigNumContext::new().unwrap();
        for bits in [1, 2, 3, 31, 64, 127, 500, 1024] {
            let mut number = BigNum::new().unwrap();
            number.rand(bits, MsbOption::ONE, false).unwrap();
            let mut square = BigNum::new().unwrap();
            square.sqr(&number, &mut context).unwrap();
            assert_eq!(square_root(&square, &mut context).unwrap(), number);
            square.sub_word(1).unwrap();
            let below = square_root(&square, &mut context).unwrap();
            number.sub_word(1).unwrap();
            assert_eq!(below, number);
        }
    }

    #[test]
    fn close_primes_are_found() {
        let mut start = BigNum::new().unwrap();
        start.rand(512, MsbOption::TWO_ONES, true).unwrap();
        let p = next_prime(&start);
        let mut far = p.to_owned().unwrap();
        far.add_word(1000).unwrap();
        let q = next_prime(&far);
        assert!(has_close_primes(&(&p * &q)).unwrap());
    }

    #[test]
    fn sound_key_is_neither() {
        let key = openssl::rsa::Rsa::generate(2048).unwrap();
        assert!(!has_close_primes(key.n()).unwrap());
        assert!(!has_roca_fingerprint(key.n()).unwrap());
    }

    #[test]
    fn powers_of_65537_bear_the_fingerprint() {
        // what RSALib does: primes are k·M + (65537^a mod M), M the product of small primes
        let mut context = BigNumContext::new().unwrap();
        let mut product = BigNum::from_u32(2).unwrap();
        ROCA_PRIMES
            .iter()
            .for_each(|prime| product.mul_word(*prime).unwrap());
        let prime_like = |exponent: u32, factor: u32| {
            let mut power = BigNum::new().unwrap();
            let base = BigNum::from_u32(65537).unwrap();
            power
                .mod_exp(
                    &base,
                    &BigNum::from_u32(exponent).unwrap(),
                    &product,
                    &mut BigNumContext::new().unwrap(),
                )
                .unwrap();
            let mut multiple = product.to_owned().unwrap();
            multiple.mul_word(factor).unwrap();
            &multiple + &power
        };
        let mut modulus = BigNum::new().unwrap();
        modulus
            .checked_mul(
                &prime_like(12_345, 999_983),
                &prime_like(54_321, 1_000_003),
                &mut context,
            )
            .unwrap();
        assert!(has_roca_fingerprint(&modulus).unwrap());
    }
}
