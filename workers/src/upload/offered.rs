//! Offers of other systems: a file under `inbound/` becomes an upload like any other (decisions 12).

use desk::{ForOrg, Outbox, kept_file_name, object_key};
use domain::{role::Act, template::TemplateKind};
use messages::{UploadOffered, UploadReceived};
use store::{messages::Job, uploads::NewUpload};

use super::UploadWork;
use crate::{Shift, WorkError};

impl UploadWork {
    /// Makes the upload of an offer, once. What can't be taken is on record as refused, and the job is done: sending
    /// it again would not help.
    pub(crate) async fn take_offer(&self, shift: &Shift, job: &Job, offer: &UploadOffered) -> Result<(), WorkError> {
        let refused = match self.judge(shift, job, offer).await? {
            Ok(upload) => return take(shift, job, upload).await,
            Err(refused) => refused,
        };
        tracing::warn!(offer = %job.envelope.id, refused, "an offered file was refused");
        let mut unit = shift.desk.store.begin().await?;
        let about = Some(format!("offer:{}", job.envelope.id));
        let org = offer.org.as_deref().map(domain::shown::line);
        let outcome = format!("refused: {refused}");
        let act = shift.desk.act(&offer.account, "upload-offered", org.as_deref(), about, outcome);
        store::audit::record(&mut unit, &[act]).await?;
        shift.settle(unit, &[job], Outbox::new(), shift.desk.moment()).await
    }

    async fn judge(
        &self,
        shift: &Shift,
        job: &Job,
        offer: &UploadOffered,
    ) -> Result<Result<NewUpload, String>, WorkError> {
        let Some(kind) = TemplateKind::parse(&offer.kind) else { return Ok(Err("unknown kind".to_owned())) };
        if !offer.object_key.starts_with("inbound/") {
            return Ok(Err("the file is not under inbound/".to_owned()));
        }
        let org = match offer.org.as_deref() {
            Some("auto") => ForOrg::Auto,
            Some(code) => ForOrg::Code(code.to_owned()),
            None => ForOrg::None,
        };
        let org = match shift.desk.org_of_upload(&offer.account, kind, &org).await {
            Ok(org) => org,
            Err(desk::DeskError::Refused(refusal)) => return Ok(Err(refusal.code.to_owned())),
            Err(desk::DeskError::Store(error)) => return Err(error.into()),
            Err(desk::DeskError::Files(error)) => return Err(error.into()),
        };
        let Ok(data_type) = desk::check_data_type(kind, offer.data_type.as_deref()) else {
            return Ok(Err("data-type".to_owned()));
        };
        match shift.desk.files.head(&offer.object_key).await? {
            None => return Ok(Err("no such file".to_owned())),
            Some(listed) if listed.bytes > self.settings.upload_bytes => return Ok(Err("too-large".to_owned())),
            Some(_) => {}
        }
        let moment = shift.desk.moment();
        let id = shift.desk.id(moment);
        // Copied: what the other system does with its file later is its own affair.
        let local = shift.desk.files.fetch(&offer.object_key).await?;
        let stored = shift.desk.files.put_file(&object_key(id, "original"), local.path()).await?;
        if !stored.sha256.eq_ignore_ascii_case(&offer.sha256) {
            shift.desk.files.delete(&object_key(id, "original")).await?;
            return Ok(Err("the file's SHA-256 differs from the offer's".to_owned()));
        }
        let name = offer.object_key.rsplit('/').next().unwrap_or_default();
        Ok(Ok(NewUpload {
            id,
            kind: kind.name(),
            org_id: org.map(|org| org.id),
            account: offer.account.clone(),
            data_type,
            file_name: kept_file_name(offer.file_name.as_deref().unwrap_or(name)),
            object_key: object_key(id, "original"),
            sha256: stored.sha256,
            size_bytes: i64::try_from(stored.bytes).unwrap_or(i64::MAX),
            correlation_id: job.envelope.correlation_id,
            offer_id: Some(job.envelope.id),
            received_at: moment.business,
        }))
    }
}

async fn take(shift: &Shift, job: &Job, upload: NewUpload) -> Result<(), WorkError> {
    let moment = shift.desk.moment();
    let mut unit = shift.desk.store.begin().await?;
    let mut outbox = Outbox::new();
    // Unique by the offer: a second copy of the message writes nothing and leads to nothing.
    if store::uploads::insert(&mut unit, std::slice::from_ref(&upload)).await? == 1 {
        outbox.next(&shift.desk, &job.envelope, &UploadReceived { upload_id: upload.id }, moment);
        let kind = TemplateKind::parse(upload.kind).map_or("upload-offered", |kind| Act::upload(kind).name());
        let act =
            shift.desk.act(&upload.account, kind, None, Some(format!("upload:{}", upload.id)), "accepted: offered");
        store::audit::record(&mut unit, &[act]).await?;
    }
    shift.settle(unit, &[job], outbox, moment).await
}
