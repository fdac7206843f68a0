//! Where random octets come from, and the tests that a source must pass before a certificate gets its serial number
//! from it. They find a source that is stuck or empty, not one that is weak.

use aws_lc_rs::rand;

/// Octets that the self-test draws.
const TESTED: usize = 4096;
/// Of their 32,768 bits half are set, give or take 90.5 (one standard deviation); six and a half of these are allowed,
/// which chance exceeds once in 10^10 starts.
const SET_BITS: std::ops::RangeInclusive<u32> = 15_796..=16_972;
/// Octets of a block: two equal ones do not happen.
const BLOCK: usize = 16;

/// A source of random octets.
pub trait Randomness: Send + Sync + 'static {
    /// Fills all of it.
    ///
    /// # Errors
    /// When there are none.
    fn fill(&self, octets: &mut [u8]) -> Result<(), BadRandomness>;
}

/// Why octets are not taken for random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRandomness {
    /// The source gives none.
    #[error("draw random octets: the source has failed")]
    Failed,
    /// It repeats itself.
    #[error("test random octets: the source repeats itself")]
    Stuck,
    /// Ones and zeros are not in balance.
    #[error("test random octets: {set} of {} bits are set", TESTED * 8)]
    Unbalanced {
        /// How many are set.
        set: u32,
    },
}

/// The library's own source, seeded by the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, octets: &mut [u8]) -> Result<(), BadRandomness> {
        rand::fill(octets).map_err(|_| BadRandomness::Failed)
    }
}

/// Whether a source may be used at all.
///
/// # Errors
/// What is wrong with it.
pub fn self_test(source: &dyn Randomness) -> Result<(), BadRandomness> {
    let mut octets = [0; TESTED];
    source.fill(&mut octets)?;
    let mut blocks: Vec<&[u8]> = octets.chunks(BLOCK).collect();
    blocks.sort_unstable();
    if blocks.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(BadRandomness::Stuck);
    }
    let set = octets.iter().map(|octet| octet.count_ones()).sum();
    if !SET_BITS.contains(&set) {
        return Err(BadRandomness::Unbalanced { set });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Of(fn(usize) -> u8);

    impl Randomness for Of {
        fn fill(&self, octets: &mut [u8]) -> Result<(), BadRandomness> {
            for (place, octet) in octets.iter_mut().enumerate() {
                *octet = (self.0)(place);
            }
            Ok(())
        }
    }

    /// Failure 10: a source that is stuck, empty or lopsided is found at once.
    #[test]
    fn a_source_that_has_failed_does_not_pass() {
        assert_eq!(self_test(&Of(|_| 0)), Err(BadRandomness::Stuck));
        assert_eq!(self_test(&Of(|_| 0xa5)), Err(BadRandomness::Stuck));
        assert_eq!(
            self_test(&Of(|place| u8::try_from(place % 64).unwrap())),
            Err(BadRandomness::Stuck)
        );
        // no block twice, and yet most bits are clear
        let lopsided = Of(|place| {
            if place % 3 == 0 {
                u8::try_from(place / 16 % 256).unwrap()
            } else {
                0
            }
        });
        assert!(matches!(
            self_test(&lopsided),
            Err(BadRandomness::Unbalanced { .. })
        ));
    }

    #[test]
    fn the_systems_source_passes() {
        for _ in 0..100 {
            self_test(&SystemRandomness).unwrap();
        }
    }
}
