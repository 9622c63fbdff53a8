//! A look at the broker for `doctor` and `/readyz`, over a connection of its own.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Shared, session::within, supervisor, topology};
use crate::{BrokerError, Health, QueueHealth, QueueState};

/// Bytes of the broker's greeting that are looked at; it fits many times.
const GREETING_BYTES: usize = 4_096;

/// Declares everything as at the start and notes what stands in the way, thing by thing.
pub(super) async fn check(shared: &Shared) -> Result<Health, BrokerError> {
    let limit = shared.settings.limit;
    let connection = supervisor::connect(shared, "check").await?;
    let mut channel = within(limit, "opening a channel", connection.create_channel()).await?;
    let mut queues: Vec<QueueHealth> = Vec::new();
    for item in topology::items(&shared.names, &shared.settings) {
        let state = match item.declare(&channel, &shared.settings).await {
            Ok(()) => QueueState::Good,
            Err(BrokerError::OtherArguments { reason, .. }) => QueueState::OtherArguments(reason),
            Err(BrokerError::Rights { reason, .. }) => QueueState::MissingRight(reason),
            Err(error) => QueueState::Failed(error.to_string()),
        };
        if state != QueueState::Good {
            // The broker has closed the channel over it.
            channel = within(limit, "opening a channel", connection.create_channel()).await?;
        }
        match queues.iter_mut().find(|queue| queue.name == item.name()) {
            Some(known) if known.state == QueueState::Good => known.state = state,
            Some(_) => {}
            None => queues.push(QueueHealth { name: item.name().to_owned(), state }),
        }
    }
    // Looked at and done; a slow farewell is of no interest.
    let _ = within(limit, "closing", connection.close(200, "checked".into())).await;
    Ok(Health { server: server(shared).await, queues, ..Health::default() })
}

/// Product and version as the broker greets with them; lapin keeps them to itself. Without a version over TLS.
async fn server(shared: &Shared) -> String {
    let greeting = async {
        let (host, port) = shared.address.plain()?;
        let mut stream = TcpStream::connect((host, port)).await.ok()?;
        stream.write_all(b"AMQP\x00\x00\x09\x01").await.ok()?;
        let mut bytes = vec![0; GREETING_BYTES];
        let read = stream.read(&mut bytes).await.ok()?;
        bytes.truncate(read);
        Some(format!("{} {}", property(&bytes, "product")?, property(&bytes, "version")?))
    };
    let told = tokio::time::timeout(Duration::from_secs(1), greeting).await.ok().flatten();
    told.unwrap_or_else(|| "an AMQP 0-9-1 broker".to_owned())
}

/// A long string of the greeting's property table: length, name, `S`, length in four bytes, text.
fn property(greeting: &[u8], name: &str) -> Option<String> {
    let mut key = vec![u8::try_from(name.len()).ok()?];
    key.extend_from_slice(name.as_bytes());
    key.push(b'S');
    let start = greeting.windows(key.len()).position(|window| window == key)? + key.len();
    let length = u32::from_be_bytes(greeting.get(start..start + 4)?.try_into().ok()?) as usize;
    let text = greeting.get(start + 4..)?.get(..length)?;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_read_out_of_a_greeting_and_a_cut_one_is_none() {
        let greeting = b"\x01\x00\x07versionS\x00\x00\x00\x063.10.8\x07productS\x00\x00\x00\x08Rabb";
        assert_eq!(property(greeting, "version").as_deref(), Some("3.10.8"));
        assert_eq!(property(greeting, "product"), None);
        assert_eq!(property(b"", "version"), None);
    }
}
