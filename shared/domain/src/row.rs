//! Rows: raw cells in the order of the template's columns become a typed row and what is wrong with it.
//!
//! Every column is looked at and every fault told in one pass; a row with an error has no value.

mod column;
mod member;
mod organization;
mod registry;
mod roster;
mod transfer;

use chrono::NaiveDate;

pub use member::{MemberRow, UnionPlace, member, union_fault};
pub use organization::{OrganizationRow, organization};
pub use registry::{RegistryRow, registry};
pub use roster::{RosterRow, roster};
pub use transfer::{TransferRow, transfer};

use crate::{
    finding::{Fault, Severity},
    precision::{Lost, Suspicion},
};

/// What the validators know besides the cells.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The business day on which the file was received: nobody is born or dies after it.
    pub today: NaiveDate,
    /// What all numbers of the file tell of those that end in zeros.
    pub lost: Lost,
}

impl Context {
    /// Of a row by itself.
    #[must_use]
    pub const fn on(today: NaiveDate) -> Self {
        Self { today, lost: Lost { ids: Suspicion::None, cards: Suspicion::None } }
    }
}

/// A row that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked<T> {
    /// The typed row; `None` where one of the faults is an error.
    pub value: Option<T>,
    /// What is wrong with it, in the order of the columns; not allocated where nothing is.
    pub faults: Vec<Fault>,
}

impl<T> Checked<T> {
    /// Adds what was found out later, such as an unknown union; an error takes the value away.
    pub fn add(&mut self, fault: Fault) {
        if fault.severity == Severity::Error {
            self.value = None;
        }
        self.faults.push(fault);
    }
}

#[cfg(test)]
mod tests;
