//! The envelope: what is the same on every message.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{Kind, Message, Queue};

/// A message as it travels: JSON, with the payload as it was written.
///
/// The kind is kept as text, so that a message of a newer program passes through an older one unharmed.
/// Unknown fields are ignored when it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// The message's own id, UUID version 7. The database's row has the same.
    pub id: Uuid,
    /// The wire name of its kind.
    pub kind: String,
    /// The version of the payload.
    pub version: u16,
    /// When what it tells happened (the business clock).
    pub occurred_at: DateTime<Utc>,
    /// The id of what started it all.
    pub correlation_id: Uuid,
    /// The id of the message that led to this one; none for the first.
    #[serde(default)]
    pub causation_id: Option<Uuid>,
    /// W3C trace context, version 00.
    #[serde(default)]
    pub traceparent: Option<TraceParent>,
    /// The ids that the kind needs.
    pub payload: Value,
}

/// Why bytes are no message.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Not JSON, or a field of the envelope is missing or of another type. Holds the place, never the content.
    #[error("not a message: {class} at line {line}, column {column}")]
    Undecodable {
        /// What kind of fault it is.
        class: &'static str,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The payload is not what the kind and version promise.
    #[error("the payload of {kind} version {version} can't be read")]
    Payload {
        /// Wire name of the kind.
        kind: String,
        /// Version of the payload.
        version: u16,
    },
}

impl Envelope {
    /// A first message: it is its own correlation.
    ///
    /// # Panics
    /// Never: a payload is a struct of ids, which always becomes JSON.
    #[must_use]
    pub fn first<M: Message>(id: Uuid, message: &M, occurred_at: DateTime<Utc>, trace: TraceParent) -> Self {
        let row = M::KIND.row();
        Self {
            id,
            kind: row.name.to_owned(),
            version: row.version,
            occurred_at,
            correlation_id: id,
            causation_id: None,
            traceparent: Some(trace),
            payload: serde_json::to_value(message).unwrap_or(Value::Null),
        }
    }

    /// A message that this one leads to.
    #[must_use]
    pub fn leads_to<M: Message>(&self, id: Uuid, message: &M, occurred_at: DateTime<Utc>) -> Self {
        let trace = self.traceparent.clone().unwrap_or_else(|| TraceParent::of(self.correlation_id, self.id));
        Self {
            correlation_id: self.correlation_id,
            causation_id: Some(self.id),
            traceparent: Some(trace.child(id)),
            ..Self::first(id, message, occurred_at, trace)
        }
    }

    /// Reads an envelope off the wire.
    pub fn decode(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        serde_json::from_slice(bytes).map_err(|error| EnvelopeError::Undecodable {
            class: match error.classify() {
                serde_json::error::Category::Io => "unreadable",
                serde_json::error::Category::Syntax => "not JSON",
                serde_json::error::Category::Data => "a field is missing or of another type",
                serde_json::error::Category::Eof => "cut off",
            },
            line: error.line(),
            column: error.column(),
        })
    }

    /// The bytes for the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The payload as the type that the kind promises.
    pub fn read<M: Message>(&self) -> Result<M, EnvelopeError> {
        M::deserialize(&self.payload)
            .map_err(|_| EnvelopeError::Payload { kind: self.kind.clone(), version: self.version })
    }

    /// The kind, where this program knows it.
    #[must_use]
    pub fn known_kind(&self) -> Option<Kind> {
        Kind::parse(&self.kind)
    }

    /// The queue of its kind, where this program knows it.
    #[must_use]
    pub fn queue(&self) -> Option<Queue> {
        self.known_kind().map(|kind| kind.row().queue)
    }
}

/// W3C trace context `00-<trace id>-<span id>-01`: one trace across producer, relay and worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TraceParent(String);

impl TraceParent {
    /// The trace of a correlation, with the span of a message.
    #[must_use]
    pub fn of(correlation: Uuid, span: Uuid) -> Self {
        Self(format!("00-{}-{}-01", correlation.simple(), span_id(span)))
    }

    /// The same trace, another span.
    #[must_use]
    pub fn child(&self, span: Uuid) -> Self {
        match self.0.get(..36) {
            Some(head) if self.trace_id().is_some() => Self(format!("{head}{}-01", span_id(span))),
            _ => Self::of(span, span),
        }
    }

    /// The 32 hexadecimal digits of the trace; none where a foreign system sent something else.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        let id = self.0.get(3..35)?;
        let fits = self.0.len() == 55 && id.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then_some(id)
    }

    /// As it stands on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for TraceParent {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// The random half of a UUID version 7 as a span id.
fn span_id(id: Uuid) -> String {
    let (_, low) = id.as_u64_pair();
    format!("{low:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MailQueued, UploadReceived};

    fn first() -> Envelope {
        let id = Uuid::from_u128(7);
        Envelope::first(
            id,
            &UploadReceived { upload_id: Uuid::from_u128(9) },
            DateTime::UNIX_EPOCH,
            TraceParent::of(id, id),
        )
    }

    #[test]
    fn what_follows_keeps_the_correlation_and_the_trace_and_names_its_cause() {
        let first = first();
        let next = first.leads_to(Uuid::from_u128(8), &MailQueued { mail_id: Uuid::nil() }, DateTime::UNIX_EPOCH);
        assert_eq!(next.correlation_id, first.id);
        assert_eq!(next.causation_id, Some(first.id));
        let trace = |e: &Envelope| e.traceparent.as_ref().and_then(|t| t.trace_id().map(str::to_owned));
        assert_eq!(trace(&next), trace(&first));
        assert_ne!(next.traceparent, first.traceparent);
    }

    #[test]
    fn fields_of_a_newer_producer_are_ignored() {
        let mut json: Value = serde_json::from_slice(&first().encode()).expect("own bytes");
        json["priority"] = 9.into();
        json["payload"]["colour"] = "red".into();
        let read = Envelope::decode(json.to_string().as_bytes()).expect("decodes");
        assert_eq!(read.read::<UploadReceived>().expect("reads").upload_id, Uuid::from_u128(9));
    }

    #[test]
    fn what_is_no_message_says_where_and_not_what() {
        let error = Envelope::decode(b"{\"id\": \"310199199001010011\"}").expect_err("no envelope");
        assert!(!error.to_string().contains("310199"), "{error}");
    }

    #[test]
    fn a_foreign_traceparent_of_another_form_starts_a_trace_of_its_own() {
        let odd = TraceParent::from("hello".to_owned());
        assert_eq!(odd.trace_id(), None);
        assert!(odd.child(Uuid::from_u128(5)).trace_id().is_some());
    }
}
