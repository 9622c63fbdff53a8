//! One reading child as its parent holds it: the process, the pipe to it, and the thread that takes frames off its output.

use std::{
    io::{self, BufReader},
    process::{ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{Broken, PoolSettings};
use crate::wire::{self, Frame, PROTOCOL, Request};

/// Frames that wait between the child and the one who checks them, so that both work at once.
const FRAMES_AHEAD: usize = 8;
/// How long a child may take to say hello.
const HELLO: Duration = Duration::from_secs(20);

/// What comes of waiting for a child.
pub(super) enum Answer {
    Frame(Frame),
    /// The time given is over.
    Nothing,
    /// Its output has ended.
    Dead,
    /// It sent what is no frame.
    Nonsense,
}

pub(super) struct Child {
    /// Files that it has read.
    pub served: u32,
    process: std::process::Child,
    stdin: Option<ChildStdin>,
    frames: Option<Receiver<io::Result<Frame>>>,
    reader: Option<JoinHandle<()>>,
}

impl Child {
    /// Starts a child and waits for its hello: a program that says none is a matter of installation, not of a file.
    pub fn start(settings: &PoolSettings) -> io::Result<Self> {
        let mut process = Command::new(&settings.program)
            .args(&settings.args)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdin = process.stdin.take();
        let (sender, frames) = sync_channel(FRAMES_AHEAD);
        let mut child = Self { served: 0, process, stdin, frames: Some(frames), reader: None };
        let stdout = child.process.stdout.take().ok_or_else(no_hello)?;
        let take_frames = move || {
            let mut stdout = BufReader::with_capacity(64 << 10, stdout);
            loop {
                let frame = wire::read_frame(&mut stdout);
                let ended = frame.is_err();
                if sender.send(frame).is_err() || ended {
                    return;
                }
            }
        };
        child.reader = Some(std::thread::Builder::new().name("sheet-frames".to_owned()).spawn(take_frames)?);
        let mut left = HELLO;
        match child.answer(HELLO, &mut left) {
            Answer::Frame(Frame::Hello(PROTOCOL)) => Ok(child),
            Answer::Frame(Frame::Hello(_)) => {
                Err(io::Error::other("the reading child is of another version: restart this process"))
            }
            _ => Err(no_hello()),
        }
    }

    /// Sends a request; fails where the child is dead.
    pub fn ask(&mut self, request: &Request) -> Result<(), ()> {
        let stdin = self.stdin.as_mut().ok_or(())?;
        wire::write_request(stdin, request).map_err(drop)
    }

    /// Waits for a frame for the given time at most, which is taken off `left`.
    pub fn answer(&self, time: Duration, left: &mut Duration) -> Answer {
        let Some(frames) = &self.frames else { return Answer::Dead };
        let waiting = Instant::now();
        let answer = frames.recv_timeout(time);
        *left = left.saturating_sub(waiting.elapsed());
        match answer {
            Ok(Ok(frame)) => Answer::Frame(frame),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => Answer::Nonsense,
            Err(RecvTimeoutError::Timeout) => Answer::Nothing,
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Answer::Dead,
        }
    }

    /// What to make of its end: SIGKILL does not come from the child nor from its own limits, and here not from us.
    pub fn death(&mut self) -> Broken {
        use std::os::unix::process::ExitStatusExt;
        const SIGKILL: i32 = 9;
        let signal = self.process.wait().ok().and_then(|status| status.signal());
        Broken::Died { innocent: signal == Some(SIGKILL) }
    }
}

fn no_hello() -> io::Error {
    io::Error::other("the reading child did not start: is the program the one that runs here?")
}

impl Drop for Child {
    fn drop(&mut self) {
        // Idle or beyond hope: killed either way. Then its pipe ends, and the thread with it.
        self.stdin = None;
        self.frames = None;
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}
