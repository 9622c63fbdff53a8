//! What can be wrong with a configuration, in sentences that name the key, the value expected and the place.

use thiserror::Error;

/// A configuration that can't be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file can't be read or is no TOML.
    #[error("configuration file {path}: {cause}")]
    File {
        /// The file.
        path: String,
        /// What is wrong, with the line where the parser knows it.
        cause: String,
    },
    /// A key that nobody reads; probably a slip of the pen.
    #[error("unknown key {key} ({origin}){}", hint.as_ref().map(|h| format!("; did you mean {h}?")).unwrap_or_default())]
    UnknownKey {
        /// The key, or the variable, as it was written.
        key: String,
        /// Where it stands.
        origin: String,
        /// The nearest one that exists.
        hint: Option<String>,
    },
    /// A value that the key does not take.
    #[error("{key} = {value:?} ({origin}): expected {expected}")]
    Value {
        /// The key.
        key: String,
        /// The value, masked where it is secret.
        value: String,
        /// What would be taken.
        expected: String,
        /// Where the value stands.
        origin: String,
    },
    /// The layers could not be joined: a fault of ours, held off by a test over the table.
    #[error("the configuration can't be put together: {0}")]
    Join(#[from] ::config::ConfigError),
}

/// The name nearest to `name`, if one is near enough to be meant.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let name_lower = name.to_lowercase();
    let (best, far) = known.map(|k| (k, distance(&name_lower, &k.to_lowercase()))).min_by_key(|(_, d)| *d)?;
    (far <= name.len() / 3).then(|| best.to_owned())
}

/// Levenshtein's distance in bytes; keys are ASCII.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not_guessed() {
        let known = ["worker.slots", "worker.batch", "mail.from"];
        assert_eq!(nearest("worker.slot", known.into_iter()).as_deref(), Some("worker.slots"));
        assert_eq!(nearest("zzz.zzzzzzzz", known.into_iter()), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
