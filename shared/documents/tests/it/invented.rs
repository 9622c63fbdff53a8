//! Invented notices.

use documents::{BureauNotice, UnitNotice, example};

pub use documents::example::name;

/// The second version of a unit's notice, with so many people.
pub fn unit(people: usize) -> UnitNotice {
    example::unit(people).unwrap()
}

/// The notice of a bureau with so many units.
pub fn bureau(units: usize) -> BureauNotice {
    example::bureau(units).unwrap()
}
