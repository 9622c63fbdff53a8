//! A coverage year: the file that holds its dates, fees and texts, and the windows that its dates make.

pub mod diff;
mod extension;
mod fault;
pub mod file;
pub mod read;
pub mod reminder;
pub mod texts;
pub mod window;
mod write;

pub use fault::{YearFault, YearFaultCode};
pub use file::YearFile;
pub use window::{Window, WindowKind, WindowState};

#[cfg(test)]
mod tests;
