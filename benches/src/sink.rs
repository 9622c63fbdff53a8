//! A mail server that takes everything, counts it and keeps nothing: what it costs is as little as a server can cost.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::Outcome;

/// The server, on a port of its own until the process ends.
pub struct Sink {
    port: u16,
    taken: Arc<AtomicUsize>,
}

impl Sink {
    /// Listens; a thread for each connection.
    pub fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (port, taken) = (listener.local_addr()?.port(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&taken);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let count = Arc::clone(&count);
                // A client that has gone ends its conversation.
                std::thread::spawn(move || drop(converse(&stream, &count)));
            }
        });
        Ok(Self { port, taken })
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Mails so far.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }
}

fn converse(stream: &TcpStream, taken: &AtomicUsize) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut lines, mut out) = (BufReader::new(stream), stream);
    out.write_all(b"220 sink\r\n")?;
    let (mut line, mut in_text) = (Vec::new(), false);
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if in_text {
            if line == b".\r\n" {
                in_text = false;
                taken.fetch_add(1, Ordering::AcqRel);
                out.write_all(b"250 taken\r\n")?;
            }
            continue;
        }
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        in_text = word == b"DATA";
        let answer: &[u8] = match word.as_slice() {
            b"EHLO" => b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            b"DATA" => b"354 go on\r\n",
            b"QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        out.write_all(answer)?;
    }
}
