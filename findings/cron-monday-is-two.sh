#!/usr/bin/env bash
# cron 0.17.0 (crates.io): numbers of the days of the week.
#
# In a crontab 1 is Monday and 0 (or 7) is Sunday. In this crate 1 is Sunday and 7 is Saturday, and 0 is refused, so that a line
# such as "0 0 9 * * 1" (nine o'clock on Mondays, with a field for seconds in front) is taken and fires on Sundays. Names (Mon)
# mean what they say.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "days"
version = "0.0.0"
edition = "2021"

[dependencies]
cron = "=0.17.0"
chrono = { version = "=0.4.45", default-features = false, features = ["std"] }
TOML
cat >src/main.rs <<'RUST'
use std::str::FromStr;

use chrono::{DateTime, Utc};
use cron::Schedule;

fn main() {
    let from = "2022-11-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap();
    for line in ["0 0 9 * * 1", "0 0 9 * * Mon", "0 0 9 * * 7", "0 0 9 * * 0"] {
        match Schedule::from_str(line) {
            Ok(schedule) => println!("{line}: {}", schedule.after(&from).next().unwrap().format("%A %F")),
            Err(_) => println!("{line}: refused"),
        }
    }
}
RUST
seen=$(cargo run --quiet)
echo "cron 0.17.0"
echo "$seen"
diff - <(echo "$seen") <<'EXPECTED'
0 0 9 * * 1: Sunday 2022-11-06
0 0 9 * * Mon: Monday 2022-11-07
0 0 9 * * 7: Saturday 2022-11-05
0 0 9 * * 0: refused
EXPECTED
echo "as found: 1 is Sunday"
