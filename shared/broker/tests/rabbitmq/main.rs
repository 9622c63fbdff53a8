//! The broker's promises against a real `RabbitMQ` (`AMQP_URL`, or the one on this machine). Without one the tests fail.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod carrying;
mod faults;
mod scene;
