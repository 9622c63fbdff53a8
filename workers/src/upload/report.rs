//! Reports: the workbooks of an upload, its ending on record, and the mail to its clerk.

use std::io::Cursor;

use chrono::Datelike;
use desk::{Bell, Cause, Desk, Moment, Outbox, object_key};
use domain::{
    finding::{Code, Finding},
    guard::Hold,
    template::TemplateKind,
    upload::UploadStatus,
};
use runtime::{SHANGHAI, shanghai_time};
use sheets::{Mark, Outcome as MarkOutcome, Rejection, Summary, WriteOptions, write_marked, write_rejected};
use store::{
    StoreError, Unit,
    organizations::Organization,
    uploads::{Ending, RowCounts, Upload},
};
use uuid::Uuid;

use super::{
    Task, UploadWork,
    import::{File, Looked},
    letter::letter,
    tally::{Fate, Tally},
};
use crate::{Shift, WorkError};

/// What a clerk reads of an upload that failed for a reason of ours.
pub(crate) const FAILED_ZH: &str =
    "系统处理该文件时发生故障，未作任何变更。文件已保存，管理员处理后会重新运行，无需重新上传。";

/// Where the workbooks of a file lie.
#[derive(Debug, Clone, Default)]
pub(crate) struct Made {
    result_key: Option<String>,
    rejected_key: Option<String>,
}

