//! Fail points: places at which a test kills the process, to see that nothing is lost or done twice.
//!
//! They exist in debug builds alone. `ROLLCALL_FAIL_POINTS=NAME` ends the process at the first passing of the point,
//! `NAME:3` at the third, `NAME@TEXT` at every passing whose subject holds the text: work that kills whoever takes it.
//! Nothing is flushed, closed or told, as with `kill -9`.

/// Ends the process here if a test asks for it.
pub fn fail_point(name: &str) {
    #[cfg(debug_assertions)]
    wanted::pass(name, None);
    let _ = name;
}

/// Ends the process here if a test asks for it and for this subject (which is only written out then).
pub fn fail_point_for(name: &str, subject: &dyn std::fmt::Display) {
    #[cfg(debug_assertions)]
    wanted::pass(name, Some(subject));
    let _ = (name, subject);
}

#[cfg(debug_assertions)]
mod wanted {
    use std::{
        fmt::Display,
        sync::{
            OnceLock,
            atomic::{AtomicU64, Ordering},
        },
    };

    struct Wanted {
        name: String,
        when: When,
    }

    enum When {
        /// At the passing that brings it to zero.
        Passings(AtomicU64),
        /// Always, if the subject holds this.
        Subject(String),
    }

    static WANTED: OnceLock<Option<Wanted>> = OnceLock::new();

    pub(super) fn pass(name: &str, subject: Option<&dyn Display>) {
        let Some(wanted) = WANTED.get_or_init(read).as_ref().filter(|wanted| wanted.name == name) else { return };
        let now = match &wanted.when {
            When::Passings(left) => left.fetch_sub(1, Ordering::SeqCst) == 1,
            When::Subject(text) => subject.is_some_and(|subject| subject.to_string().contains(text)),
        };
        if now {
            std::process::abort();
        }
    }

    fn read() -> Option<Wanted> {
        let text = std::env::var("ROLLCALL_FAIL_POINTS").ok()?;
        if let Some((name, subject)) = text.split_once('@') {
            return Some(Wanted { name: name.to_owned(), when: When::Subject(subject.to_owned()) });
        }
        let (name, passings) = match text.split_once(':') {
            Some((name, count)) => (name, count.parse().ok()?),
            None => (text.as_str(), 1),
        };
        Some(Wanted { name: name.to_owned(), when: When::Passings(AtomicU64::new(passings)) })
    }
}
