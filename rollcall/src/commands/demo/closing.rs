//! The end: totals as the registry has them, held against what was made; what to open, and what to try next.

use std::{collections::HashSet, path::Path, time::Instant};

use desk::TransferFilter;
use runtime::Config;
use serde::Serialize;
use store::{mails, messages};

use super::{
    expected::Figures,
    federation::{self, BUREAUS, ROOT},
    scene::{Demo, Done, OPERATOR, StepDone},
    year::YearTotals,
};
use crate::{app, output::Failure};

/// Members of a bureau, as the registry counts them.
#[derive(Debug, Serialize)]
struct Bureau {
    code: &'static str,
    name: &'static str,
    members: i64,
    pending_transfers: i64,
}

/// The totals.
#[derive(Debug, Serialize)]
struct Totals {
    files: usize,
    rejected_files: usize,
    discarded_files: usize,
    rows: Figures,
    unions: i64,
    members: i64,
    /// People who were imported at first, have joined since, and have left.
    imported: usize,
    joined: usize,
    left: usize,
    bureaus: Vec<Bureau>,
    /// Unions from which an import claimed somebody: each is told once per import.
    unions_asked: usize,
    mails_sent: i64,
    /// Overtaken before they were sent.
    mails_obsolete: i64,
    mails_not_sent: i64,
    dead_messages: i64,
}

/// What is printed for programs.
#[derive(Serialize)]
struct Report<'r> {
    out: &'r Path,
    seed: u64,
    steps: &'r [StepDone],
    totals: &'r Totals,
    year: &'r YearTotals,
    open: &'r [(String, &'static str)],
    next: &'r [String],
}

/// Adds up, checks, prints. A figure that is otherwise than it must be is an error.
pub async fn close(demo: &Demo<'_>, user: &Config, seed: u64, started: Instant) -> Result<(), Failure> {
    let totals = totals(demo).await?;
    let mut wrong = demo.mismatches.clone();
    wrong.extend(check(demo, &totals));
    if !wrong.is_empty() {
        let hint = format!("this is a fault of rollcall; all files are kept in {}", demo.out.display());
        return Err(Failure::refused(
            "demo-mismatch",
            format!("figures are not as they must be\n  {}", wrong.join("\n  ")),
            hint,
        ));
    }
    let (open, next) = (open(demo), next(demo, user));
    let report =
        Report { out: demo.out, seed, steps: &demo.steps, totals: &totals, year: &demo.year, open: &open, next: &next };
    demo.printer.document(&report, |report| people(report, started));
    Ok(())
}

fn uploads<'d>(demo: &'d Demo<'_>) -> impl Iterator<Item = &'d Done> {
    demo.steps.iter().flat_map(|step| &step.uploads)
}

async fn totals(demo: &Demo<'_>) -> Result<Totals, Failure> {
    let desk = &demo.app.desk;
    let root = desk.organization_view(OPERATOR, ROOT).await?;
    let mut bureaus = Vec::new();
    for (code, name) in BUREAUS {
        let view = desk.organization_view(OPERATOR, code).await?;
        bureaus.push(Bureau { code, name, members: view.members, pending_transfers: view.pending_transfers });
    }
    let claims = TransferFilter { of_imports: true, most: i64::MAX, ..TransferFilter::default() };
    let claims = desk.transfers(OPERATOR, &claims).await?;
    let asked: HashSet<_> = claims.iter().map(|claim| (claim.upload, claim.from.as_str())).collect();
    let mut view = desk.store.view().await?;
    let mails = mails::count_by_status(&mut view).await?;
    let dead_messages = messages::count_dead(&mut view, &messages::DeadSelection::default()).await?;
    let count =
        |of: &[&str]| mails.iter().filter(|(status, _)| of.contains(&status.as_str())).map(|(_, count)| count).sum();
    let rejected = |discarded: bool| {
        let of = uploads(demo).filter(|done| done.view.status == "rejected");
        let is_discarded =
            |done: &&Done| done.view.reason.as_ref().is_some_and(|reason| reason.code == "discarded") == discarded;
        of.filter(is_discarded).count()
    };
    Ok(Totals {
        files: uploads(demo).count(),
        rejected_files: rejected(false),
        discarded_files: rejected(true),
        rows: uploads(demo).fold(Figures::default(), |sum, done| sum.plus(Figures::of(&done.view))),
        unions: root.organizations.iter().map(|(_, count)| count).sum(),
        members: root.members,
        imported: demo.federation.members(None),
        joined: demo.moves.iter().filter(|one| one.from.is_none()).count(),
        left: demo.moves.iter().filter(|one| one.to.is_none()).count(),
        bureaus,
        unions_asked: asked.len(),
        mails_sent: count(&["sent"]),
        mails_obsolete: count(&["obsolete"]),
        mails_not_sent: count(&["queued", "sending", "unknown", "refused", "no_address"]),
        dead_messages,
    })
}

/// What is otherwise than it was made to be, in sentences.
fn check(demo: &Demo<'_>, totals: &Totals) -> Vec<String> {
    let made = demo.federation;
    let members = |bureau: Option<usize>| made.members(bureau) as i64 + demo.gained(bureau);
    let mut pairs = vec![
        ("unions on record".to_owned(), made.organizations.rows.len() as i64, totals.unions),
        ("members on record".to_owned(), members(None), totals.members),
        ("mails not sent".to_owned(), 0, totals.mails_not_sent),
        ("dead messages".to_owned(), 0, totals.dead_messages),
    ];
    for (place, bureau) in totals.bureaus.iter().enumerate() {
        pairs.push((format!("members of {} on record", bureau.code), members(Some(place)), bureau.members));
    }
    let waiting = totals.bureaus.iter().map(|bureau| bureau.pending_transfers).sum();
    pairs.push(("requests to move".to_owned(), totals.rows.transfers - demo.answered, waiting));
    let of_upload =
        |done: &Done| (format!("mails about {}", done.view.file), done.letters as i64, done.mails.len() as i64);
    pairs.extend(uploads(demo).map(of_upload));
    let mut wrong: Vec<String> = pairs
        .into_iter()
        .filter(|(_, must, is)| must != is)
        .map(|(what, must, is)| format!("{what}: must be {must}, is {is}"))
        .collect();
    if !totals.rows.adds_up() {
        wrong.push(format!("rows don't add up: {}", totals.rows));
    }
    wrong
}

