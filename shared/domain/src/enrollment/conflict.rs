//! One person in two submissions of a year: who keeps him (decision 29). It happens after a transfer; both units are told at
//! once, and nobody's batch waits until they have settled it.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

/// A submission that has the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<S> {
    /// The submission's id.
    pub id: S,
    /// When its batch was submitted; none where it is in no batch. A batch is never altered after that.
    pub finalized_at: Option<DateTime<Utc>>,
    /// Whether its unit is the union in which the person is registered now.
    pub is_registered: bool,
    /// When it was received.
    pub received_at: DateTime<Utc>,
}

/// The claim that keeps the person: the one whose batch was submitted first; where none is in a batch, the one of the union
/// of registration; where that one claims nothing, the one received last, as for the submissions of one unit. Of what is
/// equal the smaller id, so that everybody comes to the same answer. None where nobody claims.
#[must_use]
pub fn keeper<S: Copy + Ord>(claims: &[Claim<S>]) -> Option<S> {
    claims.iter().min_by(|one, other| precedence(one, other)).map(|claim| claim.id)
}

fn precedence<S: Ord>(one: &Claim<S>, other: &Claim<S>) -> Ordering {
    let unfinalized = |claim: &Claim<S>| (claim.finalized_at.is_none(), claim.finalized_at);
    unfinalized(one)
        .cmp(&unfinalized(other))
        .then_with(|| other.is_registered.cmp(&one.is_registered))
        .then_with(|| other.received_at.cmp(&one.received_at))
        .then_with(|| one.id.cmp(&other.id))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn claim(id: u32, finalized: Option<i64>, is_registered: bool, received: i64) -> Claim<u32> {
        let at = |seconds| DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(seconds);
        Claim { id, finalized_at: finalized.map(at), is_registered, received_at: at(received) }
    }

    #[test]
    fn the_batch_submitted_first_then_the_union_of_registration_keeps_him() {
        for (claims, kept) in [
            (vec![], None),
            (vec![claim(1, None, false, 1)], Some(1)),
            (vec![claim(1, Some(9), false, 1), claim(2, Some(8), true, 2)], Some(2)),
            (vec![claim(1, Some(9), false, 1), claim(2, None, true, 2)], Some(1)),
            (vec![claim(1, None, false, 9), claim(2, None, true, 2)], Some(2)),
            (vec![claim(1, None, false, 1), claim(2, None, false, 2)], Some(2)),
            (vec![claim(2, None, false, 1), claim(1, None, false, 1)], Some(1)),
        ] {
            assert_eq!(keeper(&claims), kept, "{claims:?}");
        }
    }

    proptest! {
        #[test]
        fn the_answer_does_not_depend_on_the_order_and_never_alters_the_first_batch(
            parts in prop::collection::vec((prop::option::of(0..3_i64), any::<bool>(), 0..3_i64), 1..6), turn in 0..6_usize,
        ) {
            let mut claims: Vec<_> =
                parts.into_iter().zip(0..).map(|((batch, own, at), id)| claim(id, batch, own, at)).collect();
            let kept = keeper(&claims).unwrap();
            let turn = turn % claims.len();
            claims.rotate_left(turn);
            prop_assert_eq!(keeper(&claims), Some(kept));
            let first = claims.iter().filter_map(|claim| claim.finalized_at).min();
            prop_assert_eq!(claims.iter().find(|claim| claim.id == kept).unwrap().finalized_at, first);
        }
    }
}
