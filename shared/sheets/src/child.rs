//! The reading child: our own program again, with no environment and tight limits, which reads untrusted files for its parent.
//!
//! A panic of a parser is caught here and means `damaged`; an abort, a signal or a limit takes the process, and its parent
//! draws the conclusion. The child writes to its pipe alone and leaves no core dump, because memory holds personal data.

use std::{
    io::{self, BufWriter, Read, Write},
    panic::{self, AssertUnwindSafe},
    path::Path,
    time::{Duration, Instant},
};

use rlimit::Resource;

use crate::{
    Account, Head, ReadLimits, Rejection, actions,
    block::{self, BLOCK_BYTES},
    reading::{self, Output, Piece},
    rejection::Failure,
    wire::{self, Frame, PROTOCOL, Request},
};

/// Open files that a child may have.
const OPEN_FILES: u64 = 32;

/// Serves requests from standard input until it is closed; the exit code. The whole of the hidden subcommand.
#[must_use]
pub fn serve_stdio() -> i32 {
    serve_stdio_behind(&|_| {})
}

/// The same, with a reader in front of ours that sees each file first, within all limits. The tests' child alone has one:
/// it panics, takes memory or never ends when the file asks for it, so that the limits are tried without a harmful file.
#[must_use]
pub fn serve_stdio_behind(first: &dyn Fn(&Path)) -> i32 {
    // A panic's message may hold data of a file.
    panic::set_hook(Box::new(|_| {}));
    let limited = limit_for_life();
    let served = limited.and_then(|()| serve(&mut io::stdin().lock(), &mut io::stdout().lock(), first));
    i32::from(served.is_err())
}

/// Serves requests until `input` ends, within the limits of each request. Limits are those of the whole process.
fn serve(input: &mut impl Read, output: &mut impl Write, first: &dyn Fn(&Path)) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(BLOCK_BYTES * 2, output);
    wire::write_frame(&mut output, &Frame::Hello(PROTOCOL))?;
    output.flush()?;
    let mut busy = Duration::ZERO;
    while let Some(request) = wire::read_request(input)? {
        let started = Instant::now();
        limit_for_file(&request.limits, busy)?;
        let last = read(&request, &mut output, first)?;
        wire::write_frame(&mut output, &last)?;
        output.flush()?;
        busy += started.elapsed();
    }
    Ok(())
}

/// No core dumps, no files written, few files open.
fn limit_for_life() -> io::Result<()> {
    Resource::CORE.set(0, 0)?;
    Resource::FSIZE.set(0, 0)?;
    Resource::NOFILE.set(OPEN_FILES, OPEN_FILES)
}

/// The soft limits of one file. The process has one thread, so the time it was busy is no less than the time that the
/// kernel has counted; the limit is set that much further.
fn limit_for_file(limits: &ReadLimits, busy: Duration) -> io::Result<()> {
    let (_, hard) = Resource::CPU.get()?;
    Resource::CPU.set((busy.as_secs() + 1 + limits.cpu_s).min(hard), hard)?;
    let (_, hard) = Resource::AS.get()?;
    Resource::AS.set(limits.memory_bytes.min(hard), hard)
}

/// Reads one file; what is left to say at its end. An error is one of the pipe: the parent is gone.
fn read(request: &Request, output: &mut impl Write, first: &dyn Fn(&Path)) -> io::Result<Frame> {
    let mut stream = Stream { output, block: Vec::with_capacity(BLOCK_BYTES + (8 << 10)), broken: None };
    let result = panic::catch_unwind(AssertUnwindSafe(|| {
        first(&request.path);
        let read = if request.actions {
            actions::read(&request.path, &request.limits, &mut stream)
        } else {
            reading::read(&request.path, request.kind, &request.limits, &mut stream)
        };
        read.and_then(|()| stream.flush())
    }));
    if let Some(error) = stream.broken {
        return Err(error);
    }
    Ok(match result {
        Ok(Ok(())) => Frame::End,
        Ok(Err(Failure::Rejected(rejection))) => Frame::Rejected(rejection),
        Ok(Err(Failure::Io(error))) => Frame::Failed(error.to_string()),
        Err(_) => Frame::Rejected(Rejection::damaged()),
    })
}

/// Puts rows into blocks and blocks onto the pipe.
struct Stream<'a, W: Write> {
    output: &'a mut W,
    block: Vec<u8>,
    broken: Option<io::Error>,
}

impl<W: Write> Stream<'_, W> {
    fn flush(&mut self) -> Result<(), Failure> {
        if self.block.is_empty() {
            return Ok(());
        }
        let sent = wire::write_block(self.output, &self.block);
        self.block.clear();
        self.sent(sent)
    }

    fn sent(&mut self, sent: io::Result<()>) -> Result<(), Failure> {
        sent.map_err(|error| {
            self.broken = Some(error);
            Failure::Io(io::ErrorKind::BrokenPipe.into())
        })
    }
}

impl<W: Write> Output for Stream<'_, W> {
    fn head(&mut self, head: &Head) -> Result<(), Failure> {
        // Rows of blocks that were begun before go first.
        self.flush()?;
        let sent = wire::write_frame(self.output, &Frame::Head(head.clone()));
        self.sent(sent)
    }

    fn row(&mut self, piece: Piece<'_>) -> Result<(), Failure> {
        let number = piece.row.number;
        if !block::encode(piece, &mut self.block) {
            let what = format!("第 {number} 行的内容");
            return Err(Rejection::too_large(&what, block::ROW_BYTES as u64 >> 10, "KB").into());
        }
        if self.block.len() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    fn account(&mut self, account: &Account) -> Result<(), Failure> {
        self.flush()?;
        let sent = wire::write_frame(self.output, &Frame::Account(account.clone()));
        self.sent(sent)
    }
}
