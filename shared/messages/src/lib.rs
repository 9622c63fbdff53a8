//! The contracts: what travels between processes. One payload type per kind of message, the envelope that
//! carries it, and the queues it goes through. A message carries ids, never facts and never personal data.

mod asyncapi;
mod envelope;
mod kind;
mod payload;
mod queue;

pub use asyncapi::asyncapi;
pub use envelope::{Envelope, EnvelopeError, TraceParent};
pub use kind::Kind;
pub use payload::{
    BatchEffective, BatchSubmitted, ComparisonApplied, ComparisonRequested, DeadlineCheck, EnrollmentFailed,
    EnrollmentReturned, EnrollmentReviewed, EnrollmentSubmitted, FailureUndone, InstantApproved, InstantSubmitted,
    MailQueued, Message, NoticeRequested, PaymentConfirmed, PaymentRejected, PaymentUploaded, ProbeSent, ReminderDue,
    UploadOffered, UploadReceived, UploadReleased, WindowClosed, WindowOpened,
};
pub use queue::Queue;
