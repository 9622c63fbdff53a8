//! Who may do what: roles, acts, and the one table that joins them.
//!
//! A role is held at an organization, and its rights reach down the tree from there, never sideways; whether an act's
//! organization lies below is the tree's to say. Centre, federation and operator are roles at the root, each with its
//! own acts (decision 24).

use crate::{named::named, template::TemplateKind};

named! {
    /// What an account is at an organization.
    Role {
        /// Keeps the books of a grassroots union.
        Clerk "clerk",
        /// Reviews for a secondary union.
        Reviewer "reviewer",
        /// Reviews, submits and pays for a bureau.
        Bureau "bureau",
        /// Takes final submissions and checks payments; at the root.
        Centre "centre",
        /// Runs the year; at the root.
        Federation "federation",
        /// Runs the service; at the root.
        Operator "operator",
    }
}

named! {
    /// What can be done. Each act is about an organization, for the operator's about the root.
    Act {
        /// Import members.
        UploadMembers "upload-members",
        /// Compare a roster.
        UploadRoster "upload-roster",
        /// Import unions below one's own.
        UploadOrganizations "upload-organizations",
        /// Feed facts about documents.
        UploadRegistry "upload-registry",
        /// See uploads, their findings and results.
        SeeUploads "see-uploads",
        /// Release or discard a held upload.
        ReleaseUpload "release-upload",
        /// Take an import of members back.
        UndoUpload "undo-upload",
        /// List and show comparisons and what they found.
        SeeComparisons "see-comparisons",
        /// Have the choices of a difference workbook carried out.
        ApplyComparison "apply-comparison",
        /// List and show unions.
        SeeOrganizations "see-organizations",
        /// Add, edit, move and remove unions.
        EditOrganizations "edit-organizations",
        /// Change what is stated of a union: name, credit code, trade, contact (修改信息).
        DescribeOrganization "describe-organization",
        /// List and show members.
        SeeMembers "see-members",
        /// Ask for members to move to another union.
        TransferMembers "transfer-members",
        /// The same by a workbook.
        UploadTransfers "upload-transfers",
        /// Approve and reject transfers that another union has asked for.
        DecideTransfers "decide-transfers",
        /// Remove members who have retired, were convicted, or died.
        RemoveMembers "remove-members",
        /// See years and their windows.
        SeeYears "see-years",
        /// Load a year's file.
        LoadYear "load-year",
        /// Extend a window, for all or for one organization.
        ExtendWindow "extend-window",
        /// Split the part of a premium that the federation does not pay.
        SetPremium "set-premium",
        /// See previews, submissions, batches, payments, instant enrolments and credits.
        SeeEnrollments "see-enrollments",
        /// Confirm members on the pending list.
        ConfirmPending "confirm-pending",
        /// Decide whether somebody retires before the year.
        DecideRetirement "decide-retirement",
        /// Submit a unit's enrolment.
        SubmitEnrollment "submit-enrollment",
        /// Approve and return submissions.
        ReviewEnrollment "review-enrollment",
        /// Submit a bureau's list to the centre.
        SubmitBatch "submit-batch",
        /// Record that a unit has paid its share.
        RecordUnitPayment "record-unit-payment",
        /// Upload the voucher of a payment.
        UploadVoucher "upload-voucher",
        /// Confirm and reject vouchers.
        CheckVoucher "check-voucher",
        /// Submit an instant enrolment.
        SubmitInstant "submit-instant",
        /// Approve an instant enrolment.
        ApproveInstant "approve-instant",
        /// Add credit of an earlier year.
        AddCredit "add-credit",
        /// Undo the failure of a submission or a batch.
        UndoFailure "undo-failure",
        /// See notices.
        SeeNotices "see-notices",
        /// See statistics, the monitor and the forecast.
        SeeStatistics "see-statistics",
        /// Compare the totals with a recount, and write them anew.
        RecountTotals "recount-totals",
        /// See the record of who did what.
        SeeAudit "see-audit",
        /// Add accounts, grant and revoke roles.
        ManageAccounts "manage-accounts",
        /// List, pause and resume queues.
        ManageQueues "manage-queues",
        /// Look into the dead pile, replay, discard.
        ManageDead "manage-dead",
        /// List mails, send again.
        ManageMail "manage-mail",
        /// Move the simulated clock, act at another instant.
        MoveClock "move-clock",
    }
}

impl Act {
    /// The act of uploading a file of this kind.
    #[must_use]
    pub fn upload(kind: TemplateKind) -> Self {
        match kind {
            TemplateKind::Members => Self::UploadMembers,
            TemplateKind::Roster => Self::UploadRoster,
            TemplateKind::Organizations => Self::UploadOrganizations,
            TemplateKind::Registry => Self::UploadRegistry,
            TemplateKind::Transfers => Self::UploadTransfers,
        }
    }

