//! What every process needs and no process should invent: configuration, clocks, ids, logs and metrics, shutdown, pacing.
//!
//! Nothing here knows what a union is. Time comes from [`Clock`] alone, settings from [`Config`] alone, chance from
//! [`Ids`] alone.

pub mod backoff;
pub mod breaker;
pub mod clock;
pub mod config;
mod fail;
pub mod http;
pub mod ids;
pub mod pace;
pub mod shutdown;
pub mod telemetry;

pub use clock::{
    Clock, FixedBusiness, SHANGHAI, SharedClock, SimulatedClock, SystemClock, TestClock, shanghai_text, shanghai_time,
};
pub use config::{Config, ConfigError, Secret, SecretUrl, Sources};
pub use fail::{fail_point, fail_point_for};
pub use ids::{Ids, SeededIds, SystemIds};
