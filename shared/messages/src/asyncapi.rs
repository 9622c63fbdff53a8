//! The AsyncAPI 3 document, made from the table of kinds and the payload types.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{Kind, Message, Queue, payload as p};

/// The AsyncAPI 3.0 document of everything on the exchange; `prefix` stands before every queue's name.
#[must_use]
pub fn asyncapi(prefix: &str) -> Value {
    let mut messages = Map::new();
    let mut channels = Map::new();
    let mut operations = Map::new();
    for queue in Queue::ALL {
        let mut refs = Map::new();
        for row in Kind::TABLE.iter().filter(|row| row.queue == queue) {
            messages.insert(row.name.to_owned(), message(row.kind));
            refs.insert(row.name.to_owned(), json!({"$ref": format!("#/components/messages/{}", row.name)}));
        }
        let bindings =
            json!({"amqp": {"is": "queue", "queue": {"name": format!("{prefix}.{queue}"), "durable": true}}});
        channels.insert(
            queue.name().to_owned(),
            json!({"address": format!("{prefix}.{queue}"), "messages": refs, "bindings": bindings}),
        );
        operations.insert(
            format!("work-{queue}"),
            json!({"action": "receive", "channel": {"$ref": format!("#/channels/{queue}")}}),
        );
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "rollcall",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Messages of the yearly collective enrolment. The database is the truth; a message is a row first. \
                Other systems may publish upload.offered and subscribe to every other kind.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    })
}

fn message(kind: Kind) -> Value {
    let row = kind.row();
    json!({
        "name": row.name,
        "summary": row.about,
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "required": ["id", "kind", "version", "occurred_at", "correlation_id", "payload"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "kind": {"const": row.name},
                "version": {"type": "integer", "minimum": 1, "default": row.version},
                "occurred_at": {"type": "string", "format": "date-time"},
                "correlation_id": {"type": "string", "format": "uuid"},
                "causation_id": {"type": ["string", "null"], "format": "uuid"},
                "traceparent": {"type": ["string", "null"]},
                "payload": payload(kind),
            },
        },
    })
}

fn payload(kind: Kind) -> Value {
    match kind {
        Kind::UploadReceived => schema::<p::UploadReceived>(),
        Kind::UploadReleased => schema::<p::UploadReleased>(),
        Kind::UploadOffered => schema::<p::UploadOffered>(),
        Kind::ComparisonRequested => schema::<p::ComparisonRequested>(),
        Kind::ComparisonApplied => schema::<p::ComparisonApplied>(),
        Kind::EnrollmentSubmitted => schema::<p::EnrollmentSubmitted>(),
        Kind::EnrollmentReviewed => schema::<p::EnrollmentReviewed>(),
        Kind::EnrollmentReturned => schema::<p::EnrollmentReturned>(),
        Kind::EnrollmentFailed => schema::<p::EnrollmentFailed>(),
        Kind::BatchSubmitted => schema::<p::BatchSubmitted>(),
        Kind::BatchEffective => schema::<p::BatchEffective>(),
        Kind::PaymentUploaded => schema::<p::PaymentUploaded>(),
        Kind::PaymentConfirmed => schema::<p::PaymentConfirmed>(),
        Kind::PaymentRejected => schema::<p::PaymentRejected>(),
        Kind::InstantSubmitted => schema::<p::InstantSubmitted>(),
        Kind::InstantApproved => schema::<p::InstantApproved>(),
        Kind::FailureUndone => schema::<p::FailureUndone>(),
        Kind::NoticeRequested => schema::<p::NoticeRequested>(),
        Kind::WindowOpened => schema::<p::WindowOpened>(),
        Kind::WindowClosed => schema::<p::WindowClosed>(),
        Kind::DeadlineCheck => schema::<p::DeadlineCheck>(),
        Kind::ReminderDue => schema::<p::ReminderDue>(),
        Kind::MailQueued => schema::<p::MailQueued>(),
        Kind::ProbeSent => schema::<p::ProbeSent>(),
    }
}

fn schema<M: Message + JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|s| s.meta_schema = None);
    SchemaGenerator::new(settings).into_root_schema_for::<M>().to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_in_the_document_once_with_its_payload() {
        let document = asyncapi("rollcall");
        for row in &Kind::TABLE {
            let of_kind = &document["components"]["messages"][row.name];
            assert_eq!(of_kind["payload"]["properties"]["kind"]["const"], row.name);
            assert_eq!(of_kind["payload"]["properties"]["payload"]["type"], "object", "{}", row.name);
        }
    }
}
