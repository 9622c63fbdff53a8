//! A feed of facts: what it adds to what is known of a document.

use super::{Outcome, outcome};
use crate::facts::Facts;

/// Decides about the facts of a row; [`Facts::merged`] is what is then known. A row that states nothing changes nothing.
#[must_use]
pub fn facts(news: &Facts, known: Option<&Facts>) -> Outcome {
    let before = known.copied().unwrap_or_default();
    let after = before.merged(*news);
    match known {
        None if *news != Facts::default() => Outcome::New,
        _ => outcome(
            [
                ("card", after.card != before.card),
                ("social_insurance", after.social_insurance != before.social_insurance),
                ("retired_on", after.retired_on != before.retired_on),
                ("deceased_on", after.deceased_on != before.deceased_on),
                ("staff", after.staff != before.staff),
            ]
            .into_iter()
            .filter_map(|(key, differs)| differs.then_some(key))
            .collect(),
        ),
    }
}
