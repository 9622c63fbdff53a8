//! The parent's side: a pool of reading children, each killed at the wall limit, retired after some files, replaced when dead.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::template::TemplateKind;

mod process;

use self::process::{Answer, Child};
use crate::{
    Account, Block, Head, Heads, ReadLimits, Rejection, Spool, actions,
    block::Last,
    spool::Spooler,
    wire::{Frame, Request},
};

/// How often a waiting reader looks at its stop flag.
const STOP_LOOK: Duration = Duration::from_millis(100);
/// Particulars of a rejection are cut to this many characters.
const DETAIL_CHARS: usize = 500;

/// How the pool runs its children.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// The program that serves: our own.
    pub program: PathBuf,
    /// Its arguments: the hidden subcommand.
    pub args: Vec<String>,
    /// Children at most, at least one; they are started when needed.
    pub processes: usize,
    /// A child retires after this many files.
    pub files_per_process: u32,
    /// Private folder for rows beyond what memory keeps; nothing in it has a name.
    pub spool_folder: PathBuf,
}

/// Why a file was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file itself; final.
    #[error("{0}")]
    Rejected(Rejection),
    /// The machine: no child could be started, no room for the rows, the file is gone. Better later, maybe.
    #[error("reading a spreadsheet: {0}")]
    Io(#[from] io::Error),
    /// The stop flag was set, or the sink wanted no more.
    #[error("reading a spreadsheet was stopped")]
    Stopped,
}

impl From<Rejection> for ReadError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// Sees rows as they arrive, while the child goes on parsing.
pub trait RowSink {
    /// The data sheet is found. May come a second time, when a child died and the file is read anew: then what was seen
    /// before does not count.
    fn begin(&mut self, head: &Head);
    /// The next rows; false stops the reading.
    fn rows(&mut self, heads: &Heads, block: &Block) -> bool;
}

/// A sink that looks at nothing.
impl RowSink for () {
    fn begin(&mut self, _head: &Head) {}

    fn rows(&mut self, _heads: &Heads, _block: &Block) -> bool {
        true
    }
}

/// Reads files in child processes. Shared by threads; each call holds one child.
pub struct ReaderPool {
    settings: PoolSettings,
    limits: ReadLimits,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Child>,
    busy: usize,
}

impl ReaderPool {
    /// A pool without children yet.
    #[must_use]
    pub fn new(settings: PoolSettings, limits: ReadLimits) -> Self {
        Self { settings, limits, state: Mutex::default(), freed: Condvar::new() }
    }

    /// The limits of every file.
    #[must_use]
    pub fn limits(&self) -> &ReadLimits {
        &self.limits
    }

    /// Reads a whole file into a spool.
    pub fn read(&self, path: &Path, kind: TemplateKind) -> Result<Spool, ReadError> {
        self.read_with(path, kind, None, &mut ())
    }

    /// Reads a whole file into a spool and shows the rows to a sink on the way; `stop` ends it early.
    pub fn read_with(
        &self,
        path: &Path,
        kind: TemplateKind,
        stop: Option<&AtomicBool>,
        sink: &mut dyn RowSink,
    ) -> Result<Spool, ReadError> {
        let limits = self.limits.clone();
        let request = Request { path: std::path::absolute(path)?, kind, actions: false, limits };
        self.serve(&request, stop, sink)
    }

    /// Reads the choices of a difference workbook: rows of item, choice, sheet and row number.
    pub fn read_actions(&self, path: &Path) -> Result<Spool, ReadError> {
        let (kind, limits) = (TemplateKind::Roster, self.limits.clone());
        let request = Request { path: std::path::absolute(path)?, kind, actions: true, limits };
        self.serve(&request, None, &mut ())
    }

    fn serve(&self, request: &Request, stop: Option<&AtomicBool>, sink: &mut dyn RowSink) -> Result<Spool, ReadError> {
        let stopped = || stop.is_some_and(|flag| flag.load(Ordering::Relaxed));
        let mut seat = self.seat(&stopped)?;
        let mut may_retry = true;
        loop {
            let mut child = match seat.child.take() {
                Some(child) => child,
                None => Child::start(&self.settings)?,
            };
            match self.converse(&mut child, request, &stopped, sink) {
                Err(Broken::Died { innocent }) if may_retry && (innocent || child.served > 0) => may_retry = false,
                Err(Broken::Died { .. } | Broken::TimedOut) => return Err(Rejection::too_demanding().into()),
                Err(Broken::Other(error)) => return Err(error),
                Ok(result) => {
                    child.served += 1;
                    if child.served < self.settings.files_per_process {
                        seat.child = Some(child);
                    }
                    return result;
                }
            }
        }
    }

