//! Uploads as people and programs see them, their files, and the decision over held ones.

use chrono::{DateTime, Utc};
use domain::role::Act;
use messages::{Envelope, TraceParent, UploadReleased};
use serde::Serialize;
use serde_json::Value;
use store::uploads::{Upload, UploadSelection};
use uuid::Uuid;

use crate::{Bell, Desk, DeskError, Outbox, Reach, Refusal, outbox::upload_queue, rights::Standing};

/// An upload as `upload show` prints it. Fields may be added, these stay (interface.md).
#[derive(Debug, Clone, Serialize)]
pub struct UploadView {
    /// Its id.
    pub id: Uuid,
    /// `members`, `roster`, `organizations` or `registry`.
    pub kind: String,
    /// The number of the organization that it is for.
    pub org: Option<String>,
    /// `received`, `running`, `done`, `held`, `rejected` or `failed`.
    pub status: String,
    /// Code and sentence, where it was held, rejected or failed.
    pub reason: Option<Reason>,
    /// Rows: content = headings + read + skipped + `not_read`; read = accepted + unchanged + rejected + duplicate.
    pub counts: Counts,
    /// The first 1,000.
    pub findings: Value,
    /// Number of findings per code; all of them.
    pub finding_counts: Value,
    /// The file's name.
    pub file: String,
    /// Who uploaded.
    pub account: String,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Of a roster: its comparison with the registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Uuid>,
    /// When an import was taken back; it stays `done`, and nothing of it counts.
    pub undone_at: Option<DateTime<Utc>>,
    /// By whom.
    pub undone_by: Option<String>,
}

/// Why an upload was held, rejected or failed.
#[derive(Debug, Clone, Serialize)]
pub struct Reason {
    /// A stable code.
    pub code: String,
    /// A sentence for the clerk.
    pub message: String,
}

/// The counts of a result.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Counts {
    /// Rows read.
    pub read: i64,
    /// Rows taken.
    pub accepted: i64,
    /// Rows that changed nothing.
    pub unchanged: i64,
    /// Rows with an error.
    pub rejected: i64,
    /// Rows whose document stands in an earlier row.
    pub duplicate: i64,
    /// Accepted rows that became transfer-in requests.
    pub transfers: i64,
    /// Rows that hold anything.
    pub content: i64,
    /// Rows of headings.
    pub headings: i64,
    /// Titles, footers, hints and their like.
    pub skipped: i64,
    /// Rows of sheets and blocks that were not read.
    pub not_read: i64,
}

/// Which of an upload's files is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadFile {
    /// The clerk's own file back, with marks.
    Result,
    /// The rejected rows in template form.
    Rejected,
    /// As it was uploaded.
    Original,
}

/// What a discarded upload says of itself.
const DISCARDED_ZH: &str = "经办人已作废本次上传，未作任何变更。";

impl From<Upload> for UploadView {
    fn from(upload: Upload) -> Self {
        let counts = upload.counts;
        let reason = upload.reason_code.map(|code| Reason { code, message: upload.reason.unwrap_or_default() });
        Self {
            id: upload.id,
            kind: upload.kind,
            org: upload.org_code,
            status: upload.status,
            reason,
            counts: Counts {
                read: counts.read,
                accepted: counts.accepted,
                unchanged: counts.unchanged,
                rejected: counts.rejected,
                duplicate: counts.duplicate,
                transfers: counts.transfers,
                content: counts.content,
                headings: counts.headings,
                skipped: counts.skipped,
                not_read: counts.not_read,
            },
            findings: serde_json::from_str(&upload.findings).unwrap_or_default(),
            finding_counts: serde_json::from_str(&upload.finding_counts).unwrap_or_default(),
            file: upload.file_name,
            account: upload.account,
            received_at: upload.received_at,
            finished_at: upload.finished_at,
            comparison: upload.comparison_id,
            undone_at: upload.undone_at,
            undone_by: upload.undone_by,
        }
    }
}

impl Desk {
    /// One upload, for an account that may see it.
    pub async fn upload(&self, account: &str, id: Uuid) -> Result<Upload, DeskError> {
        self.upload_for(account, Act::SeeUploads, id).await
    }

    /// One upload, for an account that may do the act. Its own ones an account sees always.
    pub(crate) async fn upload_for(&self, account: &str, act: Act, id: Uuid) -> Result<Upload, DeskError> {
        self.attempts(account, act, None);
        let mut view = self.store.view().await?;
        let upload = store::uploads::find(&mut view, id).await?;
        let org = match upload.as_ref().and_then(|upload| upload.org_id) {
            Some(org) => store::organizations::get(&mut view, org).await?,
            None => None,
        };
        drop(view);
        let place = org.as_ref().map(|org| (org.code.as_str(), org.path.as_str()));
        let unknown = || Refusal::unknown("upload", &id.to_string());
        match &upload {
            Some(upload) if upload.account == account => {
                if act != Act::SeeUploads {
                    self.authorize(account, act, place).await?;
                }
            }
            found => {
                let of_root = if found.is_some() { Standing::Root } else { Standing::Nowhere };
                let standing = place.map_or(of_root, |(code, path)| Standing::Below(code, path));
                self.right_at(account, act, standing, unknown()).await?;
            }
        }
        Ok(upload.ok_or_else(unknown)?)
    }

