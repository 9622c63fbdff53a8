//! What is done with mails of a kind: of whose arrival nobody knows, and which events have overtaken.

/// What is done with a mail of which nobody knows whether it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhenUnknown {
    /// Sent again: a second copy does no harm.
    Resend,
    /// Held until a person decides (`mail resend`).
    Hold,
}

/// By what a mail is overtaken: asked right before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// By nothing: what it tells stays true.
    Never,
    /// By a newer version of its matter, or by another status than these (none named: whatever the status).
    While(&'static [&'static str]),
    /// By the closing of its window, or when what it reminds of is done.
    Reminder,
}

/// A row of the table of policies.
pub(super) struct Policy {
    /// The kind's name; what ends with `-` stands for all kinds that begin so.
    kind: &'static str,
    pub unknown: WhenUnknown,
    pub check: Check,
}

const fn row(kind: &'static str, unknown: WhenUnknown, check: Check) -> Policy {
    Policy { kind, unknown, check }
}

use Check::{Never, Reminder, While};
use WhenUnknown::{Hold, Resend};

/// Kinds that ask for money are held: paying twice is worse than asking late. What tells what is on record is sent again. The
/// matter by which a kind is checked (`Matter`): submission, conflict, window, batch, voucher, failure or instant enrolment.
const POLICIES: &[Policy] = &[
    row("upload-", Resend, Never),
    row("comparison-", Resend, Never),
    row("transfer-", Resend, Never),
    row("submission-received", Resend, While(&[])),
    row("submission-approved", Resend, While(&["approved", "finalized", "effective"])),
    row("submission-returned", Resend, While(&["returned", "failed"])),
    row("submission-delisted", Resend, While(&["submitted"])),
    row("members-gone", Resend, Never),
    row("enrollment-conflict", Resend, While(&["open"])),
    row("conflict-settled", Resend, Never),
    row("window-opened", Resend, While(&["open"])),
    row("deadline-reminder", Resend, Reminder),
    row("late-refused", Resend, Never),
    row("batch-submitted", Hold, Never),
    row("voucher-uploaded", Resend, While(&["voucher_uploaded", "submitted", "approved"])),
    row("voucher-confirmed", Resend, Never),
    row("voucher-rejected", Hold, While(&["voucher_rejected", "voucher_awaited", "submitted", "approved"])),
    row("enrollment-failed", Hold, While(&["failed"])),
    row("failure-undone", Resend, Never),
    row("instant-submitted", Resend, While(&["submitted"])),
    row("instant-approved", Hold, Never),
    row("instant-returned", Resend, While(&["returned"])),
    row("instant-voucher-uploaded", Resend, While(&["submitted", "approved"])),
    row("instant-voucher-confirmed", Resend, Never),
    row("instant-voucher-rejected", Hold, While(&["submitted", "approved"])),
    row("instant-expired", Resend, While(&["cancelled"])),
    row("totals-alarm", Resend, Never),
];

/// What holds for a kind that the table does not name: nothing is sent twice, nothing is left out.
const OTHERWISE: Policy = row("", Hold, Never);

/// The policy of a kind.
pub(super) fn policy(kind: &str) -> &'static Policy {
    let fits = |policy: &&Policy| policy.kind == kind || policy.kind.ends_with('-') && kind.starts_with(policy.kind);
    POLICIES.iter().find(fits).unwrap_or(&OTHERWISE)
}

#[cfg(test)]
mod tests {
    use mail::template::KINDS;

    use super::*;

    #[test]
    fn every_kind_of_mail_has_a_policy_and_every_policy_a_kind() {
        for kind in KINDS {
            assert!(!policy(kind.name).kind.is_empty(), "{} has no policy", kind.name);
        }
        for policy in POLICIES.iter().filter(|policy| !policy.kind.ends_with('-')) {
            assert!(KINDS.iter().any(|kind| kind.name == policy.kind), "{} is no kind", policy.kind);
        }
    }

    #[test]
    fn what_asks_for_money_is_not_sent_twice() {
        for kind in ["batch-submitted", "voucher-rejected", "enrollment-failed", "instant-approved", "payment-demand"] {
            assert_eq!(policy(kind).unknown, Hold, "{kind}");
        }
        assert_eq!(policy("upload-done").unknown, Resend);
    }
}
