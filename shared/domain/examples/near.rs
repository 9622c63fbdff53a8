//! Measures near matching: so many rows against so many absent members, every tenth row mistyped by one digit.
//! `cargo run --release -p domain --example near [COUNT]`

use std::time::Instant;

use chrono::{Days, NaiveDate};
use domain::{
    comparison::{Loose, Sought, near_matches},
    identity::{Document, IdKind},
    person::Sex,
};

const NAMES: [&str; 7] = ["王测", "李试", "张拟", "赵构", "钱虚", "孙设", "周假"];

fn main() {
    let count: u64 = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(100_000);
    let sought: Vec<Sought> = (0..count).filter_map(|number| member(number, 0)).collect();
    let loose: Vec<Loose> = (0..count).filter_map(|number| row(number, count)).collect();
    let start = Instant::now();
    let found = near_matches(&loose, &sought);
    let took = start.elapsed();
    let resembled = found.resembled.iter().filter(|resembled| **resembled).count();
    println!(
        "{} rows x {} members: {:.2} s, {} pairs, {resembled} members resembled",
        loose.len(),
        sought.len(),
        took.as_secs_f64(),
        found.pairs.len()
    );
}

/// A number of a region, a day and a sequence that belong to nobody; with `slip` one digit of the region is another one.
fn document(number: u64, slip: u64) -> Option<Document> {
    let day = NaiveDate::from_ymd_opt(1960, 1, 1)? + Days::new(number * 7_919 % 16_000);
    let region = 310_000 + number * 31 % 900 * 100 + slip * 10;
    let sequence = number * 131 % 1_000;
    Document::stored(IdKind::ResidentId, &format!("{region:06}{}{sequence:03}0", day.format("%Y%m%d")))
}

fn member(number: u64, slip: u64) -> Option<Sought> {
    let document = document(number, slip)?;
    Some(Sought::new(NAMES[(number % 7) as usize], &document, document.birth_date(), Sex::Male))
}

/// Every tenth row is a member with one digit off, the others are people of other days.
fn row(number: u64, count: u64) -> Option<Loose> {
    let document = if number.is_multiple_of(10) { document(number, 1)? } else { document(number + count * 3, 0)? };
    Some(Loose::stranger(NAMES[(number % 7) as usize], &document, None))
}
