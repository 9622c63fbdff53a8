//! Notices (参保告知书) as people ask for them: listed, fetched, and a file verified against the record.

use chrono::{DateTime, FixedOffset};
use domain::role::Act;
use serde::Serialize;
use store::notices::{self, Notice};
use uuid::Uuid;

use super::windows::shanghai;
use crate::{Desk, DeskError, Refusal};

/// A notice as `notice list` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct NoticeView {
    /// Its id, by which it is fetched.
    pub id: Uuid,
    /// Its number (告知书编号).
    pub number: String,
    /// Its version.
    pub version: i64,
    /// `unit` or `bureau`.
    pub kind: String,
    /// The coverage year.
    pub year: i32,
    /// The union's number.
    pub org: String,
    /// The union's name.
    pub name: String,
    /// `requested`, `made`, or `replaced`: a newer version has made it void (作废).
    pub status: &'static str,
    /// SHA-256 of the file.
    pub sha256: Option<String>,
    /// Size of the file.
    pub size_bytes: Option<i64>,
    /// How many characters or texts could not be printed as written.
    pub warnings: usize,
    /// When it was asked for.
    pub requested_at: DateTime<FixedOffset>,
    /// When it was made.
    pub made_at: Option<DateTime<FixedOffset>>,
    /// Since when it is void.
    pub replaced_at: Option<DateTime<FixedOffset>>,
}

impl From<Notice> for NoticeView {
    fn from(of: Notice) -> Self {
        let status = match (of.replaced_at, of.made_at) {
            (Some(_), _) => "replaced",
            (None, Some(_)) => "made",
            (None, None) => "requested",
        };
        let warnings: Vec<serde_json::Value> = serde_json::from_str(&of.warnings).unwrap_or_default();
        Self {
            id: of.id,
            number: of.number,
            version: of.version,
            kind: of.kind,
            year: of.year,
            org: of.org_code,
            name: of.org_name,
            status,
            sha256: of.sha256,
            size_bytes: of.size_bytes,
            warnings: warnings.len(),
            requested_at: shanghai(of.requested_at),
            made_at: of.made_at.map(shanghai),
            replaced_at: of.replaced_at.map(shanghai),
        }
    }
}

impl Desk {
    /// The notices of unions below an organization.
    pub async fn notices(&self, account: &str, year: i32, org: &str) -> Result<Vec<NoticeView>, DeskError> {
        let org = self.organization_for(account, Act::SeeNotices, org).await?;
        let mut session = self.store.view().await?;
        let found = notices::list(&mut session, year, &org.path).await?;
        Ok(found.into_iter().map(NoticeView::from).collect())
    }

    /// A notice's file.
    pub async fn notice_file(&self, account: &str, id: Uuid) -> Result<(NoticeView, Vec<u8>), DeskError> {
        let found = { notices::find(&mut self.store.view().await?, id).await? };
        let found = self.seen(account, Act::SeeNotices, found, || Refusal::unknown("notice", &id.to_string())).await?;
        let key = found.object_key.clone().ok_or_else(|| {
            Refusal::new(
                "not-done",
                "the notice is not made yet",
                "ask again later; rollcall queue list shows its queue",
            )
        })?;
        Ok((found.into(), self.files.get(&key).await?))
    }

    /// Which notice a file is, by its SHA-256; refused where it is none of ours, or none that the account may see.
    pub async fn verify_notice(&self, account: &str, bytes: &[u8]) -> Result<NoticeView, DeskError> {
        let reach = self.authorize(account, Act::SeeNotices, None).await?;
        let mut session = self.store.view().await?;
        let found = notices::by_hash(&mut session, &files::sha256(bytes)).await?;
        // Of another's notice nothing is told: it looks like one that is not ours.
        let own = found.into_iter().find(|one| reach.covers(&one.org_path));
        let own = own.ok_or_else(|| {
            Refusal::new(
                "not-ours",
                "no notice on record has this file: it was changed, or never came from here",
                "rollcall notice list shows those that there are; rollcall notice get fetches one anew",
            )
        })?;
        Ok(own.into())
    }
}
