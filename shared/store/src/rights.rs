//! The rights that the program needs on a database that another role owns: what its statements do, and no more.

use std::fmt::Write as _;

use crate::schema;

/// What nothing is ever deleted from.
const NEVER_DELETED: [&str; 34] = [
    "accounts",
    "audit",
    "batches",
    "comparison_applications",
    "comparison_items",
    "comparisons",
    "confirmations",
    "conflicts",
    "counters",
    "credit_uses",
    "credits",
    "facts",
    "failures",
    "instants",
    "leases",
    "mails",
    "memberships",
    "notices",
    "organizations",
    "person_changes",
    "persons",
    "premium_splits",
    "reminders",
    "retirement_decisions",
    "submission_people",
    "submission_versions",
    "submissions",
    "transfers",
    "unit_payments",
    "uploads",
    "vouchers",
    "window_transitions",
    "windows",
    "years",
];
/// What is written once and never changed.
const NEVER_UPDATED: [&str; 13] = [
    "account_roles",
    "accounts",
    "audit",
    "confirmations",
    "credits",
    "instant_people",
    "paused_queues",
    "person_changes",
    "premium_splits",
    "retirement_decisions",
    "submission_people",
    "submission_versions",
    "unit_payments",
];
/// Sequences that a statement asks by name. Those of the other tables are asked by the tables themselves, which needs no right.
pub(crate) const SEQUENCES: [&str; 1] = ["persons_id_seq"];

/// What is done with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reading.
    Select,
    /// Adding rows.
    Insert,
    /// Changing rows, and locking them.
    Update,
    /// Taking rows away.
    Delete,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Select, Self::Insert, Self::Update, Self::Delete];

    /// As SQL has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// The tables with which this is done, the record of migrations included.
#[must_use]
pub fn tables(verb: Verb) -> Vec<&'static str> {
    let mut tables = schema::tables();
    tables.sort_unstable();
    match verb {
        Verb::Select => tables.push(schema::RECORD),
        Verb::Insert => {}
        Verb::Update => tables.retain(|table| !NEVER_UPDATED.contains(table)),
        Verb::Delete => tables.retain(|table| !NEVER_DELETED.contains(table)),
    }
    tables
}

/// The script that gives a role the rights it needs; the owner of the tables runs it in the database, after `migrate`.
#[must_use]
pub fn grants(role: &str) -> String {
    let role = format!("\"{}\"", role.replace('"', "\"\""));
    let mut script = format!("GRANT USAGE ON SCHEMA public TO {role};\n");
    for verb in Verb::ALL {
        // A `String` takes all that is written to it.
        let _ = write!(script, "GRANT {} ON\n    {}\n    TO {role};\n", verb.name(), tables(verb).join(",\n    "));
    }
    let _ = writeln!(script, "GRANT USAGE ON SEQUENCE {} TO {role};", SEQUENCES.join(", "));
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_of_any_name_is_quoted() {
        let script = grants("a\"b; DROP");
        assert!(script.starts_with("GRANT USAGE ON SCHEMA public TO \"a\"\"b; DROP\";"), "{script}");
    }

    #[test]
    fn every_table_is_read_and_written_and_few_are_deleted_from() {
        assert!(tables(Verb::Select).contains(&"uploads") && tables(Verb::Select).contains(&"_sqlx_migrations"));
        assert!(tables(Verb::Insert).contains(&"audit") && !tables(Verb::Update).contains(&"audit"));
        assert!(tables(Verb::Delete).contains(&"messages") && !tables(Verb::Delete).contains(&"persons"));
        for unknown in NEVER_DELETED.iter().chain(&NEVER_UPDATED) {
            assert!(tables(Verb::Insert).contains(unknown), "there is no table {unknown}");
        }
    }
}
