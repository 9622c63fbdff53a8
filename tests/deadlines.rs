//! Deadlines on both databases: the reconciler, the worker that enforces closings, and the forecast, at the instants where
//! they could go wrong.

mod aftermath;
mod at_once;
mod closings;
mod keeping;
mod prices;
mod reminders;
mod rules;
pub mod scene;
mod undoing;
mod windows;
