//! Free TCP ports on the loopback.

use rand::RngExt;
use std::net::{Ipv4Addr, TcpListener};

/// Below the range from which Linux takes the near end of outgoing connections, above what servers usually have.
const RANGE: std::ops::Range<u16> = 20_000..31_000;

/// A port on 127.0.0.1 that nobody listens on at this moment.
///
/// It is drawn at random, because tests of other processes draw at the same time and the port is not held.
#[must_use]
pub fn free_port() -> u16 {
    let mut random = rand::rng();
    (0..1_000)
        .map(|_| random.random_range(RANGE))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("no free port between 20000 and 31000 on 127.0.0.1")
}
