//! What can be seen from outside: /healthz (the process lives), /readyz (its services answer), /metrics.

use std::future::IntoFuture;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Longest that the checks of one request may take.
const CHECKS_TAKE: Duration = Duration::from_secs(5);

/// One service that the process needs, and whether it answers.
#[derive(Debug, Clone)]
pub struct Check {
    /// `database`, `broker` …
    pub name: &'static str,
    /// What is wrong, without secrets.
    pub outcome: Result<(), String>,
}

/// Something that an operator has to know, though the process is ready.
#[derive(Debug, Clone)]
pub struct Note {
    /// `mail` …
    pub name: &'static str,
    /// What it is, without secrets.
    pub text: String,
}

/// What a role tells of itself.
#[async_trait]
pub trait Vitals: Send + Sync {
    /// Asks every service that the role needs.
    async fn checks(&self) -> Vec<Check>;
    /// What else is to be told beside the checks.
    async fn notes(&self) -> Vec<Note> {
        Vec::new()
    }
    /// Brings gauges up to date (queue depths, ages) before they are rendered.
    async fn refresh_metrics(&self);
}

#[derive(Clone)]
struct Shared {
    vitals: Arc<dyn Vitals>,
    metrics: PrometheusHandle,
}

/// Serves until `stop`; gives the address it listens on. Where the port is busy a free one is taken, with a warning.
pub async fn serve(
    listen: SocketAddr,
    vitals: Arc<dyn Vitals>,
    metrics: PrometheusHandle,
    stop: CancellationToken,
) -> io::Result<SocketAddr> {
    let listener = bind(listen).await?;
    let address = listener.local_addr()?;
    let routes = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(render))
        .with_state(Shared { vitals, metrics });
    let server = axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).into_future();
    tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the health server has ended");
        }
    });
    tracing::info!(%address, "health and metrics");
    Ok(address)
}

async fn bind(listen: SocketAddr) -> io::Result<TcpListener> {
    match TcpListener::bind(listen).await {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let listener = TcpListener::bind(SocketAddr::new(listen.ip(), 0)).await?;
            tracing::warn!(%listen, taken = %listener.local_addr()?, "http.listen is busy; a free port is taken");
            Ok(listener)
        }
        other => other,
    }
}

async fn readyz(State(shared): State<Shared>) -> Response {
    let checks = tokio::time::timeout(CHECKS_TAKE, shared.vitals.checks()).await.unwrap_or_else(|_| {
        vec![Check { name: "checks", outcome: Err(format!("no answer within {} s", CHECKS_TAKE.as_secs())) }]
    });
    let ready = checks.iter().all(|check| check.outcome.is_ok());
    let told: serde_json::Map<String, serde_json::Value> = checks
        .into_iter()
        .map(|check| (check.name.to_owned(), json!(check.outcome.map_or_else(|error| error, |()| "ok".to_owned()))))
        .collect();
    let notes = tokio::time::timeout(CHECKS_TAKE, shared.vitals.notes()).await.unwrap_or_default();
    let notes: serde_json::Map<String, serde_json::Value> =
        notes.into_iter().map(|note| (note.name.to_owned(), note.text.into())).collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut told = json!({ "ready": ready, "checks": told });
    if !notes.is_empty() {
        told["notes"] = notes.into();
    }
    let body = told.to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn render(State(shared): State<Shared>) -> Response {
    if tokio::time::timeout(CHECKS_TAKE, shared.vitals.refresh_metrics()).await.is_err() {
        tracing::warn!("gauges could not be brought up to date in time; /metrics shows the last ones");
    }
    shared.metrics.run_upkeep();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], shared.metrics.render()).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    #[derive(Default)]
    struct Fake {
        broken: AtomicBool,
    }

    #[async_trait]
    impl Vitals for Fake {
        async fn checks(&self) -> Vec<Check> {
            let broker = if self.broken.load(Ordering::SeqCst) { Err("refused".to_owned()) } else { Ok(()) };
            vec![Check { name: "database", outcome: Ok(()) }, Check { name: "broker", outcome: broker }]
        }

        async fn refresh_metrics(&self) {
            ::metrics::gauge!("rollcall_test_depth").set(3.0);
        }
    }

    async fn ask(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn served(listen: &str) -> (SocketAddr, Arc<Fake>, CancellationToken) {
        let (vitals, stop) = (Arc::new(Fake::default()), CancellationToken::new());
        let metrics = crate::telemetry::metrics().unwrap();
        let address = serve(listen.parse().unwrap(), vitals.clone(), metrics, stop.clone()).await.unwrap();
        (address, vitals, stop)
    }

    #[tokio::test]
    async fn health_readiness_and_metrics_are_served() {
        let (address, vitals, _stop) = served("127.0.0.1:0").await;
        assert!(ask(address, "/healthz").await.starts_with("HTTP/1.1 200"));
        assert!(ask(address, "/readyz").await.ends_with(r#"{"checks":{"broker":"ok","database":"ok"},"ready":true}"#));
        vitals.broken.store(true, Ordering::SeqCst);
        let answer = ask(address, "/readyz").await;
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains(r#""broker":"refused""#), "{answer}");
        assert!(ask(address, "/healthz").await.starts_with("HTTP/1.1 200"));
        assert!(ask(address, "/metrics").await.contains("rollcall_test_depth 3"));
        assert!(ask(address, "/nothing").await.starts_with("HTTP/1.1 404"));
    }

    #[tokio::test]
    async fn a_busy_port_is_given_way_to() {
        let (first, _, _one) = served("127.0.0.1:0").await;
        let (second, _, _two) = served(&first.to_string()).await;
        assert_ne!(first.port(), second.port());
        assert!(ask(second, "/healthz").await.starts_with("HTTP/1.1 200"));
    }
}
