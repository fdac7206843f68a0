//! How far somebody sees, as a condition: every list goes through it.

use sea_orm::{ColumnTrait, Condition};

use crate::domain::access::Reach;

/// Rows of realms and policies within reach.
pub(super) fn within<C: ColumnTrait>(reach: &Reach, realm: C, policy: C) -> Condition {
    let Reach::Only(places) = reach else {
        return Condition::all();
    };
    // Nothing within reach: a condition without alternatives would let everything through.
    let mut any = Condition::any().add(realm.is_in(Vec::<String>::new()));
    for place in places {
        let mut all = Condition::all().add(realm.eq(place.realm.as_str()));
        if let Some(name) = &place.policy {
            all = all.add(policy.eq(name.as_str()));
        }
        any = any.add(all);
    }
    any
}

/// Rows that belong to whole realms.
pub(super) fn within_realms<C: ColumnTrait>(reach: &Reach, realm: C) -> Condition {
    let Reach::Only(places) = reach else {
        return Condition::all();
    };
    let whole = places.iter().filter(|place| place.policy.is_none());
    let names: Vec<&str> = whole.map(|place| place.realm.as_str()).collect();
    Condition::all().add(realm.is_in(names))
}