/// Makes and stores the workbooks of files whose rows are decided: durable before the rows are.
pub(crate) async fn workbooks(
    work: &UploadWork,
    shift: &Shift,
    kind: TemplateKind,
    files: &[(File<'_>, Looked)],
) -> Result<Vec<Made>, WorkError> {
    let mut puts = Vec::new();
    let mut made = Vec::new();
    for (file, looked) in files {
        let id = file.task.upload.id;
        let pages = Pages::of(file, looked);
        let folder = work.temp_folder.clone();
        // Off the async threads: a workbook is pure work, and a large one takes seconds.
        let (spool, tally) = (std::sync::Arc::clone(&file.spool), std::sync::Arc::clone(&looked.tally));
        let written = tokio::task::spawn_blocking(move || pages.write(kind, &spool, &tally, &folder)).await;
        let (marked, rejected) = written.map_err(|_| WorkError::Panicked)??;
        let mut keys = Made { result_key: Some(object_key(id, "result.xlsx")), rejected_key: None };
        puts.push((object_key(id, "result.xlsx"), marked));
        if let Some(rejected) = rejected {
            keys.rejected_key = Some(object_key(id, "rejected.xlsx"));
            puts.push((object_key(id, "rejected.xlsx"), rejected));
        }
        made.push(keys);
    }
    shift.desk.files.put_many(puts).await?;
    Ok(made)
}

/// What the workbooks of one file say beside its rows.
struct Pages {
    summary: Summary,
    created: chrono::NaiveDateTime,
}

impl Pages {
    fn of(file: &File<'_>, looked: &Looked) -> Self {
        let upload = &file.task.upload;
        let org =
            file.org.as_ref().map_or_else(|| "按各行工会编号".to_owned(), |org| format!("{} {}", org.code, org.name));
        let lines = [
            ("文件", upload.file_name.clone()),
            ("工会", org),
            ("上传账号", upload.account.clone()),
            ("接收时间", shanghai_time(upload.received_at)),
            ("上传编号", upload.id.to_string()),
        ];
        let findings =
            looked.tally.finding_counts.iter().filter_map(|(name, count)| Some((Code::parse(name)?, *count)));
        Self {
            summary: Summary {
                lines: lines.into_iter().map(|(label, text)| (label.to_owned(), text)).collect(),
                counts: sheet_counts(looked.tally.counts),
                findings: findings.collect(),
                notes: looked.tally.notes.iter().map(Finding::message_zh).collect(),
            },
            created: upload.received_at.with_timezone(&SHANGHAI).naive_local(),
        }
    }

    fn write(
        &self,
        kind: TemplateKind,
        spool: &sheets::Spool,
        tally: &Tally,
        temp_folder: &std::path::Path,
    ) -> Result<(Vec<u8>, Option<Vec<u8>>), WorkError> {
        let options = WriteOptions { created: self.created, temp_folder };
        let failed = |error: sheets::WriteError| WorkError::Workbook(error.to_string());
        let mut marked = Cursor::new(Vec::new());
        write_marked(kind, spool, marks(tally), &self.summary, &options, &mut marked).map_err(failed)?;
        if tally.counts.rejected == 0 {
            return Ok((marked.into_inner(), None));
        }
        let mut rejected = Cursor::new(Vec::new());
        let year = self.created.year();
        write_rejected(kind, year, spool, marks(tally), &options, &mut rejected).map_err(failed)?;
        Ok((marked.into_inner(), Some(rejected.into_inner())))
    }
}

/// The counts as the first sheet of a workbook shows them.
pub(crate) fn sheet_counts(counts: domain::upload::Counts) -> sheets::Counts {
    let domain::upload::Counts {
        read,
        accepted,
        unchanged,
        rejected,
        duplicate,
        transfers,
        content,
        headings,
        skipped,
        not_read,
    } = counts;
    sheets::Counts { read, accepted, unchanged, rejected, duplicate, transfers, content, headings, skipped, not_read }
}

/// The marks of all rows, in the order of the file; findings stand in that order, too.
pub(crate) fn marks(tally: &Tally) -> impl Iterator<Item = Mark<'_>> {
    let (mut rest, mut places) = (tally.findings.as_slice(), tally.finding_places.as_slice());
    tally.fates.iter().map(move |(place, fate)| {
        let own = places.iter().take_while(|other| *other == place).count();
        let (findings, after) = rest.split_at(own);
        (rest, places) = (after, &places[own..]);
        let outcome = match fate {
            Fate::New | Fate::Changed => MarkOutcome::Accepted,
            Fate::Transfer => MarkOutcome::Transfer,
            Fate::Unchanged => MarkOutcome::Unchanged,
            Fate::Rejected => MarkOutcome::Rejected,
            Fate::Duplicate => MarkOutcome::Duplicate,
        };
        Mark { place: *place, outcome, findings }
    })
}

/// Ends files whose rows were carried out, in the unit that carried them out.
#[expect(clippy::too_many_arguments, reason = "files with all that became of them")]
pub(crate) async fn settle(
    work: &UploadWork,
    shift: &Shift,
    mut unit: Unit,
    files: &[File<'_>],
    looked: &[Looked],
    made: Vec<Made>,
    outbox: Outbox,
    moment: Moment,
) -> Result<(), WorkError> {
    let mut ends = Vec::new();
    let common: Vec<Option<i64>> = looked.iter().map(|looked| common_org(&looked.headcounts.paths)).collect();
    let ids: Vec<i64> = common.iter().flatten().copied().collect();
    let orgs = store::organizations::get_many(&mut unit, &ids).await?;
    for (((file, looked), made), common) in files.iter().zip(looked).zip(made).zip(common) {
        let of_rows = || orgs.iter().find(|org| Some(org.id) == common).cloned();
        let org = file.org.clone().or_else(of_rows);
        let ending = Ending {
            result_key: made.result_key,
            rejected_key: made.rejected_key,
            // What is for no union stays so on record; its mail goes to the root.
            org_id: org.as_ref().map(|org| org.id),
            ..ending(work, &file.task.upload, UploadStatus::Done, Some(&looked.tally), moment)
        };
        ends.push(End { task: &file.task, org, ending, tally: Some(&looked.tally) });
    }
    finish(shift, unit, ends, outbox, moment).await
}

/// Ends files that were rejected whole.
pub(crate) async fn reject(
    work: &UploadWork,
    shift: &Shift,
    rejected: Vec<(Task<'_>, Option<Organization>, Rejection)>,
) -> Result<(), WorkError> {
    let moment = shift.desk.moment();
    let mut unit = shift.desk.store.begin().await?;
    lock(&mut unit, rejected.iter().map(|(task, ..)| task.upload.id)).await?;
    let ends = rejected.iter().map(|(task, org, rejection)| End {
        task,
        org: org.clone(),
        ending: Ending {
            reason_code: Some(rejection.code.name().to_owned()),
            reason: Some(rejection.sentence_zh()),
            ..ending(work, &task.upload, UploadStatus::Rejected, None, moment)
        },
        tally: None,
    });
    finish(shift, unit, ends.collect(), Outbox::new(), moment).await
}

/// Holds files that may mean something else than they seem to.
pub(crate) async fn hold(
    work: &UploadWork,
    shift: &Shift,
    held: Vec<(File<'_>, Looked, Hold)>,
) -> Result<(), WorkError> {
    let moment = shift.desk.moment();
    let mut unit = shift.desk.store.begin().await?;
    lock(&mut unit, held.iter().map(|(file, ..)| file.task.upload.id)).await?;
    let ends = held.iter().map(|(file, looked, hold)| End {
        task: &file.task,
        org: file.org.clone(),
        ending: Ending {
            reason_code: Some(hold.name().to_owned()),
            reason: Some(hold.message_zh()),
            ..ending(work, &file.task.upload, UploadStatus::Held, Some(&looked.tally), moment)
        },
        tally: Some(&looked.tally),
    });
    finish(shift, unit, ends.collect(), Outbox::new(), moment).await
}

/// Holds open uploads for this unit; one that has ended meanwhile fences the job.
pub(crate) async fn lock(unit: &mut Unit, ids: impl Iterator<Item = Uuid>) -> Result<(), WorkError> {
    let ids: Vec<Uuid> = ids.collect();
    let open = store::uploads::lock_open(unit, &ids).await?;
    if open.len() == ids.len() { Ok(()) } else { Err(StoreError::Fenced.into()) }
}

/// One upload at its end.
struct End<'e, 'j> {
    task: &'e Task<'j>,
    org: Option<Organization>,
    ending: Ending,
    tally: Option<&'e Tally>,
}

/// Writes endings, mails and "done" in one unit.
async fn finish(
    shift: &Shift,
    mut unit: Unit,
    mut ends: Vec<End<'_, '_>>,
    mut outbox: Outbox,
    moment: Moment,
) -> Result<(), WorkError> {
    let endings: Vec<Ending> = ends.iter().map(|end| end.ending.clone()).collect();
    store::uploads::settle(&mut unit, &endings).await?;
    let root = store::organizations::root(&mut unit).await?;
    for end in &mut ends {
        end.org = end.org.take().or_else(|| root.clone());
    }
    let mut letters = Vec::new();
    for end in &ends {
        let cause = Cause::Message(end.task.job.envelope.clone());
        letters.push(letter(&end.task.upload, end.org.as_ref(), &end.ending, end.tally, cause));
        tracing::info!(
            upload = %end.task.upload.id,
            status = end.ending.status,
            rows = end.ending.counts.read,
            accepted = end.ending.counts.accepted,
            rejected = end.ending.counts.rejected,
            "an upload has ended"
        );
    }
    shift.desk.post(&mut unit, &mut outbox, &letters, moment).await?;
    let jobs: Vec<_> = ends.iter().map(|end| end.task.job).collect();
    shift.settle(unit, &jobs, outbox, moment).await
}

/// How an upload ends, or stands.
pub(crate) fn ending(
    work: &UploadWork,
    upload: &Upload,
    status: UploadStatus,
    tally: Option<&Tally>,
    moment: Moment,
) -> Ending {
    let counts = tally.map(|tally| tally.counts).unwrap_or_default();
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    Ending {
        id: upload.id,
        status: status.name(),
        reason_code: None,
        reason: None,
        counts: RowCounts {
            read: count(counts.read),
            accepted: count(counts.accepted),
            unchanged: count(counts.unchanged),
            rejected: count(counts.rejected),
            duplicate: count(counts.duplicate),
            transfers: count(counts.transfers),
            content: count(counts.content),
            headings: count(counts.headings),
            skipped: count(counts.skipped),
            not_read: count(counts.not_read),
        },
        findings: tally.map_or_else(|| "[]".to_owned(), |tally| findings_json(tally, work.settings.findings_shown)),
        finding_counts: tally
            .and_then(|tally| serde_json::to_string(&tally.finding_counts).ok())
            .unwrap_or_else(|| "{}".to_owned()),
        result_key: None,
        rejected_key: None,
        org_id: None,
        finished_at: moment.business,
    }
}

/// The first findings as programs and people read them; values are masked.
pub(crate) fn findings_json(tally: &Tally, most: usize) -> String {
    let shown: Vec<serde_json::Value> = tally
        .notes
        .iter()
        .chain(&tally.findings)
        .take(most)
        .map(|finding| {
            serde_json::json!({
                "code": finding.code.name(),
                "severity": finding.severity.name(),
                "sheet": finding.sheet,
                "block": finding.block,
                "row": finding.row,
                "column": finding.column.and_then(domain::template::column_title),
                "message": finding.message_zh(),
                "remedy": finding.remedy_zh(),
            })
        })
        .collect();
    serde_json::to_string(&shown).unwrap_or_else(|_| "[]".to_owned())
}

/// The lowest organization that all of the unions are below (or are): its id.
fn common_org(paths: &[String]) -> Option<i64> {
    fn ids(path: &str) -> Vec<&str> {
        path.split('/').filter(|id| !id.is_empty()).collect()
    }
    let mut common = ids(paths.first()?);
    for path in paths {
        let shared = common.iter().zip(ids(path)).take_while(|(a, b)| **a == *b).count();
        common.truncate(shared);
    }
    common.last()?.parse().ok()
}

/// Tells the clerks of uploads that failed for a reason of ours.
pub(crate) async fn mail_failures(
    desk: &Desk,
    unit: &mut Unit,
    failed: &[Uuid],
    moment: Moment,
) -> Result<Vec<Bell>, StoreError> {
    let mut letters = Vec::new();
    let root = store::organizations::root(unit).await?;
    for upload in store::uploads::find_many(unit, failed).await? {
        let own = match upload.org_id {
            Some(id) => store::organizations::get(unit, id).await?,
            None => None,
        };
        // What is for no union is the root's, as when it ends well.
        let org = own.or_else(|| root.clone());
        letters.push(super::letter::failure(&upload, org.as_ref()));
    }
    let mut outbox = Outbox::new();
    desk.post(unit, &mut outbox, &letters, moment).await?;
    outbox.write(unit).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_several_unions_are_of_the_lowest_one_above_them() {
        let of = |paths: &[&str]| common_org(&paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["/1/5/12/"]), Some(12));
        assert_eq!(of(&["/1/5/12/", "/1/5/13/"]), Some(5));
        assert_eq!(of(&["/1/5/12/", "/1/50/"]), Some(1));
        assert_eq!(of(&[]), None);
    }
}