    /// The newest uploads within an account's reach.
    pub async fn uploads(&self, account: &str, status: Option<&str>, most: i64) -> Result<Vec<Upload>, DeskError> {
        let reach = self.authorize(account, Act::SeeUploads, None).await?;
        let mut view = self.store.view().await?;
        let paths = match reach {
            Reach::All => vec![None],
            Reach::Below(paths) => paths.into_iter().map(Some).collect(),
        };
        let mut found = Vec::new();
        for below in paths {
            let wanted = UploadSelection { below, status: status.map(str::to_owned) };
            found.extend(store::uploads::list(&mut view, &wanted, most).await?);
        }
        found.sort_unstable_by_key(|upload| std::cmp::Reverse((upload.received_at, upload.id)));
        found.dedup_by_key(|upload| upload.id);
        found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// The bytes of one of an upload's files.
    pub async fn upload_file(&self, account: &str, id: Uuid, which: UploadFile) -> Result<Vec<u8>, DeskError> {
        let upload = self.upload(account, id).await?;
        let key = match which {
            UploadFile::Original => Some(upload.object_key),
            UploadFile::Result => upload.result_key,
            UploadFile::Rejected => upload.rejected_key,
        };
        let key = key.ok_or_else(|| match (which, upload.status.as_str()) {
            (UploadFile::Rejected, "done") => {
                Refusal::new("no-file", "no row was rejected, so there is no such workbook", "leave --rejected out")
            }
            (_, "received" | "running") => {
                Refusal::new("not-done", "the upload is not done yet", "ask again later, or upload with --wait")
            }
            (_, "held") => Refusal::new(
                "not-done",
                "the upload is held: it has no result before it is released",
                "rollcall upload show tells why; then rollcall upload release or rollcall upload discard",
            ),
            (_, "discarded") => Refusal::new(
                "no-file",
                "the upload was discarded, so there is no result",
                "--original gives the file as it came",
            ),
            _ => Refusal::new(
                "no-file",
                "a file that was rejected whole has no result workbook",
                "rollcall upload show tells the reason",
            ),
        })?;
        Ok(self.files.get(&key).await?)
    }

    /// Releases a held upload: its guards are not asked again.
    pub async fn release(&self, account: &str, id: Uuid) -> Result<Vec<Bell>, DeskError> {
        let upload = self.held(account, id).await?;
        let moment = self.moment();
        let mut unit = self.store.begin().await?;
        if !store::uploads::release_held(&mut unit, id, account, moment.business).await? {
            return Err(not_held(&upload.status).into());
        }
        let mut outbox = Outbox::new();
        let message = UploadReleased { upload_id: id };
        let trace = TraceParent::of(upload.correlation_id, upload.correlation_id);
        // The chain is the upload's own: it goes on where the first message left off.
        let cause = Envelope::first(upload.correlation_id, &message, moment.business, trace);
        let next = cause.leads_to(self.id(moment), &message, moment.business);
        outbox.push(self, upload_queue(self, upload.size_bytes), next, moment);
        let bells = outbox.write(&mut unit).await?;
        let act = self.act(account, "release-upload", upload.org_code.as_deref(), Some(format!("upload:{id}")), "done");
        store::audit::record(&mut unit, &[act]).await?;
        unit.commit().await?;
        Ok(bells)
    }

    /// Discards a held upload: nothing of it is taken, and its counts say so.
    pub async fn discard(&self, account: &str, id: Uuid) -> Result<(), DeskError> {
        let upload = self.held(account, id).await?;
        let mut unit = self.store.begin().await?;
        let now = self.clock.business_now();
        if !store::uploads::discard_held(&mut unit, id, "discarded", DISCARDED_ZH, account, now).await? {
            return Err(not_held(&upload.status).into());
        }
        let act = self.act(account, "discard-upload", upload.org_code.as_deref(), Some(format!("upload:{id}")), "done");
        store::audit::record(&mut unit, &[act]).await?;
        Ok(unit.commit().await?)
    }

    async fn held(&self, account: &str, id: Uuid) -> Result<Upload, DeskError> {
        let upload = self.upload_for(account, Act::ReleaseUpload, id).await?;
        if upload.status == "held" { Ok(upload) } else { Err(not_held(&upload.status).into()) }
    }
}

fn not_held(status: &str) -> Refusal {
    Refusal::new(
        "not-held",
        format!("the upload is not held, it is {status}"),
        "rollcall upload list --status held shows those that are",
    )
}
