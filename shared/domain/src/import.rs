//! What an import does to the registry, row by row: decided here from the row and from what is known, carried out
//! elsewhere. A blank cell is no change and erases nothing (decision 3).

mod afterwards;
mod duplicates;
mod facts;
mod member;
mod organization;
mod transfer;
mod tree;

pub use afterwards::Afterwards;
pub(crate) use duplicates::wide_hash;
pub use duplicates::{Duplicates, repeats};
pub use facts::facts;
pub use member::{Known, Particulars, member};
pub use organization::{KnownOrganization, organization};
pub use transfer::transfer;
pub use tree::{KnownPlace, organization_tree};

use crate::finding::Fault;

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Taken: nobody and nothing with this key was known.
    New,
    /// Taken: these columns ([`crate::template::Column::key`], or `data_type`) get the row's values.
    Changed(Vec<&'static str>),
    /// Taken as a request to transfer somebody into or out of another union; counts as accepted and as transfer.
    TransferIn,
    /// The registry says the same already.
    Unchanged,
    /// Not taken, for the error among the faults.
    Rejected,
}

/// An outcome and what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What becomes of the row.
    pub outcome: Outcome,
    /// Warnings, and the error of a rejected row.
    pub faults: Vec<Fault>,
}

/// The columns of which a value is stated that differs from the known one.
fn changed<const N: usize>(columns: [(&'static str, Option<&str>, Option<&str>); N]) -> Vec<&'static str> {
    let differs = |(_, stated, known): &(_, Option<&str>, Option<&str>)| stated.is_some() && stated != known;
    columns.iter().filter(|column| differs(column)).map(|(key, ..)| *key).collect()
}

fn outcome(changed: Vec<&'static str>) -> Outcome {
    if changed.is_empty() { Outcome::Unchanged } else { Outcome::Changed(changed) }
}

#[cfg(test)]
mod tests;
