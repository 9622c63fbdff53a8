//! Who keeps a person that two submissions held is told so, as the other side is with its new list.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    money::Money,
    year::{texts::day_zh, window::WindowKind},
};
use mail::template::{PersonLine, YearLetter};
use runtime::shanghai_time;
use store::{
    Unit,
    submissions::{self, Fen, Submission},
};

use super::Season;
use crate::{Cause, Desk, DeskError, Letter, Matter, Moment, Outbox, Reader};

/// People that a mail names.
const NAMED: usize = 20;

impl Desk {
    /// Tells the unions of these submissions whom they keep.
    pub(crate) async fn tell_keepers(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        season: &Season,
        kept: &[(&Submission, BTreeSet<i64>)],
        moment: Moment,
    ) -> Result<(), DeskError> {
        let ids: Vec<i64> = kept.iter().map(|(of, _)| of.org_id).collect();
        let orgs = store::organizations::get_many(unit, &ids).await?;
        let orgs: BTreeMap<i64, _> = orgs.into_iter().map(|org| (org.id, org)).collect();
        let chain = self.id(moment);
        let mut letters = Vec::new();
        for (of, persons) in kept {
            let Some(org) = orgs.get(&of.org_id) else { continue };
            let named: Vec<i64> = persons.iter().copied().take(NAMED).collect();
            let people = submissions::people_named(unit, of.version_id, &named).await?;
            let line = |one: submissions::Enrolled| PersonLine {
                name: one.name,
                id_masked: one.id_masked,
                note: "由贵单位参保".to_owned(),
            };
            let cover = season.file.days(WindowKind::Cover);
            let cover = cover.map(|days| (day_zh(days.first), day_zh(days.last))).unwrap_or_default();
            let Fen { total, municipal, bureau, unit: of_unit } = of.fen;
            let data = YearLetter {
                year: of.year,
                org_code: of.org_code.clone(),
                org_name: of.org_name.clone(),
                number: of.number.clone(),
                version: of.version,
                at: shanghai_time(moment.business),
                by: "贵单位".to_owned(),
                people: people.into_iter().map(line).collect(),
                people_in_all: persons.len() as u64,
                headcount: u64::try_from(of.people).ok(),
                money: Some(Money {
                    total_fen: total,
                    municipal_fen: municipal,
                    bureau_fen: bureau,
                    unit_fen: of_unit,
                }),
                cover_from: cover.0,
                cover_to: cover.1,
                ..YearLetter::default()
            };
            // A later settlement about the same submission is another mail: the instant tells them apart.
            let version = moment.business.timestamp();
            let letter =
                Letter::new("conflict-settled", Matter::Submission(of.id), version, &data, Cause::Chain(chain));
            letters.push(letter.of(org).to(Reader::org(org)));
        }
        self.post(unit, outbox, &letters, moment).await?;
        Ok(())
    }
}
