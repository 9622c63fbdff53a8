//! The mails of comparisons: written, addressed and queued in the unit that ends the job (decisions 13).

use desk::{Moment, Outbox};
use domain::comparison::{Class, Counts};
use mail::template::{ApplicationLetter, ComparisonLetter, kind};
use messages::MailQueued;
use runtime::shanghai_time;
use serde::Serialize;
use store::{StoreError, Unit, mails::NewMail, messages::Job, organizations::Organization, uploads::Upload};
use uuid::Uuid;

use super::compare::Books;
use crate::Shift;

/// A mail ready for the ledger.
pub(super) struct Letter {
    kind: &'static str,
    about: String,
    subject: String,
    params: String,
}

/// The mail about a comparison.
pub(super) fn compared(id: Uuid, upload: &Upload, org: &Organization, counts: &Counts, books: &Books) -> Letter {
    let shown = Class::ALL.map(|class| (class.title_zh().to_owned(), counts.of(class)));
    let letter = ComparisonLetter {
        upload_id: upload.id,
        comparison_id: id,
        org_code: org.code.clone(),
        org_name: org.name.clone(),
        file_name: upload.file_name.clone(),
        received_at: shanghai_time(upload.received_at),
        unread: books.notes.iter().take(books.unread).cloned().collect(),
        books: books.lines(),
        read: counts.read,
        counts: shown.into(),
        differs: counts.read != counts.same || counts.absent_from_file > 0,
        asks: counts.changed + counts.absent_from_file + counts.in_other_union > 0,
    };
    written("comparison-done", format!("comparison:{id}"), &letter)
}

/// The mail about carried-out choices.
pub(super) fn applied(application: Uuid, letter: &ApplicationLetter) -> Letter {
    written("comparison-applied", format!("application:{application}"), letter)
}

fn written<T: Serialize>(name: &'static str, about: String, letter: &T) -> Letter {
    let params = serde_json::to_value(letter).unwrap_or_default();
    let subject = kind(name).and_then(|kind| kind.render(&params)).map(|mail| mail.subject).unwrap_or_default();
    Letter { kind: name, about, subject, params: params.to_string() }
}

/// Queues a mail to the account's address, else the organization's.
#[expect(clippy::too_many_arguments, reason = "a mail with all that its row needs")]
pub(super) async fn queue(
    shift: &Shift,
    unit: &mut Unit,
    outbox: &mut Outbox,
    job: &Job,
    letter: Letter,
    account: &str,
    org: &Organization,
    moment: Moment,
) -> Result<(), StoreError> {
    let own = store::accounts::find(unit, account).await?.and_then(|account| account.email);
    let mail = NewMail {
        id: shift.desk.id(moment),
        kind: letter.kind,
        about: letter.about,
        version: 1,
        recipient: own.or_else(|| Some(org.email.clone())),
        subject: letter.subject,
        params: letter.params,
        correlation_id: job.envelope.correlation_id,
        org_code: Some(org.code.clone()),
        files: Vec::new(),
        queued_at: moment.business,
    };
    for mail_id in store::mails::queue(unit, &[mail]).await? {
        outbox.next(&shift.desk, &job.envelope, &MailQueued { mail_id }, moment);
    }
    Ok(())
}