    /// Whether it looks at something and changes nothing.
    #[must_use]
    pub fn is_look(self) -> bool {
        self.name().starts_with("see-")
    }

    /// The roles that may do it. The operator may do everything, since a year is rehearsed with `--at`, which is the
    /// operator's alone; the record says who it was.
    #[must_use]
    pub fn roles(self) -> &'static [Role] {
        use Role::{Bureau, Centre, Clerk, Federation, Operator, Reviewer};
        match self {
            Self::UploadMembers
            | Self::UploadRoster
            | Self::UploadTransfers
            | Self::ReleaseUpload
            | Self::UndoUpload
            | Self::ApplyComparison
            | Self::TransferMembers
            | Self::DecideTransfers
            | Self::DescribeOrganization
            | Self::RemoveMembers => &[Clerk, Reviewer, Bureau, Federation, Operator],
            Self::UploadOrganizations | Self::EditOrganizations => &[Reviewer, Bureau, Federation, Operator],
            Self::UploadRegistry | Self::AddCredit | Self::UndoFailure => &[Centre, Federation, Operator],
            Self::SeeUploads
            | Self::SeeComparisons
            | Self::SeeOrganizations
            | Self::SeeMembers
            | Self::SeeYears
            | Self::SeeEnrollments
            | Self::SeeNotices
            | Self::SeeStatistics => Role::ALL,
            Self::ConfirmPending | Self::DecideRetirement | Self::SubmitEnrollment | Self::SubmitInstant => {
                &[Clerk, Reviewer, Bureau, Operator]
            }
            Self::ReviewEnrollment => &[Reviewer, Bureau, Operator],
            Self::SetPremium
            | Self::SubmitBatch
            | Self::RecordUnitPayment
            | Self::UploadVoucher
            | Self::ApproveInstant => &[Bureau, Operator],
            Self::CheckVoucher => &[Centre, Operator],
            Self::SeeAudit => &[Bureau, Federation, Operator],
            Self::LoadYear | Self::ExtendWindow | Self::RecountTotals | Self::ManageAccounts => &[Federation, Operator],
            Self::ManageQueues | Self::ManageDead | Self::ManageMail | Self::MoveClock => &[Operator],
        }
    }
}

impl Role {
    /// Whether the role is held at the root of the tree alone.
    #[must_use]
    pub fn is_at_root(self) -> bool {
        matches!(self, Self::Centre | Self::Federation | Self::Operator)
    }
}

/// Whether a role may do an act, on an organization within its reach.
#[must_use]
pub fn may(role: Role, act: Act) -> bool {
    act.roles().contains(&role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_rights() {
        let table: Vec<String> = Act::ALL
            .iter()
            .map(|act| {
                let marks: String = Role::ALL.iter().map(|role| if may(*role, *act) { 'x' } else { '.' }).collect();
                format!("{marks} {}", act.name())
            })
            .collect();
        // clerk, reviewer, bureau, centre, federation, operator
        assert_eq!(
            table,
            [
                "xxx.xx upload-members",
                "xxx.xx upload-roster",
                ".xx.xx upload-organizations",
                "...xxx upload-registry",
                "xxxxxx see-uploads",
                "xxx.xx release-upload",
                "xxx.xx undo-upload",
                "xxxxxx see-comparisons",
                "xxx.xx apply-comparison",
                "xxxxxx see-organizations",
                ".xx.xx edit-organizations",
                "xxx.xx describe-organization",
                "xxxxxx see-members",
                "xxx.xx transfer-members",
                "xxx.xx upload-transfers",
                "xxx.xx decide-transfers",
                "xxx.xx remove-members",
                "xxxxxx see-years",
                "....xx load-year",
                "....xx extend-window",
                "..x..x set-premium",
                "xxxxxx see-enrollments",
                "xxx..x confirm-pending",
                "xxx..x decide-retirement",
                "xxx..x submit-enrollment",
                ".xx..x review-enrollment",
                "..x..x submit-batch",
                "..x..x record-unit-payment",
                "..x..x upload-voucher",
                "...x.x check-voucher",
                "xxx..x submit-instant",
                "..x..x approve-instant",
                "...xxx add-credit",
                "...xxx undo-failure",
                "xxxxxx see-notices",
                "xxxxxx see-statistics",
                "....xx recount-totals",
                "..x.xx see-audit",
                "....xx manage-accounts",
                ".....x manage-queues",
                ".....x manage-dead",
                ".....x manage-mail",
                ".....x move-clock",
            ]
        );
    }

    #[test]
    fn wire_names_come_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.name()), Some(*role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
        for act in Act::ALL {
            assert_eq!(Act::parse(act.name()), Some(*act));
        }
        for kind in TemplateKind::ALL {
            assert_eq!(Act::upload(kind).name(), format!("upload-{}", kind.name()));
        }
    }
}
