//! Logs on stderr, the metrics recorder, and what is logged of a panic.
//!
//! **Fields**: a span around a job or command carries `trace_id` (the 32 hex digits of its `traceparent`), so that the lines
//! of producer, relay and worker can be put together. No field ever holds a name or a number of a person. Whatever a field
//! holds, a line stays one line, and nothing in it is obeyed by a terminal.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use domain::shown::{shown, shown_json};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use thiserror::Error;
use tracing::field::Field;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{Log, LogFormat};

/// Upper bounds of histograms, in seconds: from an empty job to the longest file.
const BUCKETS_S: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// Why logs or metrics can't be had.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// `log.filter` is no filter.
    #[error("log.filter = {filter:?}: {cause}; expected something like \"info\" or \"info,broker=debug\"")]
    Filter {
        /// As configured.
        filter: String,
        /// What the parser says.
        cause: String,
    },
    /// Something else in this process has taken the place.
    #[error("logs or metrics are set up already: {0}")]
    Taken(String),
}

/// Sends logs to stderr and tames panics; once in a process.
pub fn start_logs(log: &Log) -> Result<(), TelemetryError> {
    let filter = filter(&log.filter)?;
    let lines = tracing_subscriber::fmt::layer();
    let lines = match log.format {
        LogFormat::Text => lines
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal())
            .with_target(false)
            .fmt_fields(debug_fn(write_field).delimited(" "))
            .boxed(),
        LogFormat::Json => lines
            .with_writer(|| JsonLines(io::stderr()))
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(true)
            .boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(filter).with(lines);
    subscriber.try_init().map_err(|e| TelemetryError::Taken(e.to_string()))?;
    tame_panics();
    Ok(())
}

/// A field of a line of text: the message as it is, others with their names.
fn write_field(out: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let text = format!("{value:?}");
    match field.name() {
        "message" => write!(out, "{}", shown(&text)),
        name => write!(out, "{name}={}", shown(&text)),
    }
}

/// Lines of JSON, in which JSON itself leaves more than a terminal should see.
struct JsonLines<W>(W);

impl<W: Write> Write for JsonLines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(shown_json(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The recorder of this process; the first call installs it.
pub fn metrics() -> Result<PrometheusHandle, TelemetryError> {
    static HANDLE: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    HANDLE.get_or_init(install_recorder).clone().map_err(TelemetryError::Taken)
}

fn install_recorder() -> Result<PrometheusHandle, String> {
    let builder = PrometheusBuilder::new().set_buckets(BUCKETS_S).map_err(|e| e.to_string())?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    ::metrics::set_global_recorder(recorder).map_err(|e| e.to_string())?;
    Ok(handle)
}

fn filter(text: &str) -> Result<EnvFilter, TelemetryError> {
    let wrong = |cause: String| TelemetryError::Filter { filter: text.to_owned(), cause };
    EnvFilter::builder().parse(text).map_err(|e| wrong(e.to_string()))
}

/// Logs of a panic only where it was: its message may quote a row of somebody's file.
fn tame_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let thread = std::thread::current();
        tracing::error!(place, thread = thread.name().unwrap_or("unnamed"), "a panic; its message is not logged");
    }));
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    const EVIL: &str = "名单\n2026-01-01 ERROR forged\u{1b}[2J\u{202e}\u{9b}31m";

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_field_begins_a_line_or_commands_a_terminal() {
        let (text, json) = (Kept::default(), Kept::default());
        let (to_text, to_json) = (text.clone(), json.clone());
        let plain = tracing_subscriber::fmt::layer()
            .with_writer(move || to_text.clone())
            .with_ansi(false)
            .fmt_fields(debug_fn(write_field).delimited(" "));
        let lines = tracing_subscriber::fmt::layer().with_writer(move || JsonLines(to_json.clone())).json();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(plain).with(lines), || {
            let span = tracing::info_span!("job", file = %EVIL);
            let _inside = span.enter();
            tracing::warn!(error = %EVIL, name = EVIL, "refused: {EVIL}");
        });
        for kept in [text, json] {
            let written = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
            assert_eq!(written.lines().count(), 1, "{written}");
            assert!(
                written.contains("名单") && !written.trim_end().chars().any(domain::shown::is_unseen),
                "{written:?}"
            );
        }
    }

    #[test]
    fn the_recorder_is_installed_once_and_renders_what_was_counted() {
        let handle = metrics().unwrap();
        ::metrics::counter!("rollcall_test_total", "queue" => "mails").increment(2);
        assert!(metrics().unwrap().render().contains("rollcall_test_total{queue=\"mails\"} 2"));
        drop(handle);
    }

    #[test]
    fn a_filter_that_is_none_is_told_by_its_key() {
        assert!(filter("info,broker=debug").is_ok());
        let text = filter("info,broker=loud").unwrap_err().to_string();
        assert!(text.starts_with("log.filter = \"info,broker=loud\": "), "{text}");
    }
}
