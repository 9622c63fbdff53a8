//! Windows as people and programs see them, and their extension.

use chrono::{DateTime, FixedOffset, TimeZone as _, Utc};
use domain::{
    organization::Level,
    role::Act,
    year::window::{Window, WindowKind},
};
use runtime::{SHANGHAI, shanghai_text};
use serde::Serialize;
use store::{organizations::Organization, windows::NewWindow};

use super::Season;
use crate::{Desk, DeskError, Refusal};

/// A window as `window list` prints it. Fields may be added, these stay (interface.md).
#[derive(Debug, Clone, Serialize)]
pub struct WindowView {
    /// Wire name of the window.
    pub window: String,
    /// The coverage year.
    pub year: i32,
    /// The organization that it was extended for; none: for all.
    pub org: Option<String>,
    /// The first instant of it, with the offset of Shanghai.
    pub opens_at: DateTime<FixedOffset>,
    /// The first instant after it.
    pub closes_at: DateTime<FixedOffset>,
    /// `upcoming`, `open` or `closed`, now.
    pub state: &'static str,
    /// Why it was moved.
    pub reason: Option<String>,
    /// What else has to be thought of; of an extension alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// An opening or closing as `window status` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct WindowStatus {
    /// Wire name of the window.
    pub window: String,
    /// The organization that it was extended for; none: for all.
    pub org: Option<String>,
    /// `opened` or `closed`.
    pub transition: String,
    /// When it came due.
    pub due_at: DateTime<FixedOffset>,
    /// How much later it was noticed, in seconds.
    pub late_by_s: i64,
    /// When it was acted on; none: not yet.
    pub done_at: Option<DateTime<FixedOffset>>,
    /// What was done, or why nothing was.
    pub outcome: Option<String>,
}

/// An instant with the offset of Shanghai.
pub(crate) fn shanghai(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    SHANGHAI.from_utc_datetime(&at.naive_utc()).fixed_offset()
}

impl Desk {
    /// The windows of a year, now.
    pub async fn windows(&self, year: i32) -> Result<Vec<WindowView>, DeskError> {
        let now = self.clock.business_now();
        let mut session = self.store.view().await?;
        let season = Season::load(&mut session, year).await?;
        let view = |window: store::windows::Window| WindowView {
            state: Window { opens_at: window.opens_at, closes_at: window.closes_at }.state(now).name(),
            window: window.name,
            year: window.year,
            org: window.org_code,
            opens_at: shanghai(window.opens_at),
            closes_at: shanghai(window.closes_at),
            reason: window.reason,
            note: None,
        };
        Ok(season.windows.into_iter().map(view).collect())
    }

    /// What came due of a year's windows, and what was done about it.
    pub async fn window_status(&self, year: i32) -> Result<Vec<WindowStatus>, DeskError> {
        let mut session = self.store.view().await?;
        let windows = Season::load(&mut session, year).await?.windows;
        let transitions = store::windows::transitions(&mut session, year).await?;
        let view = |one: store::windows::Transition| {
            let window = windows.iter().find(|window| window.id == one.window_id)?;
            Some(WindowStatus {
                window: window.name.clone(),
                org: window.org_code.clone(),
                transition: one.transition,
                due_at: shanghai(one.due_at),
                late_by_s: one.late_by_s,
                done_at: one.done_at.map(shanghai),
                outcome: one.outcome,
            })
        };
        Ok(transitions.into_iter().filter_map(view).collect())
    }

