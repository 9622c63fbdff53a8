//! Choices carried out: the workbook that came back is read, each choice decided with the unions and members held, and
//! written with its own outcome.

use std::collections::{BTreeMap, HashMap, HashSet};

use desk::{Chain, Outbox, nearest_temporaries};
use domain::comparison::Class;
use mail::template::{ApplicationLetter, RefusedLine};
use runtime::SHANGHAI;
use sheets::{ReadError, Spool};
use store::{
    StoreError, Unit,
    comparisons::{Application, ApplicationEnding, Comparison},
    messages::Job,
    moves::By,
    organizations::Organization,
};
use uuid::Uuid;

use super::{
    ComparisonWork,
    choices::{self, Chosen, Unusable},
    effects::{Effects, Known, Outcome, decide, message_zh},
    items::key,
    mails,
};
use crate::{Shift, WorkError};

/// Outcomes that the document and the mail hold.
const SHOWN: usize = 1_000;

/// One application with what it is about.
struct Task<'j> {
    job: &'j Job,
    application: Application,
    comparison: Comparison,
    org: Organization,
}

impl ComparisonWork {
    /// Carries out the choices of one workbook. One that has ended is done.
    pub(super) async fn apply(&self, shift: &Shift, job: &Job, id: Uuid) -> Result<(), WorkError> {
        let mut view = shift.desk.store.view().await?;
        let application = store::comparisons::find_application(&mut view, id).await?;
        let application = application.ok_or(WorkError::Missing("application"))?;
        let comparison = store::comparisons::find(&mut view, application.comparison_id).await?;
        let comparison = comparison.ok_or(WorkError::Missing("comparison"))?;
        let org = store::organizations::get(&mut view, comparison.org_id).await?;
        let org = org.ok_or(WorkError::Missing("organization"))?;
        drop(view);
        if application.status != "received" {
            let unit = shift.desk.store.begin().await?;
            return shift.settle(unit, &[job], Outbox::new(), shift.desk.moment()).await;
        }
        let task = Task { job, application, comparison, org };
        let chosen = match self.choices(shift, &task.application.object_key).await? {
            Ok(spool) => choices::read(task.comparison.id, &spool)?,
            Err(unusable) => Err(unusable),
        };
        match chosen {
            Ok(chosen) => carry_out(shift, &task, &chosen).await,
            Err(unusable) => reject(shift, &task, unusable).await,
        }
    }

    async fn choices(&self, shift: &Shift, object_key: &str) -> Result<Result<Spool, Unusable>, WorkError> {
        let file = shift.desk.files.fetch(object_key).await?;
        let reader = std::sync::Arc::clone(&self.reader);
        let read = tokio::task::spawn_blocking(move || reader.read_actions(file.path())).await;
        match read.map_err(|_| WorkError::Panicked)? {
            Ok(spool) => Ok(Ok(spool)),
            Err(ReadError::Rejected(rejection)) => {
                Ok(Err(Unusable { code: rejection.code.name(), message: rejection.sentence_zh() }))
            }
            Err(ReadError::Io(error)) => Err(WorkError::Reader(error)),
            Err(ReadError::Stopped) => Err(WorkError::Reader(std::io::ErrorKind::Interrupted.into())),
        }
    }
}

async fn reject(shift: &Shift, task: &Task<'_>, unusable: Unusable) -> Result<(), WorkError> {
    let unit = shift.desk.store.begin().await?;
    finish(shift, unit, task, &Effects::default(), Vec::new(), Some(unusable), Outbox::new()).await
}

async fn carry_out(shift: &Shift, task: &Task<'_>, chosen: &BTreeMap<i64, Chosen>) -> Result<(), WorkError> {
    let mut unit = shift.desk.store.begin().await?;
    let known = hold(&mut unit, task, chosen).await?;
    let vault = shift.desk.store.vault();
    let effects = decide(chosen, &known, vault)?;
    let outbox = write(shift, &mut unit, task, &effects).await?;
    let shown = effects.outcomes.iter().take(SHOWN).map(|outcome| shown(task, outcome, &known)).collect();
    finish(shift, unit, task, &effects, shown, None, outbox).await
}

/// Holds unions, members and items, in this order.
async fn hold(unit: &mut Unit, task: &Task<'_>, chosen: &BTreeMap<i64, Chosen>) -> Result<Known, WorkError> {
    let numbers: Vec<i64> = chosen.keys().copied().collect();
    let people = |items: &HashMap<i64, store::comparison_items::Item>| -> Vec<i64> {
        items.values().filter_map(|item| item.person_id).collect()
    };
    let items = store::comparison_items::lock(unit, task.comparison.id, &numbers).await?;
    let items: HashMap<i64, _> = items.into_iter().map(|item| (item.item_no, item)).collect();
    let before = store::moves::find_many(unit, &people(&items)).await?;
    let paths: HashSet<String> = before.iter().map(|member| member.org_path.clone()).collect();
    let temporaries = nearest_temporaries(unit, &paths.into_iter().collect::<Vec<_>>()).await?;
    let mut unions: Vec<i64> = before.iter().map(|member| member.org_id).collect();
    unions.extend(temporaries.values().map(|org| org.id));
    unions.push(task.org.id);
    store::organizations::lock(unit, &unions).await?;
    let members = store::moves::lock(unit, &people(&items)).await?;
    let stale = store::comparison_items::stale(unit, task.comparison.id, &about_members(&items)).await?;
    let pending = store::transfers::pending_of(unit, &people(&items)).await?;
    let upload = store::uploads::find(unit, task.comparison.upload_id).await?.ok_or(WorkError::Missing("upload"))?;
    Ok(Known {
        partly_read: upload.counts.not_read > 0,
        stale: stale.into_iter().collect(),
        members: members.into_iter().map(|member| (member.person_id, member)).collect(),
        temporaries,
        pending,
        org: task.org.clone(),
        today: task.application.received_at.with_timezone(&SHANGHAI).date_naive(),
        items,
    })
}