    /// Waits for a place in the pool.
    fn seat(&self, stopped: &dyn Fn() -> bool) -> Result<Seat<'_>, ReadError> {
        let mut state = self.state();
        while state.busy >= self.settings.processes.max(1) {
            if stopped() {
                return Err(ReadError::Stopped);
            }
            state = self.freed.wait_timeout(state, STOP_LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.busy += 1;
        Ok(Seat { child: state.idle.pop(), pool: self })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One file with one child. `Ok` leaves the child ready for the next.
    fn converse(
        &self,
        child: &mut Child,
        request: &Request,
        stopped: &dyn Fn() -> bool,
        sink: &mut dyn RowSink,
    ) -> Result<Result<Spool, ReadError>, Broken> {
        let mut left = Duration::from_secs(self.limits.wall_s);
        child.ask(request).map_err(|()| child.death())?;
        let mut file = Arriving {
            limits: &self.limits,
            places: if request.actions { actions::COLUMNS } else { request.kind.columns().len() },
            heads: None,
            last: (0, 0, None),
            account: None,
            spool: Spooler::new(&self.settings.spool_folder),
        };
        loop {
            let frame = match child.answer(left.min(STOP_LOOK), &mut left) {
                Answer::Frame(frame) => frame,
                Answer::Nothing if stopped() => return Err(Broken::Other(ReadError::Stopped)),
                Answer::Nothing if left.is_zero() => return Err(Broken::TimedOut),
                Answer::Nothing => continue,
                Answer::Dead => return Err(child.death()),
                Answer::Nonsense => return Err(Broken::Died { innocent: false }),
            };
            match frame {
                Frame::End => return file.end(),
                Frame::Rejected(mut rejection) => {
                    rejection.detail =
                        rejection.detail.chars().filter(|c| !c.is_control()).take(DETAIL_CHARS).collect();
                    return Ok(Err(rejection.into()));
                }
                Frame::Failed(text) => return Ok(Err(io::Error::other(text).into())),
                frame => file.take(frame, sink)?,
            }
            if stopped() {
                return Err(Broken::Other(ReadError::Stopped));
            }
        }
    }
}

/// Why a child is of no use any more.
pub(crate) enum Broken {
    /// It died or lost its senses. `innocent`: by a hand from outside, as it seems.
    Died { innocent: bool },
    /// It took longer than the wall limit.
    TimedOut,
    /// Nothing wrong with it, but it is in the middle of a file that nobody wants.
    Other(ReadError),
}

/// A place in the pool, with the child that sits there, if any; given back when dropped.
struct Seat<'a> {
    child: Option<Child>,
    pool: &'a ReaderPool,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.busy -= 1;
        state.idle.extend(self.child.take());
        drop(state);
        self.pool.freed.notify_one();
    }
}

/// A file of which frames arrive; checks everything, for the child is as untrusted as the file.
struct Arriving<'a> {
    limits: &'a ReadLimits,
    places: usize,
    heads: Option<Heads>,
    last: Last,
    account: Option<Account>,
    spool: Spooler<'a>,
}

impl Arriving<'_> {
    fn take(&mut self, frame: Frame, sink: &mut dyn RowSink) -> Result<(), Broken> {
        const SENSELESS: Broken = Broken::Died { innocent: false };
        match (frame, &mut self.heads) {
            _ if self.account.is_some() => Err(SENSELESS),
            (Frame::Head(mut head), heads) => {
                if !head.settle(self.places, self.limits.columns) {
                    return Err(SENSELESS);
                }
                let Some(heads) = heads else {
                    sink.begin(&head);
                    *heads = Some(Heads::new(head));
                    return Ok(());
                };
                if heads.push(head) { Ok(()) } else { Err(SENSELESS) }
            }
            (Frame::Block(bytes), Some(heads)) => {
                let (block, last) = Block::checked(bytes, self.last, heads, self.limits).ok_or(SENSELESS)?;
                self.last = last;
                self.spool.push(&block).map_err(|error| Broken::Other(error.into()))?;
                if self.spool.count() > self.limits.rows {
                    return Err(SENSELESS);
                }
                if sink.rows(heads, &block) { Ok(()) } else { Err(Broken::Other(ReadError::Stopped)) }
            }
            (Frame::Account(mut account), Some(_)) => {
                if !account.settle(self.spool.count()) {
                    return Err(SENSELESS);
                }
                self.account = Some(account);
                Ok(())
            }
            _ => Err(SENSELESS),
        }
    }

    fn end(self) -> Result<Result<Spool, ReadError>, Broken> {
        match (self.heads, self.account) {
            (Some(heads), Some(account)) if self.spool.count() > 0 => Ok(Ok(self.spool.finish(heads, account))),
            _ => Err(Broken::Died { innocent: false }),
        }
    }
}
