//! Which deliveries of a channel are outstanding, and how few acknowledgements settle a batch of them.

use std::collections::BTreeSet;

/// The delivery tags of one channel that are neither acknowledged nor given back.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    outstanding: BTreeSet<u64>,
}

/// One acknowledgement on the wire.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ack {
    /// The delivery tag.
    pub(super) tag: u64,
    /// Everything outstanding up to the tag is meant.
    pub(super) multiple: bool,
}

impl Ledger {
    /// A delivery has come.
    pub(super) fn enter(&mut self, tag: u64) {
        self.outstanding.insert(tag);
    }

    /// Takes the tags out and says how they are settled: those with nothing else outstanding before them by one
    /// multiple, the rest one by one. Tags that are not outstanding are left out: the broker would close the channel over them.
    pub(super) fn settle(&mut self, mut tags: Vec<u64>) -> Vec<Ack> {
        tags.sort_unstable();
        tags.dedup();
        tags.retain(|tag| self.outstanding.contains(tag));
        let together = self.outstanding.iter().zip(&tags).take_while(|(held, tag)| held == tag).count();
        for tag in &tags {
            self.outstanding.remove(tag);
        }
        let (prefix, rest) = tags.split_at(together);
        let first = prefix.last().map(|tag| Ack { tag: *tag, multiple: together > 1 });
        first.into_iter().chain(rest.iter().map(|tag| Ack { tag: *tag, multiple: false })).collect()
    }

    /// How many are outstanding.
    pub(super) fn len(&self) -> usize {
        self.outstanding.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(tags: std::ops::RangeInclusive<u64>) -> Ledger {
        let mut ledger = Ledger::default();
        tags.for_each(|tag| ledger.enter(tag));
        ledger
    }

    fn one(tag: u64) -> Ack {
        Ack { tag, multiple: false }
    }

    #[test]
    fn a_whole_batch_is_settled_by_one_multiple() {
        let mut ledger = ledger(1..=5);
        assert_eq!(ledger.settle(vec![3, 1, 2]), [Ack { tag: 3, multiple: true }]);
        assert_eq!(ledger.settle(vec![4, 5]), [Ack { tag: 5, multiple: true }]);
        assert_eq!(ledger.len(), 0);
    }

    #[test]
    fn nothing_behind_a_gap_is_settled_by_a_multiple() {
        let mut ledger = ledger(1..=6);
        assert_eq!(ledger.settle(vec![1, 2, 4, 6]), [Ack { tag: 2, multiple: true }, one(4), one(6)]);
        assert_eq!(ledger.settle(vec![5]), [one(5)]);
        assert_eq!(ledger.settle(vec![3]), [one(3)]);
    }

    #[test]
    fn a_tag_is_settled_once() {
        let mut ledger = ledger(1..=2);
        assert_eq!(ledger.settle(vec![1, 1]), [one(1)]);
        assert_eq!(ledger.settle(vec![1, 9]), []);
        assert_eq!(ledger.len(), 1);
    }
}
