//! What was read or written lately, in memory. A client asks for the same few things again and again until it has its
//! certificate; only who alone works on the rows may answer from memory. A change is kept when it is durable, never before.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Replicas;

/// For the moments in which one process takes over from another without Redis between them.
const AGE: Duration = Duration::from_secs(10);

/// Things by their ids; none where other replicas may change them.
#[derive(Debug)]
pub(super) struct Known<K, V>(Option<Arc<Mutex<Things<K, V>>>>);

#[derive(Debug)]
struct Things<K, V> {
    /// When it is full it becomes `old`, and what was that is forgotten.
    young: HashMap<K, Thing<V>>,
    old: HashMap<K, Thing<V>>,
    /// Half of all.
    most: usize,
    /// Counts changes: what was read before one must not be kept after it.
    changes: u64,
    /// Numbers what is kept.
    number: u64,
}

#[derive(Debug)]
struct Thing<V> {
    value: V,
    kept_at: Instant,
    number: u64,
}

/// How many changes there were when a row was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadAt(u64);

impl<K, V> Clone for Known<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Known<K, V> {
    /// None yet, and never more than that.
    pub fn new(replicas: Replicas, most: usize) -> Self {
        Self((replicas == Replicas::One).then(|| {
            Arc::new(Mutex::new(Things {
                young: HashMap::new(),
                old: HashMap::new(),
                most: most / 2,
                changes: 0,
                number: 0,
            }))
        }))
    }

    /// It, if it is known.
    pub fn find(&self, id: &K) -> Option<V> {
        let things = self.0.as_ref()?.lock();
        let thing = things.find(id)?;
        (thing.kept_at.elapsed() < AGE).then(|| thing.value.clone())
    }

    /// To be called before something is read.
    pub fn read_at(&self) -> ReadAt {
        ReadAt(self.0.as_ref().map_or(0, |things| things.lock().changes))
    }

    /// Keeps what was read, unless something changed since.
    pub fn keep(&self, id: &K, value: &V, read_at: ReadAt) {
        if let Some(mut things) = self.0.as_ref().map(|things| things.lock())
            && things.changes == read_at.0
        {
            things.keep(id, value.clone());
        }
    }

    /// Keeps what is new in the database: nobody can have read it before.
    pub fn add(&self, id: &K, value: impl FnOnce() -> V) {
        if let Some(things) = &self.0 {
            things.lock().keep(id, value());
        }
    }

    /// It is about to change: forgotten when this is dropped, unless what it has become is told.
    pub fn changing(&self, id: &K) -> Changing<K, V> {
        let things = self.0.as_ref().map(|things| things.lock());
        Changing {
            known: self.clone(),
            id: id.clone(),
            number: things.and_then(|things| things.find(id).map(|thing| thing.number)),
        }
    }
}

impl<K: Eq + Hash + Clone, V> Things<K, V> {
    fn find(&self, id: &K) -> Option<&Thing<V>> {
        self.young.get(id).or_else(|| self.old.get(id))
    }

    fn keep(&mut self, id: &K, value: V) {
        if self.young.len() >= self.most {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(id);
        self.number += 1;
        let thing = Thing {
            value,
            kept_at: Instant::now(),
            number: self.number,
        };
        self.young.insert(id.clone(), thing);
    }

    fn remove(&mut self, id: &K) -> Option<Thing<V>> {
        let (young, old) = (self.young.remove(id), self.old.remove(id));
        young.or(old)
    }
}

/// Something that is being changed.
#[derive(Debug)]
pub(super) struct Changing<K: Eq + Hash + Clone, V: Clone> {
    known: Known<K, V>,
    id: K,
    /// Which one was known when the change began.
    number: Option<u64>,
}

impl<K: Eq + Hash + Clone, V: Clone> Changing<K, V> {
    /// The change is durable: what was known when it began, and nobody has changed since, is changed likewise.
    pub fn done(self, change: impl FnOnce(&mut V)) {
        let Some(things) = self.known.0.clone() else {
            return;
        };
        let thing = things.lock().remove(&self.id);
        let (id, number) = (self.id.clone(), self.number);
        // counts the change
        drop(self);
        if let Some(mut thing) = thing.filter(|thing| Some(thing.number) == number) {
            change(&mut thing.value);
            things.lock().keep(&id, thing.value);
        }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Drop for Changing<K, V> {
    fn drop(&mut self) {
        if let Some(things) = &self.known.0 {
            let mut things = things.lock();
            things.changes += 1;
            things.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: u8 = 1;

    fn known() -> Known<u8, &'static str> {
        Known::new(Replicas::One, 8)
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let known = known();
        let read_at = known.read_at();
        known.keep(&ID, &"before", read_at);
        assert_eq!(known.find(&ID), Some("before"));
        drop(known.changing(&ID));
        assert_eq!(known.find(&ID), None);
        known.keep(&ID, &"before", read_at);
        assert_eq!(known.find(&ID), None);
    }

    #[test]
    fn a_change_that_is_told_is_kept() {
        let known = known();
        known.add(&ID, || "before");
        let (changing, read_at) = (known.changing(&ID), known.read_at());
        assert_eq!(known.find(&ID), Some("before"));
        changing.done(|value| *value = "after");
        assert_eq!(known.find(&ID), Some("after"));
        known.keep(&ID, &"before", read_at);
        assert_eq!(known.find(&ID), Some("after"));
    }

    #[test]
    fn of_two_changes_at_the_same_time_neither_is_kept() {
        let known = known();
        known.add(&ID, || "before");
        let (one, other) = (known.changing(&ID), known.changing(&ID));
        one.done(|value| *value = "one");
        other.done(|value| *value = "other");
        assert_eq!(known.find(&ID), None);
    }

    #[test]
    fn a_change_of_what_was_read_meanwhile_is_not_kept() {
        let known = known();
        let changing = known.changing(&ID);
        known.keep(&ID, &"before", known.read_at());
        changing.done(|value| *value = "after");
        assert_eq!(known.find(&ID), None);
    }

    #[test]
    fn where_others_may_change_them_none_is_kept() {
        let known = Known::new(Replicas::Many, 8);
        known.keep(&ID, &"read", known.read_at());
        known.add(&ID, || "new");
        assert_eq!(known.find(&ID), None);
    }

    #[test]
    fn the_oldest_are_forgotten_first() {
        let known = Known::new(Replicas::One, 8);
        for id in 0..9 {
            known.add(&id, || id);
        }
        let left: Vec<u8> = (0..9).filter(|id| known.find(id).is_some()).collect();
        assert_eq!(left, [4, 5, 6, 7, 8]);
    }
}
