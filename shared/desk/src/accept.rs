//! Accepting files: written and synced first, then the row with its message in one unit (decisions 11).

use std::path::{Path, PathBuf};

use domain::{role::Act, shown, template::TemplateKind};
use files::Stored;
use messages::{Envelope, TraceParent, UploadReceived};
use store::{organizations::Organization, uploads::NewUpload};
use uuid::Uuid;

use crate::{Bell, Desk, DeskError, Moment, Outbox, Reach, Refusal, outbox::upload_queue};

/// Files up to this size are kept together; the command line hands over at most 64 at a time.
const SMALL_BYTES: u64 = 1 << 20;

/// The organization that a file is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForOrg {
    /// The one with this number (工会编号).
    Code(String),
    /// Each row goes to the union that its 工会编号 names (member imports only).
    Auto,
    /// None is named: the registry feed, or the organizations of one's own reach.
    None,
}

/// A file that somebody wants to upload.
#[derive(Debug, Clone)]
pub struct FileOffer {
    /// Where it lies on this machine.
    pub path: PathBuf,
    /// Its name as the clerk knows it.
    pub file_name: String,
}

/// What came of an acceptance.
#[derive(Debug)]
pub struct Accepted {
    /// The uploads, in the order of the files.
    pub uploads: Vec<Uuid>,
    /// The messages that started, in the same order: `--wait` watches their chains.
    pub correlations: Vec<Uuid>,
    /// To be rung now.
    pub bells: Vec<Bell>,
}

/// A file's name as it is kept: one line of what can be seen, and something in any case.
#[must_use]
pub fn kept_file_name(given: &str) -> String {
    let name = shown::line(given);
    if name.is_empty() { "file".to_owned() } else { name }
}

/// Where a file of an upload lies: `part` is `original`, `result.xlsx` or `rejected.xlsx`. The folder is the day in
/// the id, so that one folder holds a day's files and a sweep finds the old ones.
#[must_use]
pub fn object_key(upload: Uuid, part: &str) -> String {
    let day = upload
        .get_timestamp()
        .and_then(|stamp| chrono::DateTime::from_timestamp(i64::try_from(stamp.to_unix().0).ok()?, 0))
        .map_or_else(|| "undated".to_owned(), |day| day.format("%Y%m%d").to_string());
    format!("uploads/{day}/{upload}.{part}")
}

/// The upload that a file of the store belongs to.
#[must_use]
pub fn upload_of_key(key: &str) -> Option<Uuid> {
    let name = key.strip_prefix("uploads/")?.rsplit('/').next()?;
    Uuid::parse_str(name.get(..36)?).ok()
}

impl Desk {
    /// Accepts files of one kind for one organization. All are checked before the first is stored: a request that is
    /// refused leaves nothing behind.
    pub async fn accept(
        &self,
        account: &str,
        kind: TemplateKind,
        org: &ForOrg,
        data_type: Option<&str>,
        offers: &[FileOffer],
    ) -> Result<Accepted, DeskError> {
        let org = self.org_of_upload(account, kind, org).await?;
        let data_type = check_data_type(kind, data_type)?;
        for offer in offers {
            self.check_file(offer)?;
        }
        let moment = self.moment();
        let ids: Vec<Uuid> = offers.iter().map(|_| self.id(moment)).collect();
        let stored = self.store_files(offers, &ids).await?;
        runtime::fail_point("after-store");
        // The instant of receipt is the one at which the files were safe, in the unit that says so.
        let moment = Moment { machine: self.clock.machine_now(), business: self.clock.business_now() };
        let new = offers.iter().zip(&ids).zip(stored).map(|((offer, id), stored)| NewUpload {
            id: *id,
            kind: kind.name(),
            org_id: org.as_ref().map(|org| org.id),
            account: account.to_owned(),
            data_type: data_type.clone(),
            file_name: kept_file_name(&offer.file_name),
            object_key: object_key(*id, "original"),
            sha256: stored.sha256,
            size_bytes: i64::try_from(stored.bytes).unwrap_or(i64::MAX),
            correlation_id: self.id(moment),
            offer_id: None,
            received_at: moment.business,
        });
        self.write_uploads(account, kind, org.as_ref(), new.collect(), moment).await
    }

    /// Small files are kept together, for little more than the price of one; large ones one by one, without a copy in
    /// memory.
    async fn store_files(&self, offers: &[FileOffer], ids: &[Uuid]) -> Result<Vec<Stored>, DeskError> {
        let mut stored: Vec<Option<Stored>> = vec![None; offers.len()];
        let mut small = Vec::new();
        for (place, (offer, id)) in offers.iter().zip(ids).enumerate() {
            let key = object_key(*id, "original");
            if std::fs::metadata(&offer.path).is_ok_and(|about| about.len() <= SMALL_BYTES) {
                let bytes = std::fs::read(&offer.path).map_err(|error| unreadable(&offer.path, &error))?;
                small.push((place, key, bytes));
            } else {
                stored[place] = Some(self.files.put_file(&key, &offer.path).await?);
            }
        }
        let places: Vec<usize> = small.iter().map(|(place, ..)| *place).collect();
        let kept = self.files.put_many(small.into_iter().map(|(_, key, bytes)| (key, bytes)).collect()).await?;
        for (place, one) in places.into_iter().zip(kept) {
            stored[place] = Some(one);
        }
        Ok(stored.into_iter().flatten().collect())
    }

