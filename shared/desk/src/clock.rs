//! Simulated business time: an instant in the database that all processes of the installation share. An operator moves it
//! forward; machine time (leases, backoff, timeouts) is never touched by it.

use chrono::{DateTime, Datelike as _, FixedOffset, TimeDelta, Utc};
use domain::role::Act;
use runtime::shanghai_text;
use serde::Serialize;
use serde_json::json;
use store::Session;

use crate::{Desk, DeskError, Refusal, year::shanghai};

/// The setting that keeps where the clock stands; without it the installation goes by the machine's time.
const CLOCK: &str = "clock";
/// The last year that a clock can stand in.
const LAST_YEAR: i32 = 9998;

/// How far, or where to, an operator moves the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockMove {
    /// By so much.
    By(TimeDelta),
    /// To this instant.
    To(DateTime<Utc>),
}

/// Both clocks, as `clock show` prints them. Instants have the offset of Shanghai.
#[derive(Debug, Clone, Serialize)]
pub struct ClockView {
    /// `system` or `simulated`.
    pub mode: &'static str,
    /// By which windows, receipts and cover are judged.
    pub business: DateTime<FixedOffset>,
    /// By which leases and backoff run.
    pub machine: DateTime<FixedOffset>,
    /// The next opening or closing; none: nothing more comes due in the years on record.
    pub next: Option<NextDue>,
}

/// An opening or closing to come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NextDue {
    /// When.
    pub at: DateTime<FixedOffset>,
    /// The coverage year.
    pub year: i32,
    /// Wire name of the window.
    pub window: String,
    /// The organization that it was extended for; none: for all.
    pub org: Option<String>,
    /// `opened` or `closed`.
    pub transition: &'static str,
}

/// A move of the clock.
#[derive(Debug, Clone, Copy)]
pub struct ClockMoved {
    /// Where it stood.
    pub before: DateTime<Utc>,
    /// Where it stands now.
    pub now: DateTime<Utc>,
}

impl Desk {
    /// Takes note of where shared business time stands by now, if it is shared. Whoever has just read work that somebody
    /// else wrote looks here in the same unit: the work may follow from a move that this process has not heard of.
    pub async fn look_at_clock(&self, session: &mut impl Session) -> Result<(), store::StoreError> {
        if !self.clock.is_shared() {
            return Ok(());
        }
        if let Some(at) = store::settings::find(session, CLOCK).await?.and_then(|text| text.parse().ok()) {
            self.clock.see(at);
        }
        Ok(())
    }

    /// Where the simulated clock of this installation stands; none: it goes by the machine's time.
    pub async fn simulated_now(&self) -> Result<Option<DateTime<Utc>>, DeskError> {
        let mut view = self.store.view().await?;
        Ok(store::settings::find(&mut view, CLOCK).await?.map(|text| read(&text)).transpose()?)
    }