    /// Extends a window for all, or for one organization with all below it.
    ///
    /// A window that has closed may be opened again like this, for instance for a unit whose submission was returned in
    /// the last days; but not where its closing has been enforced: what failed by it is put right with `undo failure`.
    pub async fn extend_window(
        &self,
        account: &str,
        year: i32,
        kind: WindowKind,
        until: DateTime<Utc>,
        org: Option<&str>,
        reason: &str,
    ) -> Result<WindowView, DeskError> {
        self.authorize(account, Act::ExtendWindow, None).await?;
        let reason = domain::shown::line(reason);
        if reason.is_empty() {
            return Err(Refusal::new("usage", "an extension needs a reason", "--reason …").into());
        }
        let moment = self.moment();
        let mut unit = self.store.begin().await?;
        let org = match org {
            None => None,
            Some(code) => {
                Some(store::organizations::find(&mut unit, code).await?.ok_or_else(|| Refusal::unknown("org", code))?)
            }
        };
        let season = Season::load(&mut unit, year).await?;
        let path = org.as_ref().map_or("/", |org| org.path.as_str());
        let window = season.window(kind, path).ok_or_else(|| Refusal::unknown("window", kind.name()))?;
        window.may_extend(until, moment.business).map_err(|error| {
            Refusal::new("not-extendable", error.to_string(), "rollcall window list shows how the windows stand")
        })?;
        let enforces = matches!(kind, WindowKind::FinalSubmission | WindowKind::BureauPayment);
        if enforces && window.closes_at <= moment.business {
            return Err(Refusal::new(
                "closing-enforced",
                format!(
                    "{} closed at {}, and what that means is being enforced",
                    kind.name(),
                    shanghai_text(window.closes_at)
                ),
                "rollcall undo failure puts right what failed by it",
            )
            .into());
        }
        fits(&season, kind, until, org.as_ref(), moment.business)?;
        let note = note(&season, kind, until, path);
        let new = NewWindow {
            year,
            name: kind.name(),
            org_id: org.as_ref().map(|org| org.id),
            opens_at: window.opens_at,
            closes_at: until,
            reason: Some(reason.clone()),
        };
        store::windows::put(&mut unit, &new, account, moment.business).await?;
        let about = format!("window:{year}:{}:{}", kind.name(), shanghai_text(until));
        let code = org.as_ref().map(|org| org.code.as_str());
        store::audit::record(&mut unit, &[self.act(account, Act::ExtendWindow.name(), code, Some(about), "done")])
            .await?;
        unit.commit().await?;
        Ok(WindowView {
            window: kind.name().to_owned(),
            year,
            org: org.map(|org| org.code),
            opens_at: shanghai(window.opens_at),
            closes_at: shanghai(until),
            state: Window { opens_at: window.opens_at, closes_at: until }.state(moment.business).name(),
            reason: Some(reason),
            note,
        })
    }
}

/// Refuses an extension by which nobody could act, or after which what comes in would have nowhere to go.
fn fits(
    season: &Season,
    kind: WindowKind,
    until: DateTime<Utc>,
    org: Option<&Organization>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let level = org.and_then(|org| Level::parse(&org.level));
    if let (Some(org), Some(level)) = (org, level)
        && !kind.extended_for().contains(&level)
    {
        return Err(Refusal::new(
            "not-extendable",
            format!("nobody acts in {} at {}, which is {}", kind.name(), org.code, org.level),
            "name the bureau above it with --org, or nobody for all",
        ));
    }
    let path = org.map_or("/", |org| org.path.as_str());
    let next = kind.followed_by().and_then(|next| Some((next, season.window(next, path)?)));
    // One that has closed does not come back: then it is about what an undoing has brought to life.
    if let Some((next, window)) = next.filter(|(_, window)| now < window.closes_at && window.closes_at < until) {
        return Err(Refusal::new(
            "window-order",
            format!(
                "{} closes at {}: what comes in after it has nowhere to go",
                next.name(),
                shanghai_text(window.closes_at)
            ),
            format!("extend that one first: rollcall window extend {} --year {}", next.name(), season.year()),
        ));
    }
    Ok(())
}

/// Who submits in the days that are given may owe a share, and has to be reviewed: both have windows of their own.
fn note(season: &Season, kind: WindowKind, until: DateTime<Utc>, path: &str) -> Option<String> {
    let sooner = |kind: WindowKind| {
        let closes_at = season.window(kind, path)?.closes_at;
        (closes_at < until).then(|| format!("{} closes at {}", kind.name(), shanghai_text(closes_at)))
    };
    let others = [WindowKind::UnitPayment, WindowKind::ReviewBureau].into_iter();
    let others: Vec<String> = others.filter(|_| kind == WindowKind::Submission).filter_map(sooner).collect();
    (!others.is_empty()).then(|| {
        format!(
            "what comes in then may have to be paid and is to be reviewed, and {}: extend these, too",
            others.join(", ")
        )
    })
}
