//! The house rules as tests: what `architecture.md` asks of every crate and file, told with file and line.

mod compose;
mod edges;
mod guards;
mod migrations;
mod source;
mod tidy;

/// Fails with all complaints at once, one a line.
fn nothing_to_complain_about(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} places:\n{}", complaints.len(), complaints.join("\n"));
}
