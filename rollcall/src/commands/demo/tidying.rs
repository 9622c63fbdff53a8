//! Before the year: unions compare their lists with the registry, and carry out what follows: moves, removals, newcomers.

use desk::{FileOffer, ItemView, MemberSelection, TransferFilter, TransferView};
use domain::{
    comparison::{Class, Counts},
    mask,
    template::TemplateKind,
};
use runtime::shanghai_text;
use uuid::Uuid;

use super::{
    expected::{Expected, Figures},
    federation::{COMPARED, MESSY, NEIGHBOUR, RETIRING, Unit},
    lists::{self, HANDED_OVER, LEAVERS, MISTYPED, NOT_TAKEN},
    people::Person,
    scene::{Demo, Done, Move},
    workbooks::{Comparable, Roster, clerk},
};
use crate::{commands::instant, output::Failure};

/// Items of a comparison that are looked at.
const ITEMS: i64 = 1_000;

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TidyStep {
    Compare,
    Apply,
    Mended,
    Transfers,
    Same,
    Removals,
    Held,
}

impl TidyStep {
    /// All of them, in order.
    pub const ALL: [Self; 7] =
        [Self::Compare, Self::Apply, Self::Mended, Self::Transfers, Self::Same, Self::Removals, Self::Held];

    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Compare => {
                ("compare", "2022-10-20T10:00:00+08:00", "A unit compares its own list with the registry, both ways")
            }
            Self::Apply => (
                "apply",
                "2022-10-20T15:00:00+08:00",
                "The clerk chooses in the difference workbook, in its column 处理, and sends it back",
            ),
            Self::Mended => (
                "newcomers",
                "2022-10-21T09:00:00+08:00",
                "The clerk mends the list; the new difference workbook is the import of the newcomers as it is",
            ),
            Self::Transfers => {
                ("transfers", "2022-10-21T14:00:00+08:00", "A unit hands members over; the other side answers")
            }
            Self::Same => ("same", "2022-10-24T09:00:00+08:00", "The list is compared once more: nothing is left"),
            Self::Removals => ("removals", "2022-10-24T10:00:00+08:00", "A unit removes those who have retired"),
            Self::Held => {
                ("held", "2022-10-24T14:00:00+08:00", "Two lists mean something else than they say, and are held")
            }
        }
    }

    /// Lives through it.
    pub async fn run(self, demo: &mut Demo<'_>) -> Result<(), Failure> {
        let (name, at, title) = self.words();
        demo.begin(name, title);
        demo.at(instant(at)?).await?;
        match self {
            Self::Compare => compare(demo).await?,
            Self::Apply => apply(demo).await?,
            Self::Mended => newcomers(demo).await?,
            Self::Transfers => transfers(demo).await?,
            Self::Same => same(demo).await?,
            Self::Removals => removals(demo).await?,
            Self::Held => held(demo).await?,
        }
        demo.settle().await
    }
}

