//! What becomes of an instant enrolment: approved, returned, withdrawn, or cancelled for want of a voucher.

use std::collections::BTreeMap;

use domain::{
    enrollment::instant::{Cover, InstantEvent, InstantStatus, NO_VOUCHER_ZH, handled_on},
    role::Act,
};
use messages::InstantApproved;
use store::{
    Unit,
    cover::Making,
    instants::{self, Instant, InstantPerson},
};

use super::{
    InstantView, LeftOut, Season,
    conflict::covered_for_good,
    fail::{SYSTEM, covered_until},
    instant::no_longer,
    instant_view::{COVERED, view},
    instant_voucher::unknown,
    preview::{member_no, money_of, no_plan},
    submit::fen_of,
};
use crate::{Bell, Desk, DeskError, Moment, Outbox, Refusal};

impl Desk {
    /// A bureau approves or returns an instant enrolment, or its unit withdraws it.
    pub async fn decide_instant(
        &self,
        account: &str,
        id: i64,
        event: InstantEvent,
        reason: Option<&str>,
    ) -> Result<(InstantView, Vec<Bell>), DeskError> {
        let act = if event == InstantEvent::Withdraw { Act::SubmitInstant } else { Act::ApproveInstant };
        let found = self.instant(account, act, id).await?;
        let reason = reason.map(domain::shown::line);
        if reason.as_ref().is_some_and(String::is_empty) {
            return Err(Refusal::new("usage", "a return needs a reason", "--reason …").into());
        }
        let mut unit = self.store.begin().await?;
        if event == InstantEvent::Approve {
            store::cover::lock(&mut unit, found.year, Making::Alone).await?;
        }
        let mut instant = instants::lock(&mut unit, &[id]).await?.pop().ok_or_else(|| unknown(id))?;
        let moment = self.moment();
        let next = InstantStatus::after(InstantStatus::parse(&instant.status), event, None);
        let Ok(Some(to)) = next.map(|row| row.to) else {
            unit.rollback().await?;
            let hint = "rollcall instant list shows how they stand";
            let refusal = Refusal::new("wrong-state", format!("instant enrolment {id} is {}", instant.status), hint);
            return Err(self.refused(account, act, Some(&instant.org_code), refusal).await?);
        };
        if event == InstantEvent::Withdraw && instant.voucher_at.is_some() {
            unit.rollback().await?;
            let hint = format!(
                "its bureau approves it: rollcall instant approve {id}; or the centre rejects the voucher, or takes its \
                 confirmation back: rollcall payment reject {id} --instant"
            );
            let message = format!("a voucher has come for instant enrolment {id}: it can't be withdrawn");
            let refusal = Refusal::new("instant-paid", message, hint);
            return Err(self.refused(account, act, Some(&instant.org_code), refusal).await?);
        }
        to.name().clone_into(&mut instant.status);
        instant.decided_by = Some(account.to_owned());
        instant.decided_at = Some(moment.business);
        instant.reason = reason;
        let mut people = instants::people(&mut unit, id).await?;
        let mut left_out = Vec::new();
        if to == InstantStatus::Approved {
            left_out = self.start_cover(&mut unit, &mut instant, &mut people, moment).await?;
        }
        instants::update(&mut unit, &instant, moment.business).await?;
        let mut outbox = Outbox::new();
        self.follow(&mut outbox, &InstantApproved { instant_id: id }, moment);
        let about = Some(format!("instant:{id}"));
        let record = self.act(account, act.name(), Some(&instant.org_code), about, format!("done: {}", to.name()));
        store::audit::record(&mut unit, &[record]).await?;
        let bells = outbox.write(&mut unit).await?;
        unit.commit().await?;
        Ok((view(instant, people, left_out), bells))
    }

    /// The first day of cover by the rule of the year, and the days without it. Who has come under another cover since it
    /// was submitted (a failure was undone, say) is left out, and the money follows.
    async fn start_cover(
        &self,
        unit: &mut Unit,
        instant: &mut Instant,
        people: &mut Vec<InstantPerson>,
        moment: Moment,
    ) -> Result<Vec<LeftOut>, DeskError> {
        let season = Season::load(unit, instant.year).await?;
        let submitted = instant.submitted_at.unwrap_or(moment.business);
        let handled = handled_on(season.file.rules().instant_cover_from, submitted, Some(moment.business));
        let Some(cover) = handled.and_then(|day| Cover::of(instant.year, day)) else {
            return Err(Refusal::new("year-over", format!("no day of {} is left", instant.year), "").into());
        };
        let persons: Vec<i64> = people.iter().map(|one| one.person_id).collect();
        let by = covered_for_good(unit, instant.year, &persons, |one| !(one.what == "instant" && one.id == instant.id))
            .await?;
        let not_any_more = no_longer(unit, &season, &persons).await?;
        let gone = |one: &InstantPerson| {
            let why = not_any_more.get(&one.person_id);
            let covered_by = by.get(&one.person_id).filter(|_| why.is_none());
            (why.is_some() || covered_by.is_some()).then(|| LeftOut {
                member_no: member_no(one.person_id),
                name: one.name.clone(),
                covered_by: covered_by.cloned().unwrap_or_default(),
                reason: why.copied().unwrap_or(COVERED),
            })
        };
        let left_out: Vec<LeftOut> = people.iter().filter_map(gone).collect();
        people.retain(|one| gone(one).is_none());
        if people.is_empty() {
            let hint = "rollcall instant return gives it back to its unit";
            return Err(Refusal::new(
                "nobody",
                "everybody in it is covered by something else by now, or no member any more",
                hint,
            )
            .into());
        }
        if !left_out.is_empty() {
            let plan = season.file.plan(&instant.plan).ok_or_else(no_plan)?;
            let money = money_of(unit, instant.year, instant.bureau_id, plan, people.len() as u64, submitted).await?;
            (instant.people, instant.fen) = (people.len() as i64, fen_of(money));
        }
        let until = covered_until(unit, instant.year, &persons).await?;
        for one in people.iter_mut() {
            one.gap_days = cover.gap_days(until.get(&one.person_id).copied());
        }
        instant.cover_from = cover.first;
        instants::replace_people(unit, instant.id, people).await?;
        Ok(left_out)
    }

    /// Cancels instant enrolments whose voucher did not come in time, also those that were approved: no money, no cover. The
    /// number.
    pub async fn cancel_overdue_instants(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        year: i32,
        moment: Moment,
    ) -> Result<usize, DeskError> {
        let overdue: BTreeMap<i64, String> = instants::overdue(unit, year, moment.business)
            .await?
            .into_iter()
            .map(|one| (one.id, one.org_code))
            .collect();
        let ids: Vec<i64> = overdue.keys().copied().collect();
        let cancelled = instants::expire(unit, &ids, NO_VOUCHER_ZH, moment.business).await?;
        for (instant_id,) in &cancelled {
            self.follow(outbox, &InstantApproved { instant_id: *instant_id }, moment);
            let (org, about) = (overdue.get(instant_id).map(String::as_str), Some(format!("instant:{instant_id}")));
            store::audit::record(unit, &[self.act(SYSTEM, "cancel-instant", org, about, "done: no-voucher")]).await?;
        }
        Ok(cancelled.len())
    }
}
