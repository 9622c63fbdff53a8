//! The payloads: one type per kind, ids only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::Kind;

/// A payload that knows its kind.
pub trait Message: Serialize + DeserializeOwned + JsonSchema + Send + Sync {
    /// The kind on the envelope.
    const KIND: Kind;
}

macro_rules! message {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type),* }
        impl Message for $name { const KIND: Kind = Kind::$name; }
    };
}

message!(
    /// A file was accepted and is to be read.
    UploadReceived {
        /// The upload's row.
        upload_id: Uuid,
    }
);

message!(
    /// A held upload was released: its guards are not asked again.
    UploadReleased {
        /// The upload's row.
        upload_id: Uuid,
    }
);

message!(
    /// A foreign system offers a file that it has put into the file store (decisions 12).
    UploadOffered {
        /// Where the file lies, below `inbound/`.
        object_key: String,
        /// SHA-256 of the file, 64 hexadecimal digits: a file that differs is rejected.
        sha256: String,
        /// The kind of template: `members`, `roster`, `organizations` or `registry`.
        kind: String,
        /// The number of the union (工会编号) that it is for; none for organizations and the registry.
        #[serde(default)]
        org: Option<String>,
        /// The account that it is done for, and whose rights hold.
        account: String,
        /// The data type of a member import: `flexible:快递物流`, `external` or `enterprise:CREDITCODE`.
        #[serde(default)]
        data_type: Option<String>,
        /// The file's name as the clerk knows it.
        #[serde(default)]
        file_name: Option<String>,
    }
);

message!(
    /// A roster was read and is to be compared with the registry.
    ComparisonRequested {
        /// The comparison's row.
        comparison_id: Uuid,
    }
);

message!(
    /// A clerk's choices in a difference workbook are to be carried out.
    ComparisonApplied {
        /// The row of the accepted workbook.
        application_id: Uuid,
    }
);

message!(
    /// A unit submitted its enrolment; totals, conflicts, receipt and notice follow.
    EnrollmentSubmitted {
        /// The submission's row.
        submission_id: i64,
        /// The version that was received.
        version_id: Uuid,
    }
);

message!(
    /// A submission was approved, or taken off the submission list; totals and the unit are told.
    EnrollmentReviewed {
        /// The submission's row.
        submission_id: i64,
    }
);

message!(
    /// A submission was returned with a reason; totals and the unit are told.
    EnrollmentReturned {
        /// The submission's row.
        submission_id: i64,
    }
);

message!(
    /// A submission failed by a closing; totals follow.
    EnrollmentFailed {
        /// The submission's row.
        submission_id: i64,
    }
);

message!(
    /// A bureau submitted its list to the centre; totals, statistics and the bureau's notice follow.
    BatchSubmitted {
        /// The batch's row.
        batch_id: i64,
    }
);

message!(
    /// Cover of a paid batch has begun; totals follow.
    BatchEffective {
        /// The batch's row.
        batch_id: i64,
    }
);

message!(
    /// A payment voucher was uploaded; the centre is told.
    PaymentUploaded {
        /// The voucher's row.
        voucher_id: Uuid,
    }
);

message!(
    /// The centre confirmed a payment; cover starts, and its bureau is told.
    PaymentConfirmed {
        /// The voucher's row.
        voucher_id: Uuid,
    }
);

message!(
    /// The centre rejected a voucher with a reason; the bureau is told.
    PaymentRejected {
        /// The voucher's row.
        voucher_id: Uuid,
    }
);

message!(
    /// An instant enrolment was submitted; its bureau is told.
    InstantSubmitted {
        /// The instant enrolment's row.
        instant_id: i64,
    }
);

message!(
    /// An instant enrolment was decided about, or has ended for want of a voucher; those whom it concerns are told.
    InstantApproved {
        /// The instant enrolment's row.
        instant_id: i64,
    }
);

message!(
    /// A failure was undone; the batch goes on as if it had been in time, and all touched are told.
    FailureUndone {
        /// The failures' rows.
        failure_ids: Vec<i64>,
    }
);

message!(
    /// A notice document is to be rendered, and its mail queued.
    NoticeRequested {
        /// The notice's row.
        notice_id: Uuid,
    }
);

message!(
    /// A window has opened; those concerned are told.
    WindowOpened {
        /// The transition's row.
        transition_id: i64,
    }
);

message!(
    /// A window has closed; what that means is enforced.
    WindowClosed {
        /// The transition's row.
        transition_id: i64,
    }
);

message!(
    /// What should be is compared with what is, and the gap is closed.
    DeadlineCheck {
        /// The coverage year.
        year: i32,
    }
);

message!(
    /// A closing comes near; those who are still to act are reminded.
    ReminderDue {
        /// The window's row.
        window_id: i64,
        /// The version of the window that was seen.
        version: i64,
        /// Days before the closing; 0 is the morning of the last day.
        days_before: i32,
    }
);

message!(
    /// A mail stands in the ledger and is to be sent.
    MailQueued {
        /// The ledger's row.
        mail_id: Uuid,
    }
);

message!(
    /// Nothing is to be done.
    ProbeSent {}
);
