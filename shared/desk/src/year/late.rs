//! What came too late: refused, on record, and its sender told by mail what closed when and what there is to do.

use chrono::{DateTime, Utc};
use domain::{
    enrollment::reason::{deadline_zh, late_remedy_zh, second_zh},
    role::Act,
    year::window::{WindowKind, WindowState},
};
use mail::template::YearLetter;
use store::organizations::Organization;

use super::Season;
use crate::{Cause, Desk, DeskError, Letter, Matter, Moment, Outbox, Reader, Refusal};

/// A request that came outside its window.
pub(crate) struct Late<'l> {
    /// Who asked.
    pub account: &'l str,
    /// For what.
    pub act: Act,
    /// For which organization.
    pub org: &'l Organization,
    /// In which year.
    pub year: i32,
    /// Which window it needed.
    pub kind: WindowKind,
    /// When it was received.
    pub received_at: DateTime<Utc>,
}

impl Desk {
    /// Records the refusal of a request and, where it came after the closing, mails its sender; the next sweep rings for it.
    pub(crate) async fn refuse_late(
        &self,
        late: &Late<'_>,
        refusal: &Refusal,
        moment: Moment,
    ) -> Result<(), DeskError> {
        let mut unit = self.store.begin().await?;
        let outcome = format!("refused: {}", refusal.code);
        let about = Some(format!("year:{}", late.year));
        let act = self.act(late.account, late.act.name(), Some(&late.org.code), about, outcome);
        store::audit::record(&mut unit, &[act]).await?;
        let season = Season::load(&mut unit, late.year).await?;
        let window = season.window(late.kind, &late.org.path);
        let closed = window.filter(|window| window.state(late.received_at) == WindowState::Closed);
        let mut outbox = Outbox::new();
        if let Some(window) = closed {
            let data = YearLetter {
                year: late.year,
                org_code: late.org.code.clone(),
                org_name: late.org.name.clone(),
                window: late.kind.name_zh().to_owned(),
                at: second_zh(late.received_at),
                until: deadline_zh(window.closes_at),
                remedy: late_remedy_zh(late.kind).to_owned(),
                ..YearLetter::default()
            };
            let id = self.id(moment);
            let letter = Letter::new("late-refused", Matter::Request(id), 1, &data, Cause::Chain(id));
            let reader = Reader::account(late.account, Some(late.org));
            self.post(&mut unit, &mut outbox, &[letter.of(late.org).to(reader)], moment).await?;
        }
        outbox.write_unrung(&mut unit).await?;
        Ok(unit.commit().await?)
    }
}
