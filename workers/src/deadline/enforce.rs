//! Enforcement: what the closings of a year find wanting fails, in steps of bounded size.

use desk::{Failed, Outbox, Season, findings};
use domain::{
    enrollment::closing::{Effect, Outcome, Subject},
    year::window::WindowKind,
};
use store::messages::Job;

use super::tell;
use crate::{Shift, WorkError};

/// Submissions that fail in one unit of work.
const STEP: usize = 500;

/// The closings by which something fails, in the order of the year.
pub(super) const ENFORCED: [WindowKind; 2] = [WindowKind::FinalSubmission, WindowKind::BureauPayment];

/// Compares what is with what should be by now, and closes the gap. It takes no input but the year and may run at any
/// time: each thing has its own deadline, and what has failed is not found again. What was received before a closing
/// stands in the same database, written by the unit that accepted it, so nothing has to be waited for (decision 16).
pub(super) async fn enforce(shift: &Shift, job: &Job, year: i32, closings: &[WindowKind]) -> Result<(), WorkError> {
    for kind in closings.iter().copied() {
        let mut view = shift.desk.store.view().await?;
        let season = Season::load(&mut view, year).await?;
        let found = findings(&mut view, &season, kind, shift.desk.clock.business_now(), "/").await?;
        drop(view);
        let failing: Vec<Outcome<i64, i64>> =
            found.outcomes.iter().copied().filter(|one| matches!(one.effect, Effect::Fails(_))).collect();
        let batch_of = |one: &Outcome<i64, i64>| match one.subject {
            Subject::Batch(id) => Some(id),
            Subject::Submission(id) => found.submissions.get(&id).and_then(|one| one.batch_id),
        };
        for step in steps(failing, batch_of) {
            step_fails(shift, job, &season, kind, &step).await?;
        }
    }
    Ok(())
}

/// Steps of bounded size; a batch fails whole, with all its submissions.
fn steps(
    mut failing: Vec<Outcome<i64, i64>>,
    batch_of: impl Fn(&Outcome<i64, i64>) -> Option<i64>,
) -> Vec<Vec<Outcome<i64, i64>>> {
    failing.sort_by_key(&batch_of);
    let mut steps: Vec<Vec<Outcome<i64, i64>>> = Vec::new();
    for one in failing {
        let batch = batch_of(&one);
        let fits = |step: &Vec<Outcome<i64, i64>>| {
            step.len() < STEP || batch.is_some() && step.last().and_then(&batch_of) == batch
        };
        match steps.last_mut().filter(|step| fits(step)) {
            Some(step) => step.push(one),
            None => steps.push(vec![one]),
        }
    }
    steps
}

async fn step_fails(
    shift: &Shift,
    job: &Job,
    season: &Season,
    kind: WindowKind,
    step: &[Outcome<i64, i64>],
) -> Result<(), WorkError> {
    let desk = &shift.desk;
    let moment = desk.moment();
    let mut unit = desk.store.begin().await?;
    let mut outbox = Outbox::new();
    let failed: Vec<Failed> = desk.fail(&mut unit, &mut outbox, season, kind, step, moment).await?;
    tell::failed(shift, &mut unit, &mut outbox, season, job, &failed, moment).await?;
    let bells = outbox.write(&mut unit).await?;
    runtime::fail_point("before-failures");
    unit.commit().await?;
    runtime::fail_point("after-failures");
    shift.ring(bells).await;
    if !failed.is_empty() {
        tracing::warn!(
            year = season.year(),
            window = kind.name(),
            submissions = failed.len(),
            "submissions failed by a closing"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::enrollment::reason::FailureReason;

    use super::*;

    #[test]
    fn a_batch_fails_whole_and_steps_are_bounded() {
        let of =
            |id: i64| Outcome { subject: Subject::Submission(id), effect: Effect::Fails(FailureReason::NoVoucher) };
        // 700 submissions of one batch, then 600 of none.
        let all: Vec<_> = (0..1300).map(of).collect();
        let batch_of = |one: &Outcome<i64, i64>| match one.subject {
            Subject::Submission(id) if id < 700 => Some(1),
            _ => None,
        };
        let sizes: Vec<usize> = steps(all, batch_of).iter().map(Vec::len).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 1300);
        assert!(sizes.iter().any(|size| *size >= 700), "{sizes:?}");
    }
}
