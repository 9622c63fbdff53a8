//! The queues: one per worker, and a lane of its own for large files.

use serde::{Deserialize, Serialize};

/// A durable queue. The wire name is what an operator sees in `queue list` and at the broker, after its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Queue {
    /// Uploaded spreadsheets of ordinary size.
    Uploads,
    /// Uploaded spreadsheets that are read for longer than a few seconds: they never stand before a small one.
    UploadsLarge,
    /// Rosters to be compared with the registry.
    Comparisons,
    /// Submissions, batches and payments to be added up.
    Enrollments,
    /// Notice documents to be rendered.
    Notices,
    /// Mails to be delivered.
    Mails,
    /// Windows that opened or closed, and reminders.
    Deadlines,
}

impl Queue {
    /// Every queue, in the order in which they are listed.
    pub const ALL: [Self; 7] = [
        Self::Uploads,
        Self::UploadsLarge,
        Self::Comparisons,
        Self::Enrollments,
        Self::Notices,
        Self::Mails,
        Self::Deadlines,
    ];

    /// The name on the wire, in the database and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uploads => "uploads",
            Self::UploadsLarge => "uploads-large",
            Self::Comparisons => "comparisons",
            Self::Enrollments => "enrollments",
            Self::Notices => "notices",
            Self::Mails => "mails",
            Self::Deadlines => "deadlines",
        }
    }

    /// The queue of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.name() == name)
    }
}

impl std::fmt::Display for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
