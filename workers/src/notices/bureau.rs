//! The notice of a bureau's list, and the mail that it goes with.

use std::collections::BTreeMap;

use desk::{Cause, GoneView, Letter, Matter, Reader, Season, gone_on, voucher_deadline};
use documents::{BureauNotice, Contact, PlanTotal, Union, UnitLine};
use domain::{
    enrollment::premium::Due,
    mask::mask_phone,
    money::Money,
    organization::Level,
    year::{Window, texts::TextKey, window::WindowKind},
};
use mail::template::{NoticeLine, YearLetter};
use messages::Envelope;
use runtime::shanghai_time;
use store::{
    StoreError, Vault, View,
    batches::{self, Batch},
    notices::Notice,
    organizations::Organization,
    submissions::{self, Submission, SubmissionSelection},
};

use super::{Draft, gone, local};
use crate::{
    WorkError,
    enrollment::{
        gone::{NAMED, gone_line},
        tell::{count, money, of_batch},
    },
};

/// Reads a batch; the notice to be rendered, and its mail.
pub(super) async fn draft(
    view: &mut View,
    vault: &Vault,
    notice: &Notice,
    cause: &Envelope,
) -> Result<(Draft, Option<Letter>), WorkError> {
    let id = notice.batch_id.ok_or(WorkError::Missing("batch"))?;
    let batch = batches::get_many(view, &[id]).await?.pop().ok_or(WorkError::Missing("batch"))?;
    let org = store::organizations::get(view, batch.org_id).await?.ok_or(WorkError::Missing("bureau"))?;
    let season = Season::load(view, batch.year).await?;
    let issuer = store::organizations::root(view).await?.map(|root| root.name).unwrap_or_default();
    let wanted = SubmissionSelection {
        year: batch.year,
        below: "/".to_owned(),
        batch_id: Some(id),
        most: i64::MAX,
        ..SubmissionSelection::default()
    };
    let mut units = submissions::list(view, &wanted).await?;
    let upper = store::organizations::upper_below(view, &org.path).await?;
    // The units of each secondary union together, those of none first.
    let code = |one: &Submission| above(&upper, one).map(|union| union.code.clone());
    units.sort_by_cached_key(|one| (code(one), one.org_code.clone()));
    let mobile = vault.open(&batch.mobile).map_err(StoreError::from)?;
    let found: Vec<GoneView> = gone_on(view, &season, &units).await?.into_values().flatten().collect();
    let unit_of = |one: &GoneView| units.iter().find(|unit| unit.org_code == one.org).map_or("", |unit| &unit.org_name);
    let data = YearLetter {
        gone: found.iter().take(NAMED).map(|one| gone_line(one, unit_of(one))).collect(),
        gone_in_all: found.len() as u64,
        at: shanghai_time(batch.submitted_at),
        version: notice.version,
        notice: Some(NoticeLine { id: notice.id, number: notice.number.clone(), version: notice.version }),
        ..of_batch(&batch, &season)
    };
    let letter =
        Letter::new("batch-submitted", Matter::Batch(batch.id), notice.version, &data, Cause::Message(cause.clone()))
            .of(&org);
    let letter = letter.to(Reader::org(&org)).to(Reader::address(&batch.email));
    // Of one that is void already its readers have the newer one.
    let letter = notice.replaced_at.is_none().then_some(letter);
    let gone = found.iter().map(|one| gone(one, unit_of(one))).collect();
    let document = document(&batch, &season, notice, (&units, &upper), issuer, mask_phone(&mobile))?;
    let document = BureauNotice { gone, ..document };
    Ok((Draft::Bureau(Box::new(document)), letter))
}

fn document(
    batch: &Batch,
    season: &Season,
    notice: &Notice,
    (units, upper): (&[Submission], &[Organization]),
    issuer: String,
    mobile_masked: String,
) -> Result<BureauNotice, WorkError> {
    let file = &season.file;
    let days = file.days(WindowKind::Cover).ok_or(WorkError::Missing("cover"))?;
    // A supplement, and what an undoing brought back, has days of its own.
    let until = voucher_deadline(season, batch).ok_or(WorkError::Missing("window of the bureaus' payment"))?;
    let pay_by = Window { opens_at: until, closes_at: until }.last_day();
    let account = file.accounts().first().ok_or(WorkError::Missing("account of the year"))?.clone();
    let line = |one: &Submission| UnitLine {
        unit: Union { code: one.org_code.clone(), name: one.org_name.clone() },
        secondary: above(upper, one).map(|union| Union { code: union.code.clone(), name: union.name.clone() }),
        plan_code: one.plan.clone(),
        people: count(one.people),
        money: money(one.fen),
    };
    Ok(BureauNotice {
        issuer,
        number: notice.number.clone(),
        version: u32::try_from(notice.version).unwrap_or(u32::MAX),
        replaces: (notice.version > 1).then(|| documents::Replaced {
            number: notice.number.clone(),
            version: u32::try_from(notice.version - 1).unwrap_or(u32::MAX),
            received_at: local(batch.submitted_at),
        }),
        year: batch.year,
        bureau: Union { code: batch.org_code.clone(), name: batch.org_name.clone() },
        batch_no: batch.batch_no.clone(),
        submitted_at: local(batch.submitted_at),
        contact: Contact { name: batch.contact.clone(), mobile_masked, email: batch.email.clone() },
        plans: plans(season, units)?,
        units: units.iter().map(line).collect(),
        due: Due { money: money(batch.fen), credit_fen: batch.credit_fen, credit_left_fen: 0, due_fen: batch.due_fen },
        account,
        pay_by,
        cover_from: days.first,
        cover_to: days.last,
        payment_text: if batch.due_fen == 0 {
            let why = if batch.credit_fen > 0 { "计划退回金额已抵扣全部应划拨金额，" } else { "" };
            format!("{why}本批次无需划拨，也无需上传缴费凭证。")
        } else {
            file.text(TextKey::BureauPayment, |kind| (kind == WindowKind::BureauPayment).then_some(pay_by))
        },
        gone: Vec::new(),
    })
}

/// The secondary union above a unit.
fn above<'o>(upper: &'o [Organization], one: &Submission) -> Option<&'o Organization> {
    let secondary = upper.iter().filter(|org| org.level == Level::Secondary.name());
    secondary.filter(|org| one.org_path.starts_with(&org.path)).max_by_key(|org| org.path.len())
}

/// The totals of each plan, in the order of their codes.
fn plans(season: &Season, units: &[Submission]) -> Result<Vec<PlanTotal>, WorkError> {
    let mut totals: BTreeMap<&str, PlanTotal> = BTreeMap::new();
    for one in units {
        let total = totals.entry(&one.plan).or_insert_with(|| PlanTotal {
            code: one.plan.clone(),
            name: season.file.plan(&one.plan).map(|plan| plan.name.clone()).unwrap_or_default(),
            units: 0,
            people: 0,
            money: Money::ZERO,
        });
        total.units += 1;
        total.people += count(one.people);
        total.money = total.money.plus(money(one.fen)).map_err(|error| WorkError::Notice(error.to_string()))?;
    }
    Ok(totals.into_values().collect())
}
