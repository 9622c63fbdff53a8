//! The words after `cargo run --release -p benches --`.

use std::path::PathBuf;

/// How to call it.
pub const HELP: &str = "\
usage: benches [NAME…] [--quick] [--city DIR] [--units N] [--bin FILE]
  NAME        reading, notices, mails, statistics, store, messages, whole, comparison,
              season, memory [default: all]
  --quick     smaller figures: minutes become seconds
  --city DIR  what city.py made, for `whole` [default: a city of the bench's own]
  --units N   unions of `season` [default: 53478]
  --bin FILE  the rollcall program [default: target/release/rollcall]";

const NAMES: [&str; 10] =
    ["reading", "notices", "mails", "statistics", "store", "messages", "whole", "comparison", "season", "memory"];

/// What this process is to do; the hidden ones are asked for by our own processes.
pub enum Task {
    /// Print the help.
    Help,
    /// Be the reading child.
    ServeSheets,
    /// Read one file through the child and tell how it went.
    ReadOnce(PathBuf),
    /// Read one file with the bare parser and tell how it went.
    ParseOnce(PathBuf),
    /// Run benches.
    Benches(Arguments),
}

/// Which benches, and how.
#[derive(Debug, Default)]
pub struct Arguments {
    names: Vec<String>,
    /// Smaller figures.
    pub quick: bool,
    /// Unions of the year at full size.
    pub units: Option<usize>,
    /// A folder made by `city.py`.
    pub city: Option<PathBuf>,
    /// The program to be measured.
    pub bin: Option<PathBuf>,
}

impl Arguments {
    /// Whether this bench is to run.
    pub fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|wanted| wanted == name)
    }

    /// The full figure, or the one for `--quick`.
    pub fn size<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

impl Task {
    /// Reads the words; an error is a sentence.
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Arguments::default();
        let mut words = words;
        while let Some(word) = words.next() {
            let mut path = || words.next().map(PathBuf::from).ok_or_else(|| format!("{word} what?"));
            match word.as_str() {
                "-h" | "--help" => return Ok(Self::Help),
                "read-sheets" => return Ok(Self::ServeSheets),
                "read-once" => return Ok(Self::ReadOnce(path()?)),
                "parse-once" => return Ok(Self::ParseOnce(path()?)),
                "--quick" => arguments.quick = true,
                "--units" => {
                    let number = words.next().and_then(|word| word.parse().ok());
                    arguments.units = Some(number.ok_or("--units what?")?);
                }
                "--city" => arguments.city = Some(path()?),
                "--bin" => arguments.bin = Some(path()?),
                name if NAMES.contains(&name) => arguments.names.push(word),
                _ => return Err(format!("there is no bench and no option {word}")),
            }
        }
        Ok(Self::Benches(arguments))
    }
}
