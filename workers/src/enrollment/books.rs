//! The look at a year's books: totals against a recount of all submissions.

use desk::Recount;

use crate::{Shift, WorkError};

/// Recounts a year. A difference is logged, mailed and shown by the metric; it is put right by hand, since whoever does so
/// wants to know where it came from.
pub(crate) async fn check(shift: &Shift, year: i32) -> Result<Recount, WorkError> {
    let (recount, bells) = shift.desk.check_books(year).await?;
    shift.ring(bells).await;
    let differences = u32::try_from(recount.differences.len()).unwrap_or(u32::MAX);
    metrics::gauge!("rollcall_totals_differences").set(f64::from(differences));
    Ok(recount)
}
