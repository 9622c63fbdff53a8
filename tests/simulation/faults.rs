//! Processes that die: at a look at the clock, or at any point where they wait.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::task::Poll;

use futures_util::FutureExt as _;

use super::clock::{Crash, SimClock};

/// When a process dies.
#[derive(Clone, Copy, Debug)]
pub enum Death {
    /// It lives.
    Never,
    /// At this look at the clock.
    AtLook(i64),
    /// After so many polls, whether what it waited for is done or not.
    AtPoll(u32),
}

/// What a process comes to before it dies, if it does.
pub async fn until_death<F: Future>(clock: &SimClock, death: Death, process: F) -> Option<F::Output> {
    match death {
        Death::Never => Some(process.await),
        Death::AtLook(looks) => {
            clock.light(looks);
            let ended = AssertUnwindSafe(process).catch_unwind().await;
            clock.light(0);
            match ended {
                Ok(done) => Some(done),
                Err(cause) if cause.is::<Crash>() => None,
                Err(cause) => std::panic::resume_unwind(cause),
            }
        }
        Death::AtPoll(polls) => {
            let mut process = Box::pin(process);
            let mut left = polls;
            std::future::poll_fn(|context| match process.as_mut().poll(context) {
                Poll::Ready(done) => Poll::Ready(Some(done)),
                Poll::Pending if left == 0 => Poll::Ready(None),
                Poll::Pending => {
                    left -= 1;
                    Poll::Pending
                }
            })
            .await
        }
    }
}
