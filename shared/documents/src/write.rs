//! What the notices say, and in which order.

pub(crate) mod bureau;
mod gone;
mod letter;
pub(crate) mod unit;