impl<'d> Demo<'d> {
    fn unit(&self, place: usize) -> &'d Unit {
        &self.federation.units[place]
    }

    fn must<T: PartialEq + std::fmt::Debug + Copy>(&mut self, what: &str, must: T, is: T) {
        if must != is {
            self.mismatches.push(format!("{what}: must be {must:?}, is {is:?}"));
        }
    }

    /// Says what a comparison found, holds it against what it must find, and keeps it.
    async fn found(&mut self, id: Option<Uuid>, must: &Counts) -> Result<(), Failure> {
        let Some(id) = id else {
            self.mismatches.push("a roster that is done must have a comparison".to_owned());
            return Ok(());
        };
        let of = self.app.desk.comparison_items(super::scene::OPERATOR, id, None, ITEMS).await?;
        let counts = of.comparison.counts;
        self.must(&format!("comparison of {}", of.comparison.org), *must, counts);
        self.note(format!(
            "read {} = same {} + changed {} + not in registry {} + in other union {} + duplicate {} + rejected {}",
            counts.read,
            counts.same,
            counts.changed,
            counts.not_in_registry,
            counts.in_other_union,
            counts.duplicate,
            counts.rejected
        ));
        self.note(format!("absent from the list {}, near matches {}", counts.absent_from_file, counts.near_match));
        if let Some(step) = self.steps.last_mut() {
            step.comparisons.push(of.comparison);
        }
        Ok(())
    }

    async fn compared(&mut self, list: &Comparable) -> Result<Option<Done>, Failure> {
        let done = self.upload(std::slice::from_ref(&list.roster)).await?.pop();
        self.found(done.as_ref().and_then(|done| done.view.comparison), &list.counts).await?;
        Ok(done)
    }

    /// Puts what has become of an upload since into the step's record.
    async fn again(&mut self, done: &Done, roster: &Roster, letters: usize) -> Result<Done, Failure> {
        let now = Done { letters, ..self.ended(done.view.id, &roster.path).await? };
        let kept =
            self.steps.last_mut().and_then(|step| step.uploads.iter_mut().find(|one| one.view.id == now.view.id));
        if let Some(kept) = kept {
            *kept = now.clone();
        }
        Ok(now)
    }

    fn moved(&mut self, from: Option<usize>, to: Option<usize>) {
        let bureau = |place: usize| self.federation.units[place].bureau;
        let (from, to) = (from.map(bureau), to.map(bureau));
        self.moves.push(Move { from, to });
    }
}

async fn compare(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let workbooks = demo.workbooks;
    let Some(done) = demo.compared(&workbooks.lists.first).await? else { return Ok(()) };
    let Some(comparison) = done.view.comparison else { return Ok(()) };
    let of = demo.app.desk.comparison_items(&done.view.account, comparison, None, ITEMS).await?;
    for item in &of.items {
        let row = item.row.map(|row| format!("row {row}, ")).unwrap_or_default();
        let suggestion = item.suggestion.as_deref().map(|word| format!(": {word}")).unwrap_or_default();
        let changes = item.fields.iter().filter(|_| item.class == Class::Changed.name());
        let changes = changes.map(|field| format!("{} {} -> {}", field.column, field.before, field.after));
        let why: Vec<String> = changes.chain(item.reasons.iter().cloned()).collect();
        let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("；")) };
        demo.note(format!("  {:16}  {row}{}  {}{suggestion}{why}", item.class, item.name, item.id_masked));
    }
    for letter in &done.mails {
        demo.note(format!("mail to {}: {}", letter.to, letter.subject));
    }
    Ok(())
}

/// The upload of a step that is over.
fn upload_of(demo: &Demo<'_>, step: &str) -> Option<Done> {
    demo.steps.iter().find(|one| one.step == step).and_then(|one| one.uploads.first()).cloned()
}

async fn apply(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let unit = demo.unit(COMPARED);
    let Some(done) = upload_of(demo, "compare") else { return Ok(()) };
    let (Some(comparison), Some(difference)) = (done.view.comparison, done.results.first()) else { return Ok(()) };
    let insisted = &unit.people[MISTYPED].id_number;
    let choose = |line: &sheets::Line<'_>| {
        let cell = |title: &str| line.cells.get(title).map_or("", String::as_str);
        match (line.sheet, cell("建议")) {
            ("信息不一致", _) => Some("更新"),
            ("在其他工会", _) => Some("申请转入"),
            (_, "转移") => Some("转移"),
            (_, "退休") => Some("退休"),
            // Against the advice: somebody whom a row of the list resembles.
            _ => (cell("证件号码") == insisted).then_some("转移"),
        }
    };
    let filled = sheets::fill_choices(&std::fs::read(difference)?, choose)
        .map_err(|error| Failure::refused("workbook", error.to_string(), ""))?;
    let file_name = format!("difference-{}-chosen.xlsx", unit.code);
    let path = demo.out.join("workbooks").join(&file_name);
    std::fs::write(&path, filled)?;
    let offer = FileOffer { path, file_name };
    let (application, _, bells) = demo.app.desk.apply_comparison(&clerk(&unit.code), comparison, &offer).await?;
    demo.app.ring(bells).await;
    demo.settle().await?;
    let applied = demo.app.desk.application(application).await?;
    let counts = applied.counts;
    demo.note(format!(
        "chosen {} = done {} + refused {} + unchanged {}",
        counts.chosen, counts.done, counts.refused, counts.unchanged
    ));
    let lines = applied.items.as_array().map(Vec::as_slice).unwrap_or_default();
    for line in lines {
        let word = |key: &str| line[key].as_str().unwrap_or_default();
        let why = [": ", word("message")].concat();
        let why = if word("outcome") == "refused" { why.as_str() } else { "" };
        demo.note(format!("  {:16}  {}  {} {}{why}", word("class"), word("name"), word("choice"), word("outcome")));
    }
    // Two changes, one request, the leavers, and the one who has retired.
    let carried_out = 2 + 1 + LEAVERS.len() as i64 + 1;
    demo.must("choices", [carried_out + 1, carried_out, 1], [counts.chosen, counts.done, counts.refused]);
    // The leavers stay with the bureau, in its temporary union; the retired one goes.
    demo.moved(Some(COMPARED), None);
    if let Some(step) = demo.steps.last_mut() {
        step.applied.push(applied);
    }
    Ok(())
}

