//! How often something may be done from one place: so many times a minute. Counted by each replica for itself.

use std::collections::HashMap;

use parking_lot::Mutex;

const MINUTE_MS: i64 = 60_000;
/// Of places that are known at the same time; behind them, those of the oldest minutes are forgotten.
const MOST_PLACES: usize = 10_000;

/// So many times a minute.
pub struct Pace {
    most: u32,
    places: Mutex<HashMap<String, Minute>>,
}

#[derive(Clone, Copy)]
struct Minute {
    began_ms: i64,
    steps: u32,
}

impl Pace {
    /// At most so many steps in each minute.
    pub fn per_minute(most: u32) -> Self {
        Self {
            most,
            places: Mutex::new(HashMap::new()),
        }
    }

    /// Counts a step; when it was one too many, the seconds until the next may be taken.
    pub fn step(&self, place: &str, now_ms: i64) -> Option<u32> {
        let mut places = self.places.lock();
        if places.len() >= MOST_PLACES && !places.contains_key(place) {
            places.retain(|_, minute| minute.is_of(now_ms));
            if places.len() >= MOST_PLACES {
                places.clear();
            }
        }
        let fresh = Minute {
            began_ms: now_ms,
            steps: 0,
        };
        let minute = places.entry(place.to_owned()).or_insert(fresh);
        if !minute.is_of(now_ms) {
            *minute = fresh;
        }
        if minute.steps < self.most {
            minute.steps += 1;
            return None;
        }
        let left_ms = minute.began_ms.saturating_add(MINUTE_MS) - now_ms;
        Some(u32::try_from(left_ms / 1000).unwrap_or(0).max(1))
    }
}

impl Minute {
    /// Whether it is not over.
    fn is_of(&self, now_ms: i64) -> bool {
        (0..MINUTE_MS).contains(&now_ms.saturating_sub(self.began_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_steps_are_taken_in_a_minute_from_each_place() {
        let pace = Pace::per_minute(2);
        let steps = [0, 1_000, 20_000, 59_999, 60_000, 60_001].map(|at| pace.step("a", at));
        assert_eq!(steps, [None, None, Some(40), Some(1), None, None]);
        assert_eq!(pace.step("b", 20_000), None, "another place");
        assert_eq!(pace.step("a", 0), None, "the clock was set back");
    }

    #[test]
    fn more_places_than_are_counted_do_not_fill_the_memory() {
        let pace = Pace::per_minute(1);
        for place in 0..=MOST_PLACES {
            assert_eq!(pace.step(&place.to_string(), 5), None);
        }
        assert!(pace.places.lock().len() <= MOST_PLACES);
    }
}