    /// Begins a simulation at `from`, unless one is under way; where the clock stands then. It is refused while others
    /// work by the machine's time, that is workers seen since `silent_since` (machine clock) and schedulers.
    pub async fn simulate(
        &self,
        account: &str,
        from: DateTime<Utc>,
        silent_since: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, DeskError> {
        if let Some(at) = self.simulated_now().await? {
            return Ok(at);
        }
        self.authorize(account, Act::MoveClock, None).await?;
        let mut unit = self.store.begin().await?;
        let workers = store::workers::alive(&mut unit, silent_since).await?;
        let leases = store::leases::held(&mut unit, self.clock.machine_now()).await?;
        if !workers.is_empty() || !leases.is_empty() {
            drop(unit);
            let others = workers.iter().map(|one| format!("{} ({} {})", one.role, one.host, one.pid));
            let others: Vec<String> = others.chain(leases.into_iter().map(|lease| lease.name)).collect();
            let refusal = Refusal::new(
                "already-serving",
                format!("processes work here by the machine's time: {}", others.join(", ")),
                "stop them (one that was killed is forgotten within seconds), then begin the simulation",
            );
            return Err(self.refused(account, Act::MoveClock, None, refusal).await?);
        }
        let kept = store::settings::keep(&mut unit, CLOCK, &from.to_rfc3339()).await?;
        let mut act = self.act(account, "clock-simulate", None, Some(CLOCK.to_owned()), "done");
        act.detail = Some(json!({"from": shanghai_text(from)}).to_string());
        store::audit::record(&mut unit, &[act]).await?;
        unit.commit().await?;
        Ok(read(&kept)?)
    }

    /// Moves the simulated clock forward. What came due by it is for the reconciler to notice.
    pub async fn move_clock(&self, account: &str, by: ClockMove) -> Result<ClockMoved, DeskError> {
        self.authorize(account, Act::MoveClock, None).await?;
        let mut unit = self.store.begin().await?;
        let kept = store::settings::lock(&mut unit, CLOCK).await?;
        let moved = match kept {
            Some(text) => moved(read(&text)?, by),
            None => Err(Refusal::new(
                "not-simulated",
                "this installation goes by the machine's time, which nobody moves",
                "begin a rehearsal on a copy of the data: rollcall serve --clock simulated --from INSTANT",
            )),
        };
        let moved = match moved {
            Ok(moved) => moved,
            Err(refusal) => {
                drop(unit);
                return Err(self.refused(account, Act::MoveClock, None, refusal).await?);
            }
        };
        if moved.now > moved.before {
            store::settings::put(&mut unit, CLOCK, &moved.now.to_rfc3339()).await?;
            let mut act = self.act(account, "clock-advance", None, Some(CLOCK.to_owned()), "done");
            act.at = moved.before;
            act.detail = Some(json!({"from": shanghai_text(moved.before), "to": shanghai_text(moved.now)}).to_string());
            store::audit::record(&mut unit, &[act]).await?;
        }
        unit.commit().await?;
        self.clock.see(moved.now);
        Ok(moved)
    }

    /// Both clocks, and what comes due next.
    pub async fn clock(&self) -> Result<ClockView, DeskError> {
        let mut view = self.store.view().await?;
        self.look_at_clock(&mut view).await?;
        let years = store::years::list(&mut view).await?;
        drop(view);
        let business = shanghai(self.clock.business_now());
        let mut next: Option<NextDue> = None;
        for year in years {
            for window in self.windows(year.year).await? {
                let due = |transition, at| NextDue {
                    at,
                    year: window.year,
                    window: window.window.clone(),
                    org: window.org.clone(),
                    transition,
                };
                let both = [due("opened", window.opens_at), due("closed", window.closes_at)];
                next = both.into_iter().filter(|due| due.at > business).chain(next).min();
            }
        }
        let mode = if self.clock.is_shared() { "simulated" } else { "system" };
        Ok(ClockView { mode, business, machine: shanghai(self.clock.machine_now()), next })
    }
}

/// Where a move leads; backwards, and out of the years that an instant can be written in, it does not.
fn moved(before: DateTime<Utc>, by: ClockMove) -> Result<ClockMoved, Refusal> {
    let to = match by {
        ClockMove::By(step) => before.checked_add_signed(step),
        ClockMove::To(to) => Some(to),
    };
    match to.filter(|to| to.year() <= LAST_YEAR) {
        Some(now) if now >= before => Ok(ClockMoved { before, now }),
        Some(now) => Err(Refusal::new(
            "clock-backwards",
            format!("the clock stands at {} and does not go back to {}", shanghai_text(before), shanghai_text(now)),
            "what has happened has happened; begin again on another copy of the data",
        )),
        None => Err(Refusal::new(
            "usage",
            format!("the clock can't be moved beyond the year {LAST_YEAR}"),
            "give a shorter time, or another instant",
        )),
    }
}

fn read(text: &str) -> Result<DateTime<Utc>, Refusal> {
    text.parse().map_err(|_| {
        Refusal::new("clock", format!("the setting {CLOCK} holds no instant: {text}"), "mend the row in `settings`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_clock_goes_forward_and_may_stay_and_never_goes_back() {
        let before = at("2022-12-25T15:59:59Z");
        let step = moved(before, ClockMove::By(TimeDelta::seconds(1))).unwrap();
        assert_eq!((step.before, step.now), (before, at("2022-12-25T16:00:00Z")));
        assert_eq!(moved(before, ClockMove::To(before)).unwrap().now, before);
        assert_eq!(moved(before, ClockMove::To(at("2022-12-25T15:59:58Z"))).unwrap_err().code, "clock-backwards");
        assert_eq!(moved(before, ClockMove::By(TimeDelta::seconds(-1))).unwrap_err().code, "clock-backwards");
    }

    #[test]
    fn the_clock_stops_where_instants_end() {
        let before = at("2022-12-25T15:59:59Z");
        assert!(moved(before, ClockMove::To(at("9998-12-31T23:59:59Z"))).is_ok());
        assert_eq!(moved(before, ClockMove::To(at("9999-01-01T00:00:00Z"))).unwrap_err().code, "usage");
        assert_eq!(moved(before, ClockMove::By(TimeDelta::MAX)).unwrap_err().code, "usage");
    }

    #[test]
    fn an_instant_reads_as_it_was_written_to_the_microsecond() {
        let precise = at("2022-12-25T15:59:59.123456Z");
        assert_eq!(read(&precise.to_rfc3339()).unwrap(), precise);
        assert_eq!(read("tomorrow").unwrap_err().code, "clock");
    }
}