async fn newcomers(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let (workbooks, unit) = (demo.workbooks, demo.unit(COMPARED));
    let Some(done) = demo.compared(&workbooks.lists.mended).await? else { return Ok(()) };
    let Some(difference) = done.results.first() else { return Ok(()) };
    let path = demo.out.join("workbooks").join(format!("difference-{}-mended.xlsx", unit.code));
    let _ = std::fs::copy(difference, &path)?;
    let count = demo.federation.newcomers.len();
    let import = Roster {
        kind: TemplateKind::Members,
        path,
        org: Some(unit.code.clone()),
        account: clerk(&unit.code),
        expected: Expected::clean(Figures::accepted(count)),
    };
    let _ = demo.upload(std::slice::from_ref(&import)).await?;
    for _ in 0..count {
        demo.moved(None, Some(COMPARED));
    }
    Ok(())
}

/// Whether a request is about this person.
fn is_about(request: &TransferView, person: &Person) -> bool {
    request.id_masked == mask::mask_number(&person.id_number) && request.name == mask::mask_name(&person.name)
}

async fn transfers(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let (workbooks, unit) = (demo.workbooks, demo.unit(NEIGHBOUR));
    let (to, from) = (demo.unit(COMPARED), demo.unit(0));
    let _ = demo.upload(std::slice::from_ref(&workbooks.lists.moves)).await?;
    let who = clerk(&unit.code);
    let wanted = TransferFilter { status: Some("pending".to_owned()), most: ITEMS, ..TransferFilter::default() };
    let pending = demo.app.desk.transfers(&who, &wanted).await?;
    demo.must("requests that the neighbour sees", 3, pending.len());
    let asked = |person: &Person| pending.iter().find(|request| is_about(request, person)).map(|request| request.id);
    let own = unit.people.first().and_then(asked);
    let agreed: Vec<i64> = own.into_iter().chain(asked(&from.people[HANDED_OVER])).collect();
    let refused: Vec<i64> = asked(&from.people[NOT_TAKEN]).into_iter().collect();
    let done = demo.app.desk.approve_transfers(&who, &agreed).await?;
    tell(demo, &done.items, "approved", 2);
    demo.app.ring(done.bells).await;
    let done = demo.app.desk.reject_transfers(&who, &refused, "该职工尚未到岗").await?;
    tell(demo, &done.items, "rejected", 1);
    demo.app.ring(done.bells).await;
    // Of these, the list of moves asked for two.
    demo.answered += 2;
    demo.moved(Some(NEIGHBOUR), Some(COMPARED));
    demo.moved(Some(0), Some(NEIGHBOUR));
    let Some(own) = pending.iter().find(|request| Some(request.id) == own) else { return Ok(()) };
    let member = demo.app.desk.member(&clerk(&to.code), &own.member_no).await?;
    let stays: Vec<String> = member
        .stays
        .iter()
        .map(|stay| match stay.until {
            Some(until) => format!("{} until {}", stay.org, shanghai_text(until)),
            None => format!("{} since {}", stay.org, shanghai_text(stay.since)),
        })
        .collect();
    demo.note(format!("history of {}: {}", own.member_no, stays.join(", ")));
    Ok(())
}

