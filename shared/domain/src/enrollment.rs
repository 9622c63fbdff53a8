//! The enrolment of one coverage year: who is covered, what it costs, and how submissions, batches and instant enrolments
//! go from state to state. Everything is judged from plain facts and the instant at which something was received.

pub mod batch;
pub mod closing;
pub mod conflict;
pub mod eligibility;
pub mod instant;
pub mod premium;
pub mod reason;
pub mod submission;
pub mod transition;
pub mod voucher;