/// The numbers of items that are about somebody who was a member somewhere.
fn about_members(items: &HashMap<i64, store::comparison_items::Item>) -> Vec<i64> {
    items.values().filter(|item| item.membership_id.is_some()).map(|item| item.item_no).collect()
}

async fn write(shift: &Shift, unit: &mut Unit, task: &Task<'_>, effects: &Effects) -> Result<Outbox, WorkError> {
    let moment = shift.desk.moment();
    let by = By { account: &task.application.account, upload: Some(task.comparison.upload_id) };
    let chain = Chain::Job(&task.job.envelope);
    let mut outbox = Outbox::new();
    let (account, upload) = (by.account, by.upload);
    store::persons::correct(unit, &effects.corrections, moment.business).await?;
    store::memberships::update(unit, &effects.updates, moment.business).await?;
    store::persons::record_changes(unit, &effects.changes, account, upload, moment.business).await?;
    shift.desk.carry_asks(unit, effects.moves.clone(), by, chain, moment, &mut outbox).await?;
    let void = store::moves::end(unit, &effects.leaves, by, moment.business).await?;
    shift.desk.tell_void(unit, &void, chain, moment, &mut outbox).await?;
    let claimed = store::transfers::request(unit, &effects.claims, account, upload, moment.business).await?;
    shift.desk.tell_requested(unit, &claimed, chain, moment, &mut outbox).await?;
    store::comparison_items::settle(unit, task.comparison.id, &effects.endings(), moment.business).await?;
    Ok(outbox)
}

/// What the document says of one choice.
fn shown(task: &Task<'_>, outcome: &Outcome, known: &Known) -> serde_json::Value {
    let item = known.items.get(&outcome.number);
    let class = item.and_then(|item| Class::parse(&item.class)).map(Class::name);
    serde_json::json!({
        "item": key(task.comparison.id, outcome.number),
        "class": class,
        "name": item.map(|item| item.name.as_str()),
        "id_masked": item.map(|item| item.id_masked.as_str()),
        "choice": outcome.word,
        "outcome": outcome.became,
        "code": outcome.code,
        "message": outcome.code.map(message_zh),
    })
}

/// Ends an application, in the unit that carried it out: its figures, its mail, the audit record.
async fn finish(
    shift: &Shift,
    mut unit: Unit,
    task: &Task<'_>,
    effects: &Effects,
    shown: Vec<serde_json::Value>,
    unusable: Option<Unusable>,
    mut outbox: Outbox,
) -> Result<(), WorkError> {
    let moment = shift.desk.moment();
    let count = |of: &str| effects.outcomes.iter().filter(|outcome| outcome.became == of).count();
    let [chosen, done, refused] = [effects.outcomes.len(), count("done"), count("refused")];
    let ending = ApplicationEnding {
        id: task.application.id,
        status: if unusable.is_some() { "rejected" } else { "done" },
        reason_code: unusable.as_ref().map(|unusable| unusable.code.to_owned()),
        reason: unusable.as_ref().map(|unusable| unusable.message.clone()),
        counts: [chosen, done, refused].map(|count| i64::try_from(count).unwrap_or(i64::MAX)),
        results: serde_json::to_string(&shown).unwrap_or_else(|_| "[]".to_owned()),
        finished_at: moment.business,
    };
    if !store::comparisons::end_application(&mut unit, &ending).await? {
        return Err(StoreError::Fenced.into());
    }
    let letter = ApplicationLetter {
        comparison_id: task.comparison.id,
        org_code: task.org.code.clone(),
        org_name: task.org.name.clone(),
        file_name: task.application.file_name.clone(),
        reason: ending.reason.clone(),
        chosen: chosen as u64,
        done: done as u64,
        refused: refused as u64,
        refusals: shown.iter().filter(|one| one["outcome"] == "refused").map(refusal).collect(),
    };
    let letter = mails::applied(task.application.id, &letter);
    let account = &task.application.account;
    mails::queue(shift, &mut unit, &mut outbox, task.job, letter, account, &task.org, moment).await?;
    let about = Some(format!("comparison:{}", task.comparison.id));
    let outcome = match &unusable {
        Some(unusable) => format!("rejected: {}", unusable.code),
        None => format!("done: {done}, refused: {refused}"),
    };
    let act = shift.desk.act(account, "apply-comparison", Some(&task.org.code), about, outcome);
    store::audit::record(&mut unit, &[act]).await?;
    tracing::info!(comparison = %task.comparison.id, chosen, done, refused, "choices of a comparison were carried out");
    shift.settle(unit, &[task.job], outbox, moment).await
}

fn refusal(shown: &serde_json::Value) -> RefusedLine {
    let word = |key: &str| shown[key].as_str().unwrap_or_default().to_owned();
    RefusedLine { name: word("name"), id_masked: word("id_masked"), choice: word("choice"), message: word("message") }
}
