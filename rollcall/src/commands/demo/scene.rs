//! What the steps share: they upload as clerks do, wait until all that follows has settled, and keep what came of it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use desk::{Accepted, ApplicationView, ComparisonView, FileOffer, ForOrg, UploadFile, UploadView};
use domain::template::TemplateKind;
use runtime::SimulatedClock;
use serde::Serialize;
use store::mails::MailSelection;
use uuid::Uuid;

use super::{
    expected::Figures,
    federation::Federation,
    workbooks::{Roster, Workbooks},
    year::YearTotals,
};
use crate::{
    app::App,
    output::{Failure, Printer, table},
    progress,
};

/// How far ahead a job that is tried again counts as open; the pauses between tries are shorter, unless it fails for good.
const SOON: TimeDelta = TimeDelta::seconds(30);

/// Files that a step lists; of more it says how many.
const LISTED: usize = 24;
/// Who starts the demonstration and looks at its results.
pub const OPERATOR: &str = "operator";

/// A mail about an upload.
#[derive(Debug, Clone, Serialize)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub status: String,
    pub file: PathBuf,
}

/// An upload that has ended.
#[derive(Debug, Clone, Serialize)]
pub struct Done {
    #[serde(flatten)]
    pub view: UploadView,
    /// Copies of its workbooks: the marked one, the rejected rows.
    pub results: Vec<PathBuf>,
    /// The mails about it.
    pub mails: Vec<Letter>,
    /// How many there must be.
    #[serde(skip)]
    pub letters: usize,
}

/// A person who joins, moves or leaves, by bureau; none: outside.
#[derive(Debug, Clone, Copy)]
pub struct Move {
    pub from: Option<usize>,
    pub to: Option<usize>,
}

/// A step with its figures.
#[derive(Debug, Clone, Default, Serialize)]
pub struct StepDone {
    pub step: &'static str,
    pub title: &'static str,
    pub notes: Vec<String>,
    pub uploads: Vec<Done>,
    /// What its lists were found to differ in.
    pub comparisons: Vec<ComparisonView>,
    /// What was chosen from difference workbooks, and what came of it.
    pub applied: Vec<ApplicationView>,
}

/// The demonstration while it lives.
pub struct Demo<'d> {
    pub app: &'d App,
    pub printer: Printer,
    pub out: &'d Path,
    pub federation: &'d Federation,
    pub workbooks: &'d Workbooks,
    /// Who has joined, moved and left since the imports.
    pub moves: Vec<Move>,
    /// How many of the requests that files led to have been answered.
    pub answered: i64,
    pub steps: Vec<StepDone>,
    /// What is otherwise than it must be.
    pub mismatches: Vec<String>,
    /// The business clock, which the demonstration moves.
    pub clock: Arc<SimulatedClock>,
    /// What came of the year.
    pub year: YearTotals,
}

impl<'d> Demo<'d> {
    /// Before the first step.
    pub fn new(
        app: &'d App,
        printer: Printer,
        out: &'d Path,
        federation: &'d Federation,
        workbooks: &'d Workbooks,
        clock: Arc<SimulatedClock>,
    ) -> Self {
        let (moves, steps, mismatches, year) = (Vec::new(), Vec::new(), Vec::new(), YearTotals::default());
        Self { app, printer, out, federation, workbooks, moves, answered: 0, steps, mismatches, clock, year }
    }

    /// Begins a step: what is uploaded and said from now on belongs to it.
    pub fn begin(&mut self, step: &'static str, title: &'static str) {
        self.printer.say(&format!("\n{}. {title}", self.steps.len() + 1));
        self.steps.push(StepDone { step, title, ..StepDone::default() });
    }

    /// Moves the business clock, notices what came due, and waits until all that follows is done.
    pub async fn at(&mut self, to: DateTime<Utc>) -> Result<(), Failure> {
        self.clock.set(to);
        self.app.ring(scheduler::reconcile(&self.app.desk).await?.bells).await;
        self.settle().await
    }

