//! Tests of what the other tests stand on: every server helper starts, works, and leaves nothing.

mod invented;
mod postgres;
mod processes;
mod rabbitmq;
mod s3;
mod smtp;

/// Whether a process whose command line contains `text` is running.
fn a_process_mentions(text: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().filter_map(Result::ok).any(|entry| {
        std::fs::read(entry.path().join("cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(text))
    })
}
