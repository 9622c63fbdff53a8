//! Notices as PDF: how many a second one core renders, how large they are, and whether memory grows over very many.

use std::time::Instant;

use crate::{
    Outcome,
    arguments::Arguments,
    machine,
    table::{Row, grouped},
};

/// People on the list of one notice.
const PEOPLE: usize = 100;

/// The rows of the table.
pub fn bench(arguments: &Arguments) -> Outcome<Vec<Row>> {
    let count: usize = arguments.size(50_000, 1_000);
    let mut notice = documents::example::unit(PEOPLE)?;
    // Faces are unpacked at the first one.
    let cold = Instant::now();
    documents::unit_notice(&notice)?;
    let cold_ms = cold.elapsed().as_secs_f64() * 1000.0;
    let own = std::process::id();
    let (mut bytes, mut own_mb) = (0, Vec::new());
    let (start, before) = (Instant::now(), machine::cpu_s(own));
    for number in 0..count {
        notice.number = format!("GZ2023-{number:010}-02");
        bytes += documents::unit_notice(&notice)?.bytes.len();
        if number + 1 == count / 10 || number + 1 == count {
            own_mb.push(machine::memory_mb(own, "RssAnon"));
        }
    }
    let (wall_s, cpu_s) = (start.elapsed().as_secs_f64(), machine::cpu_s(own) - before);
    let [first, last] = own_mb.as_slice() else { return Err("two looks were taken".into()) };
    Ok(vec![
        Row::of(format!("notices of {PEOPLE} people, one core, {} of them", grouped(count as f64)))
            .measured(format!(
                "{:.0}/s of processor, {:.0}/s of wall clock",
                count as f64 / cpu_s,
                count as f64 / wall_s
            ))
            .beside(format!(
                "the first, with the faces unpacked: {cold_ms:.0} ms; {:.0} kB each",
                bytes as f64 / count as f64 / 1000.0
            ))
            .aim("≥ 120/s; < 150 kB"),
        Row::of("own memory over them")
            .measured(format!("{last:.0} MB"))
            .beside(format!("{first:.0} MB after a tenth"))
            .ratio(format!("{:+.1} MB", last - first))
            .aim("no growth"),
    ])
}
