//! A resubmission takes what was approved off the list again: those who review are told.

use domain::{enrollment::reason::deadline_zh, money::Money, organization::Level, year::window::WindowKind};
use mail::template::YearLetter;
use runtime::shanghai_time;
use store::{
    Unit,
    organizations::Organization,
    submissions::{Fen, Version},
};
use uuid::Uuid;

use super::{Season, submit::number_of};
use crate::{Cause, Desk, DeskError, Letter, Matter, Moment, Outbox, Reader};

impl Desk {
    /// Tells those above who review that what they had approved is off the list again. Here, since by the time that a worker
    /// sees it nothing shows any more that it had been approved.
    #[expect(clippy::too_many_arguments, reason = "one mail with all that it tells")]
    pub(crate) async fn tell_delisted(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        season: &Season,
        org: &Organization,
        bureau: &Organization,
        version: &Version,
        chain: Uuid,
        moment: Moment,
    ) -> Result<(), DeskError> {
        let Fen { total, municipal, bureau: of_bureau, unit: of_unit } = version.fen;
        let until = season.window(WindowKind::Review, &org.path).map(|window| deadline_zh(window.closes_at));
        let data = YearLetter {
            year: season.year(),
            org_code: org.code.clone(),
            org_name: org.name.clone(),
            number: number_of(season.year(), &org.code, version.version),
            version: version.version,
            at: shanghai_time(version.received_at),
            plan: season.file.plan(&version.plan).map(|plan| plan.name.clone()).unwrap_or_default(),
            headcount: u64::try_from(version.people).ok(),
            money: Some(Money { total_fen: total, municipal_fen: municipal, bureau_fen: of_bureau, unit_fen: of_unit }),
            until: until.unwrap_or_default(),
            ..YearLetter::default()
        };
        let matter = Matter::Submission(version.submission_id);
        let letter = Letter::new("submission-delisted", matter, version.version, &data, Cause::Chain(chain));
        let mut letter = letter.of(org).to(Reader::org(bureau));
        for above in store::organizations::get_above(unit, std::slice::from_ref(org)).await? {
            if above.level == Level::Secondary.name() {
                letter = letter.to(Reader::org(&above));
            }
        }
        self.post(unit, outbox, &[letter], moment).await?;
        Ok(())
    }
}