    /// Waits until nothing is open that is due, or soon due: a job that met with a conflict is tried again in a moment, and
    /// what the demo looks at next hangs on it.
    pub async fn settle(&self) -> Result<(), Failure> {
        loop {
            let mut view = self.app.desk.store.view().await?;
            let soon = self.app.desk.clock.machine_now() + SOON;
            let open = store::messages::open_by(&mut view, soon).await?;
            drop(view);
            if open == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Says a sentence.
    pub fn note(&mut self, text: String) {
        self.printer.say(&format!("   {text}"));
        if let Some(step) = self.steps.last_mut() {
            step.notes.push(text);
        }
    }

    /// By how many people all unions, or those of a bureau, have grown since the imports.
    pub fn gained(&self, bureau: Option<usize>) -> i64 {
        let is_within = |place: Option<usize>| i64::from(place.is_some() && (bureau.is_none() || bureau == place));
        self.moves.iter().map(|one| is_within(one.to) - is_within(one.from)).sum()
    }

    /// Uploads files, each as its own clerk, waits until the last mail is out, and prints the figures.
    pub async fn upload(&mut self, rosters: &[Roster]) -> Result<Vec<Done>, Failure> {
        let (mut uploads, mut correlations) = (Vec::new(), Vec::new());
        let bar = progress::bar(2 * rosters.len() as u64, "   uploading", self.printer.is_json());
        for roster in rosters {
            let accepted = self.accept(roster).await?;
            uploads.extend(accepted.uploads);
            correlations.extend(accepted.correlations);
            self.app.ring(accepted.bells).await;
            bar.inc(1);
        }
        bar.set_message("   working");
        workers::until_settled(&self.app.desk, &correlations, |open| {
            bar.set_position((2 * rosters.len() as u64).saturating_sub(u64::try_from(open).unwrap_or(0)));
        })
        .await?;
        bar.finish_and_clear();
        let mut done = Vec::new();
        for (roster, id) in rosters.iter().zip(uploads) {
            let one = self.ended(id, &roster.path).await?;
            self.mismatches.extend(roster.expected.compare(&one.view));
            done.push(one);
        }
        self.show(&done);
        if let Some(step) = self.steps.last_mut() {
            step.uploads.extend(done.iter().cloned());
        }
        Ok(done)
    }

    async fn accept(&self, roster: &Roster) -> Result<Accepted, Failure> {
        let name = roster.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let offer = FileOffer { path: roster.path.clone(), file_name: name };
        let org = roster.org.clone().map_or(ForOrg::None, ForOrg::Code);
        let data_type = (roster.kind == TemplateKind::Members).then_some("external");
        Ok(self.app.desk.accept(&roster.account, roster.kind, &org, data_type, &[offer]).await?)
    }

    /// The upload with its mails, and its workbooks copied to where people look.
    pub async fn ended(&self, id: Uuid, file: &Path) -> Result<Done, Failure> {
        let desk = &self.app.desk;
        let upload = desk.upload(OPERATOR, id).await?;
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let files = [
            (UploadFile::Result, upload.result_key.is_some(), "result"),
            (UploadFile::Rejected, upload.rejected_key.is_some(), "rejected"),
        ];
        let mut results = Vec::new();
        for (which, _, word) in files.into_iter().filter(|(_, there, _)| *there) {
            let path = self.out.join("results").join(format!("{}-{stem}-{word}.xlsx", self.steps.len()));
            std::fs::write(&path, desk.upload_file(OPERATOR, id, which).await?)?;
            results.push(path);
        }
        let view = UploadView::from(upload);
        Ok(Done { mails: self.mails_about(&view).await?, view, results, letters: 1 })
    }

    /// Mails about the upload, and about its comparison.
    async fn mails_about(&self, view: &UploadView) -> Result<Vec<Letter>, Failure> {
        let upload = Some(format!("upload:{}", view.id));
        let about = [upload, view.comparison.map(|id| format!("comparison:{id}"))];
        let accounts = self.app.desk.accounts(OPERATOR).await?;
        let address =
            accounts.into_iter().find(|account| account.name == view.account).and_then(|account| account.email);
        let wanted = MailSelection { recipient: address, ..MailSelection::default() };
        let mails = self.app.desk.mails(OPERATOR, &wanted, 100).await?;
        let outbox = self.app.config.data.dir.join("outbox");
        let own = mails.into_iter().filter(|mail| about.iter().flatten().any(|about| mail.about == *about));
        Ok(own
            .map(|mail| Letter {
                file: outbox.join(format!("{}.eml", mail.id)),
                to: mail.recipient,
                subject: mail.subject,
                status: mail.status,
            })
            .collect())
    }

    /// A line per file, and a sum where there are several.
    fn show(&self, done: &[Done]) {
        let line = |file: &str, status: &str, of: Figures| {
            let numbers =
                [of.read, of.accepted, of.unchanged, of.rejected, of.duplicate].map(|number| number.to_string());
            [file.to_owned(), status.to_owned()].into_iter().chain(numbers).collect::<Vec<_>>()
        };
        let of_done = |done: &Done| line(&done.view.file, &done.view.status, Figures::of(&done.view));
        let mut rows: Vec<Vec<String>> = done.iter().take(LISTED).map(of_done).collect();
        if done.len() > LISTED {
            rows.push(vec![format!("… and {} more", done.len() - LISTED)]);
        }
        if done.len() > 1 {
            let sum = done.iter().fold(Figures::default(), |sum, one| sum.plus(Figures::of(&one.view)));
            rows.push(line("together", "", sum));
        }
        let head = ["file", "status", "read =", "accepted +", "unchanged +", "rejected +", "duplicate"];
        for line in table(&head, &rows).lines() {
            self.printer.say(&format!("   {line}"));
        }
    }
}
