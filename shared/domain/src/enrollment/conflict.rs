//! One person in two submissions of a year: who keeps him (decision 29). It happens after a transfer; both units are told at
//! once, and nobody's batch waits until they have settled it.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

/// How far a claim has come, the furthest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// In a batch that was submitted then. It is never altered after that, so it keeps the person whatever the instants of
    /// others are: two machines' clocks may differ.
    Finalized(DateTime<Utc>),
    /// In the list that its bureau submits now.
    Going,
    /// In no batch.
    Open,
}

/// A submission that has the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<S> {
    /// The submission's id.
    pub id: S,
    /// How far it has come.
    pub standing: Standing,
    /// Whether its unit is the union in which the person is registered now.
    pub is_registered: bool,
    /// When it was received.
    pub received_at: DateTime<Utc>,
}

/// The claim that keeps the person: the one whose batch was submitted first, then one that goes to the centre now; among those
/// of one standing, the one of the union of registration; where that one claims nothing, the one received last, as for the
/// submissions of one unit. Of what is
/// equal the smaller id, so that everybody comes to the same answer. None where nobody claims.
#[must_use]
pub fn keeper<S: Copy + Ord>(claims: &[Claim<S>]) -> Option<S> {
    claims.iter().min_by(|one, other| precedence(one, other)).map(|claim| claim.id)
}

fn precedence<S: Ord>(one: &Claim<S>, other: &Claim<S>) -> Ordering {
    one.standing
        .cmp(&other.standing)
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
        // Of no time at all is what goes now.
        let standing = match finalized {
            None => Standing::Open,
            Some(GOING) => Standing::Going,
            Some(seconds) => Standing::Finalized(at(seconds)),
        };
        Claim { id, standing, is_registered, received_at: at(received) }
    }

    const GOING: i64 = -1;

    #[test]
    fn the_batch_submitted_first_then_the_union_of_registration_keeps_him() {
        for (claims, kept) in [
            (vec![], None),
            (vec![claim(1, None, false, 1)], Some(1)),
            (vec![claim(1, Some(9), false, 1), claim(2, Some(8), true, 2)], Some(2)),
            (vec![claim(1, Some(9), false, 1), claim(2, None, true, 2)], Some(1)),
            // Whatever the clocks say: what is in a batch stays as it is.
            (vec![claim(1, Some(9), false, 1), claim(2, Some(GOING), true, 2)], Some(1)),
            (vec![claim(1, Some(GOING), false, 1), claim(2, None, true, 2)], Some(1)),
            (vec![claim(1, Some(GOING), false, 1), claim(2, Some(GOING), true, 2)], Some(2)),
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
            parts in prop::collection::vec((prop::option::of(GOING..3_i64), any::<bool>(), 0..3_i64), 1..6), turn in 0..6_usize,
        ) {
            let mut claims: Vec<_> =
                parts.into_iter().zip(0..).map(|((batch, own, at), id)| claim(id, batch, own, at)).collect();
            let kept = keeper(&claims).unwrap();
            let turn = turn % claims.len();
            claims.rotate_left(turn);
            prop_assert_eq!(keeper(&claims), Some(kept));
            let first = claims.iter().map(|claim| claim.standing).min().unwrap();
            prop_assert_eq!(claims.iter().find(|claim| claim.id == kept).unwrap().standing, first);
        }
    }
}
