//! One envelope of every kind, and the AsyncAPI document.

use chrono::{DateTime, Utc};
use messages::{
    BatchEffective, BatchSubmitted, ComparisonApplied, ComparisonRequested, DeadlineCheck, EnrollmentFailed,
    EnrollmentReturned, EnrollmentReviewed, EnrollmentSubmitted, Envelope, FailureUndone, InstantApproved,
    InstantSubmitted, Kind, MailQueued, Message, NoticeRequested, PaymentConfirmed, PaymentRejected, PaymentUploaded,
    ProbeSent, ReminderDue, TraceParent, UploadOffered, UploadReceived, UploadReleased, WindowClosed, WindowOpened,
};
use serde_json::Value;
use support::repository;
use uuid::Uuid;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0184_2f5c_7a00_7000_8000_0000_0000_0000 + number)
}

fn second<M: Message>(message: &M) -> Envelope {
    let at: DateTime<Utc> = "2022-11-01T01:00:00Z".parse().unwrap();
    let first = Envelope::first(id(1), &ProbeSent {}, at, TraceParent::of(id(1), id(1)));
    first.leads_to(id(2), message, at)
}

/// An envelope of every kind, with every field that it can have.
fn envelope(kind: Kind) -> Envelope {
    match kind {
        Kind::UploadReceived => second(&UploadReceived { upload_id: id(3) }),
        Kind::UploadReleased => second(&UploadReleased { upload_id: id(3) }),
        Kind::UploadOffered => second(&UploadOffered {
            object_key: "inbound/members.xlsx".to_owned(),
            sha256: "0".repeat(64),
            kind: "members".to_owned(),
            org: Some("90010001".to_owned()),
            account: "platform".to_owned(),
            data_type: Some("flexible:快递物流".to_owned()),
            file_name: Some("名册.xlsx".to_owned()),
        }),
        Kind::ComparisonRequested => second(&ComparisonRequested { comparison_id: id(15) }),
        Kind::ComparisonApplied => second(&ComparisonApplied { application_id: id(16) }),
        Kind::EnrollmentSubmitted => second(&EnrollmentSubmitted { submission_id: 7, version_id: id(5) }),
        Kind::EnrollmentReviewed => second(&EnrollmentReviewed { submission_id: 7 }),
        Kind::EnrollmentReturned => second(&EnrollmentReturned { submission_id: 7 }),
        Kind::EnrollmentFailed => second(&EnrollmentFailed { submission_id: 7 }),
        Kind::BatchSubmitted => second(&BatchSubmitted { batch_id: 8 }),
        Kind::BatchEffective => second(&BatchEffective { batch_id: 8 }),
        Kind::PaymentUploaded => second(&PaymentUploaded { voucher_id: id(6) }),
        Kind::PaymentConfirmed => second(&PaymentConfirmed { voucher_id: id(6) }),
        Kind::PaymentRejected => second(&PaymentRejected { voucher_id: id(6) }),
        Kind::InstantSubmitted => second(&InstantSubmitted { instant_id: 9 }),
        Kind::InstantApproved => second(&InstantApproved { instant_id: 9 }),
        Kind::FailureUndone => second(&FailureUndone { failure_ids: vec![10, 11] }),
        Kind::NoticeRequested => second(&NoticeRequested { notice_id: id(12) }),
        Kind::WindowOpened => second(&WindowOpened { transition_id: 13 }),
        Kind::WindowClosed => second(&WindowClosed { transition_id: 13 }),
        Kind::DeadlineCheck => second(&DeadlineCheck { year: 2023 }),
        Kind::ReminderDue => second(&ReminderDue { window_id: 14, version: 1, days_before: 7 }),
        Kind::MailQueued => second(&MailQueued { mail_id: id(4) }),
        Kind::ProbeSent => second(&ProbeSent {}),
    }
}

fn read(kind: Kind, envelope: &Envelope) -> Result<Value, messages::EnvelopeError> {
    fn as_json<M: Message>(envelope: &Envelope) -> Result<Value, messages::EnvelopeError> {
        envelope.read::<M>().map(|message| serde_json::to_value(message).unwrap())
    }
    match kind {
        Kind::UploadReceived => as_json::<UploadReceived>(envelope),
        Kind::UploadReleased => as_json::<UploadReleased>(envelope),
        Kind::UploadOffered => as_json::<UploadOffered>(envelope),
        Kind::ComparisonRequested => as_json::<ComparisonRequested>(envelope),
        Kind::ComparisonApplied => as_json::<ComparisonApplied>(envelope),
        Kind::EnrollmentSubmitted => as_json::<EnrollmentSubmitted>(envelope),
        Kind::EnrollmentReviewed => as_json::<EnrollmentReviewed>(envelope),
        Kind::EnrollmentReturned => as_json::<EnrollmentReturned>(envelope),
        Kind::EnrollmentFailed => as_json::<EnrollmentFailed>(envelope),
        Kind::BatchSubmitted => as_json::<BatchSubmitted>(envelope),
        Kind::BatchEffective => as_json::<BatchEffective>(envelope),
        Kind::PaymentUploaded => as_json::<PaymentUploaded>(envelope),
        Kind::PaymentConfirmed => as_json::<PaymentConfirmed>(envelope),
        Kind::PaymentRejected => as_json::<PaymentRejected>(envelope),
        Kind::InstantSubmitted => as_json::<InstantSubmitted>(envelope),
        Kind::InstantApproved => as_json::<InstantApproved>(envelope),
        Kind::FailureUndone => as_json::<FailureUndone>(envelope),
        Kind::NoticeRequested => as_json::<NoticeRequested>(envelope),
        Kind::WindowOpened => as_json::<WindowOpened>(envelope),
        Kind::WindowClosed => as_json::<WindowClosed>(envelope),
        Kind::DeadlineCheck => as_json::<DeadlineCheck>(envelope),
        Kind::ReminderDue => as_json::<ReminderDue>(envelope),
        Kind::MailQueued => as_json::<MailQueued>(envelope),
        Kind::ProbeSent => as_json::<ProbeSent>(envelope),
    }
}

fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(repository().join("tests/wire/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// What a snapshot holds, without the head that insta writes.
fn kept(name: &str) -> Value {
    let path = repository().join(format!("tests/wire/snapshots/{name}.snap"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(text.splitn(3, "---\n").nth(2).unwrap()).unwrap()
}

#[test]
fn every_kind_looks_on_the_wire_as_it_did() {
    snapshots().bind(|| {
        for row in &Kind::TABLE {
            let text = serde_json::to_string_pretty(&envelope(row.kind)).unwrap();
            insta::assert_snapshot!(row.name, text);
        }
    });
}

#[test]
fn the_asyncapi_document_is_as_it_was() {
    snapshots().bind(|| {
        insta::assert_snapshot!("asyncapi", serde_json::to_string_pretty(&messages::asyncapi("rollcall")).unwrap());
    });
}

#[test]
fn messages_that_were_kept_are_read_by_today_s_program_without_a_loss() {
    for row in &Kind::TABLE {
        let was = kept(row.name);
        let envelope = Envelope::decode(was.to_string().as_bytes()).unwrap();
        assert_eq!(envelope.known_kind(), Some(row.kind));
        assert_eq!(read(row.kind, &envelope).unwrap(), was["payload"], "{}", row.name);
        assert_eq!(serde_json::to_value(&envelope).unwrap(), was, "{}", row.name);
    }
}

#[test]
fn optional_fields_may_be_missing() {
    let mut offer = kept("upload.offered");
    for field in ["org", "data_type", "file_name"] {
        let _ = offer["payload"].as_object_mut().unwrap().remove(field);
    }
    for field in ["causation_id", "traceparent"] {
        let _ = offer.as_object_mut().unwrap().remove(field);
    }
    let envelope = Envelope::decode(offer.to_string().as_bytes()).unwrap();
    assert_eq!(envelope.read::<UploadOffered>().unwrap().org, None);
}

/// Everything that `was` says and `is` says no more or otherwise.
fn broken(was: &Value, is: &Value, path: &str, told: &mut Vec<String>) {
    match (was, is) {
        (Value::Object(fields), Value::Object(_)) => {
            for (key, value) in fields.iter().filter(|(key, _)| *key != "description" && *key != "summary") {
                broken(value, &is[key], &format!("{path}/{key}"), told);
            }
        }
        (Value::Array(was), Value::Array(own)) if path.ends_with("/required") => {
            // A newly required field breaks those who don't send it; one that is required no more breaks nobody.
            told.extend(own.iter().filter(|field| !was.contains(field)).map(|field| format!("{path}: {field} is new")));
        }
        _ if was == is => {}
        _ => told.push(format!("{path}: was {was}, is {is}")),
    }
}

#[test]
fn no_field_of_the_kept_contract_was_removed_retyped_or_newly_required() {
    let (was, is) = (kept("asyncapi"), messages::asyncapi("rollcall"));
    let mut told = Vec::new();
    for part in ["channels", "components", "operations"] {
        broken(&was[part], &is[part], part, &mut told);
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn the_comparison_of_contracts_sees_what_breaks_and_passes_what_does_not() {
    let was = kept("asyncapi");
    let payload = "/components/messages/upload.offered/payload/properties/payload";
    let with = |change: fn(&mut Value)| {
        let mut is = was.clone();
        change(is.pointer_mut(payload).unwrap());
        let mut told = Vec::new();
        broken(&was, &is, "", &mut told);
        told.len()
    };
    assert_eq!(with(|_| {}), 0);
    assert_eq!(with(|payload| payload["properties"]["new"] = serde_json::json!({"type": "string"})), 0);
    assert_eq!(with(|payload| drop(payload["properties"].as_object_mut().unwrap().remove("sha256"))), 1);
    assert_eq!(with(|payload| payload["properties"]["sha256"]["type"] = "integer".into()), 1);
    assert_eq!(with(|payload| payload["required"].as_array_mut().unwrap().push("org".into())), 1);
}