/// Says the outcomes of an act on several, so many of which must have this status.
fn tell(demo: &mut Demo<'_>, items: &[ItemView], status: &str, must: usize) {
    for item in items {
        let code = item.code.map(|code| format!(" ({code})")).unwrap_or_default();
        let member = item.member_no.as_deref().unwrap_or_default();
        demo.note(format!("{member} {}{code}: {}", item.status, item.message));
    }
    demo.must(status, must, items.iter().filter(|item| item.status == status).count());
}

async fn same(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let mended = &demo.workbooks.lists.mended;
    let (expected, counts) = lists::at_last(mended.counts.read);
    let list = Comparable { roster: Roster { expected, ..mended.roster.clone() }, counts };
    let done = demo.compared(&list).await?;
    for letter in done.into_iter().flat_map(|done| done.mails) {
        demo.note(format!("mail to {}: {}", letter.to, letter.subject));
    }
    Ok(())
}

async fn removals(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let unit = demo.unit(RETIRING);
    let who = clerk(&unit.code);
    let today = chrono::NaiveDate::from_ymd_opt(2022, 10, 24).unwrap_or_default();
    let retired = unit.people.iter().filter(|person| person.retired_on.is_some_and(|day| day <= today)).count();
    let wanted = MemberSelection { retired: true, most: ITEMS, ..MemberSelection::default() };
    let listed = demo.app.desk.members(&who, &unit.code, &wanted).await?;
    demo.must("members who have retired", retired, listed.len());
    // By mistake the clerk names a young one, too.
    let name = unit.people.first().map(|person| person.name.clone());
    let young = MemberSelection { name, most: ITEMS, ..MemberSelection::default() };
    let young = demo.app.desk.members(&who, &unit.code, &young).await?;
    let numbers: Vec<String> = listed.iter().chain(young.first()).map(|member| member.member_no.clone()).collect();
    let done = demo.app.desk.remove_members(&who, &numbers, "retired").await?;
    tell(demo, &done.items, "removed", retired);
    demo.must("refused removals", 1, done.items.iter().filter(|item| item.status == "refused").count());
    demo.app.ring(done.bells).await;
    for _ in 0..retired {
        demo.moved(Some(RETIRING), None);
    }
    Ok(())
}

async fn held(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let (lists, who) = (&demo.workbooks.lists, clerk(&demo.unit(MESSY).code));
    let Some(done) = demo.upload(std::slice::from_ref(&lists.page.roster)).await?.pop() else { return Ok(()) };
    reason(demo, &done);
    let bells = demo.app.desk.release(&who, done.view.id).await?;
    demo.app.ring(bells).await;
    demo.settle().await?;
    let done = demo.again(&done, &lists.page.roster, 2).await?;
    demo.must("the released list", "done", done.view.status.as_str());
    demo.note("the clerk releases it: it is compared, and whom it lacks nobody moves unasked".to_owned());
    demo.found(done.view.comparison, &lists.page.counts).await?;

    let Some(done) = demo.upload(std::slice::from_ref(&lists.slipped)).await?.pop() else { return Ok(()) };
    reason(demo, &done);
    demo.app.desk.discard(&who, done.view.id).await?;
    let done = demo.again(&done, &lists.slipped, 1).await?;
    demo.must("the discarded list", "rejected", done.view.status.as_str());
    demo.note("the clerk sees that the names have slipped by a row, and discards it".to_owned());
    Ok(())
}

/// Why an upload is held.
fn reason(demo: &mut Demo<'_>, done: &Done) {
    if let Some(reason) = &done.view.reason {
        demo.note(format!("{}: {}", reason.code, reason.message));
    }
}
