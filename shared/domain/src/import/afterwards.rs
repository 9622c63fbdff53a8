//! What may have come after an import, so that it can't be taken back any more (decision 49).

use crate::named::named;

named! {
    /// What came after an import.
    Afterwards {
        /// Something of the member was changed, by hand or by another upload.
        Changed "changed" "此后信息又有变更",
        /// The member has moved, or a move was asked for.
        Transfer "transfer" "此后有会籍转移",
        /// The member was removed.
        Removed "removed" "此后已移除",
        /// The union has submitted its enrolment.
        Submission "submission" "此后所在工会已提交参保",
        /// The member was confirmed for a year, or the retirement decided about.
        Confirmed "confirmed" "此后已确认或认定",
        /// An instant enrolment holds the member.
        Instant "instant" "此后已办理即时参保",
        /// A card was made.
        Card "card" "此后已办理会员服务卡",
    }
}

impl Afterwards {
    /// What it was that ended a membership, by the reason on record.
    #[must_use]
    pub fn of_ending(reason: Option<&str>) -> Self {
        if reason == Some("transferred") { Self::Transfer } else { Self::Removed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_membership_that_has_ended_was_transferred_or_removed() {
        assert_eq!(Afterwards::of_ending(Some("transferred")), Afterwards::Transfer);
        assert_eq!(Afterwards::of_ending(Some("retired")), Afterwards::Removed);
        assert_eq!(Afterwards::parse("card"), Some(Afterwards::Card));
    }
}