/// Paths worth opening, and what lies there.
fn open(demo: &Demo<'_>) -> Vec<(String, &'static str)> {
    let mut open = Vec::new();
    let messy = demo.steps.iter().find(|step| step.step == "messy").and_then(|step| step.uploads.first());
    open.push((demo.workbooks.messy.path.display().to_string(), "what the clerk sent"));
    if let Some(done) = messy {
        let words = ["the same file back: results, marks and notes", "its rejected rows alone, ready to be mended"];
        open.extend(done.results.iter().map(|path| path.display().to_string()).zip(words));
        open.extend(done.mails.iter().map(|mail| (mail.file.display().to_string(), "the mail about it")));
    }
    let compared = demo.steps.iter().find(|step| step.step == "compare").and_then(|step| step.uploads.first());
    let difference = compared.and_then(|done| done.results.first());
    open.extend(difference.map(|path| (path.display().to_string(), "what a list and the registry differ in")));
    let chosen = format!("workbooks/difference-{}-chosen.xlsx", demo.federation.units[federation::COMPARED].code);
    open.push((demo.out.join(chosen).display().to_string(), "the same with the clerk's choices"));
    for (folder, words) in
        [("workbooks", "all files as sent"), ("results", "all results"), ("data/outbox", "all mails")]
    {
        open.push((demo.out.join(folder).display().to_string(), words));
    }
    open
}

/// Commands that go on with the data. What the user's own configuration says otherwise is set back.
fn next(demo: &Demo<'_>, user: &Config) -> Vec<String> {
    let dir = demo.app.config.data.dir.display().to_string();
    let dir = if dir.contains(char::is_whitespace) { format!("'{dir}'") } else { dir };
    // As it was called, so that the line can be copied: a newcomer has no `rollcall` in the path yet.
    let called = std::env::args().next().filter(|word| !word.contains(char::is_whitespace));
    let mut rollcall = format!("{} --set data.dir={dir}", called.as_deref().unwrap_or("rollcall"));
    for (differs, setting) in [
        (!app::is_sqlite(user), " --set database.url="),
        (!app::is_embedded(user), " --set broker.url=embedded"),
        (!user.files.url.is_empty(), " --set files.url="),
        (!user.mail.url.is_empty(), " --set mail.url="),
    ] {
        rollcall.push_str(if differs { setting } else { "" });
    }
    let (unit, messy) =
        (&demo.federation.units[federation::MESSY], demo.steps.iter().find(|step| step.step == "messy"));
    let mut next = vec![format!("{rollcall} upload list"), format!("{rollcall} member list --org {}", unit.code)];
    next.extend(
        messy.and_then(|step| step.uploads.first()).map(|done| format!("{rollcall} upload show {}", done.view.id)),
    );
    let compared = demo.steps.iter().find_map(|step| step.comparisons.first());
    next.extend(compared.map(|comparison| format!("{rollcall} compare show {}", comparison.id)));
    next
}

fn people(report: &Report<'_>, started: Instant) -> String {
    use std::fmt::Write as _;
    let totals = report.totals;
    let bureaus: Vec<String> =
        totals.bureaus.iter().map(|bureau| format!("{} {}", bureau.members, bureau.name)).collect();
    let waiting: i64 = totals.bureaus.iter().map(|bureau| bureau.pending_transfers).sum();
    let mut text = format!("\nTotals, as they must be ({:.1} s)\n", started.elapsed().as_secs_f32());
    let lines = [
        (
            "files",
            format!(
                "{} uploaded, {} of them rejected whole, {} held and discarded",
                totals.files, totals.rejected_files, totals.discarded_files
            ),
        ),
        ("rows", totals.rows.to_string()),
        ("unions", format!("{} on record", totals.unions)),
        ("members", format!("{} imported + {} joined - {} left", totals.imported, totals.joined, totals.left)),
        ("", format!("{} on record = {}", totals.members, bureaus.join(" + "))),
        ("transfers", format!("{waiting} requests wait for an answer")),
        (
            "mails",
            format!("{} sent, {} overtaken, {} not", totals.mails_sent, totals.mails_obsolete, totals.mails_not_sent),
        ),
        ("messages", format!("{} dead", totals.dead_messages)),
    ];
    for (what, line) in lines {
        let _ = writeln!(text, "   {what:10} {line}");
    }
    for (status, units, members, fen) in &report.year.by_status {
        let _ = writeln!(text, "   {status:10} units {units}, people {members}, {} yuan", domain::money::Yuan(*fen));
    }
    let instant = report.year.instant_people;
    let _ = writeln!(
        text,
        "   {:10} drafts made {}, people covered by instant enrolment {instant}",
        "failed", report.year.drafts
    );
    text.push_str("\nOpen\n");
    for (path, words) in report.open {
        let _ = writeln!(text, "   {path}\n      {words}");
    }
    text.push_str("\nTry next\n");
    for command in report.next {
        let _ = writeln!(text, "   {command}");
    }
    text
}
