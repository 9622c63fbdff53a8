//! The smallest HTTP client that can ask a role how it is: one GET, one answer, closed connection.

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A probe that hangs longer than this counts as no answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// GET `path` at `127.0.0.1:port`: status and body, or nothing when nobody answers.
pub async fn get(port: u16, path: &str) -> Option<(u16, String)> {
    timeout(ANSWER_LIMIT, ask(port, path)).await.ok()?
}

async fn ask(port: u16, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}
