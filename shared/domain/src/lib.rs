//! The rules of the field: what a document number, a name, a union, a row of a spreadsheet is and may be.
//! Pure: no I/O, no async, no clock, no database. Bad input gives values and findings, never a panic.

mod ascii;
pub mod calendar;
pub mod card;
pub mod cell;
pub mod comparison;
pub mod email;
pub mod enrollment;
pub mod facts;
pub mod finding;
pub mod guard;
pub mod identity;
pub mod import;
pub mod leaving;
pub mod likeness;
pub mod mask;
pub mod money;
pub mod name;
mod named;
mod number;
pub mod ordinary;
pub mod organization;
pub mod person;
pub mod phone;
pub mod place;
pub mod precision;
pub mod retirement;
pub mod role;
pub mod row;
pub mod secret;
pub mod shown;
pub mod template;
pub mod text;
pub mod transfer;
pub mod upload;
pub mod uscc;
pub mod year;
