//! Logs on stderr, the metrics recorder, and what is logged of a panic.
//!
//! **Fields**: a span around a job or command carries `trace_id` (the 32 hex digits of its `traceparent`), so that the lines
//! of producer, relay and worker can be put together. No field ever holds a name or a number of a person.

use std::io::IsTerminal;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use thiserror::Error;
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
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(true).boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(filter).with(lines);
    subscriber.try_init().map_err(|e| TelemetryError::Taken(e.to_string()))?;
    tame_panics();
    Ok(())
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
    use super::*;

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