    async fn write_uploads(
        &self,
        account: &str,
        kind: TemplateKind,
        org: Option<&Organization>,
        new: Vec<NewUpload>,
        moment: Moment,
    ) -> Result<Accepted, DeskError> {
        let mut outbox = Outbox::new();
        let code = org.map(|org| org.code.as_str());
        let mut acts = Vec::new();
        for upload in &new {
            let id = upload.correlation_id;
            let message = UploadReceived { upload_id: upload.id };
            let envelope = Envelope::first(id, &message, moment.business, TraceParent::of(id, id));
            outbox.push(self, upload_queue(self, upload.size_bytes), envelope, moment);
            let act = Act::upload(kind).name();
            acts.push(self.act(account, act, code, Some(format!("upload:{}", upload.id)), "accepted"));
        }
        let mut unit = self.store.begin().await?;
        store::uploads::insert(&mut unit, &new).await?;
        let bells = outbox.write(&mut unit).await?;
        store::audit::record(&mut unit, &acts).await?;
        unit.commit().await?;
        runtime::fail_point("after-accept");
        Ok(Accepted {
            uploads: new.iter().map(|upload| upload.id).collect(),
            correlations: new.iter().map(|upload| upload.correlation_id).collect(),
            bells,
        })
    }

    /// The organization of an upload, with the account's right to upload for it checked.
    pub async fn org_of_upload(
        &self,
        account: &str,
        kind: TemplateKind,
        org: &ForOrg,
    ) -> Result<Option<Organization>, DeskError> {
        let act = Act::upload(kind);
        let reach = self.authorize(account, act, None).await?;
        match (org, kind) {
            (ForOrg::Code(code), _) => {
                let unknown = || {
                    let hint = "rollcall org list shows them; new ones come with: rollcall upload organizations FILE";
                    let message = format!("there is no organization {} within your reach", domain::text::named(code));
                    Refusal::new("unknown-org", message, hint)
                };
                Ok(Some(self.organization_or(account, act, code, unknown).await?))
            }
            (ForOrg::Auto, TemplateKind::Members) | (ForOrg::None, TemplateKind::Registry) => Ok(None),
            (ForOrg::None, TemplateKind::Organizations) => match reach {
                Reach::All => Ok(None),
                Reach::Below(_) => {
                    Err(Refusal::new("usage", "name the organization above the new ones", "--org CODE").into())
                }
            },
            (ForOrg::Auto, _) => {
                Err(Refusal::new("usage", "--org auto is for member imports alone", "--org CODE").into())
            }
            (ForOrg::None, _) => {
                Err(Refusal::new("usage", format!("a {} upload is for one organization", kind.name()), "--org CODE")
                    .into())
            }
        }
    }

    /// Refuses what is no file, or larger than the limit.
    pub fn check_file(&self, offer: &FileOffer) -> Result<(), DeskError> {
        let name = offer.path.display();
        let about = std::fs::metadata(&offer.path).map_err(|error| unreadable(&offer.path, &error))?;
        if !about.is_file() {
            return Err(Refusal::new("no-file", format!("{name} is not a file"), "give the path of a file").into());
        }
        if about.len() > self.settings.upload_bytes {
            let (is, most) = (about.len(), self.settings.upload_bytes);
            return Err(Refusal::new(
                "too-large",
                format!("{name} has {is} bytes; at most {most} are taken"),
                "split it, or save it with the data sheet alone; the limit is limits.upload_bytes",
            )
            .into());
        }
        Ok(())
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Refusal {
    let message = format!("{} can't be read: {error}", path.display());
    Refusal::new("no-file", message, "give the path of a file that you may read")
}

/// The data type of a member import in its canonical form; refused where it is missing, wrong, or out of place.
pub fn check_data_type(kind: TemplateKind, data_type: Option<&str>) -> Result<Option<String>, DeskError> {
    match (kind, data_type) {
        (TemplateKind::Members, None) => Err(Refusal::new(
            "usage",
            "a member import names its data type",
            "--type flexible:快递物流, --type external, or --type enterprise:CREDITCODE",
        )
        .into()),
        (TemplateKind::Members, Some(written)) => match written.parse::<domain::upload::DataType>() {
            Ok(data_type) => Ok(Some(data_type.to_string())),
            Err(error) => Err(Refusal::new(
                "data-type",
                error.to_string(),
                "--type flexible:快递物流, --type external, or --type enterprise:CREDITCODE",
            )
            .into()),
        },
        (_, None) => Ok(None),
        (_, Some(_)) => Err(Refusal::new("usage", "--type is for member imports alone", "leave it out").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_leads_back_to_its_upload() {
        let id = Uuid::parse_str("01842f5c-7a00-7000-8000-000000000001").expect("an id");
        let key = object_key(id, "result.xlsx");
        assert!(key.starts_with("uploads/20221031/"), "{key}");
        assert_eq!(upload_of_key(&key), Some(id));
        assert_eq!(upload_of_key("inbound/x.xlsx"), None);
        assert_eq!(upload_of_key("uploads/20221101/x"), None);
    }
}
