//! The README's walkthroughs, retyped: a shell in an empty folder runs every command of theirs in order, and what it prints is
//! what the README shows. Where the README has a line `…`, any lines may stand. Ids, members' numbers and the day's own times are
//! others with everybody; what is an id in the README stands for the same id all the way.
//!
//! `ROLLCALL_README=write` puts what was printed in the place of what differs.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use support::{repository, rollcall_binary};

/// The parts that a new user can retype with nothing but the binary: the first words of each, and of what follows on it. Each
/// has a database of its own.
const PARTS: [(&str, &str); 5] = [
    (DEMO, "```\n$ ./tests/run"),
    ("## On real files, embedded", "## The year"),
    ("## The year", "### A failure that is undone"),
    ("### A failure that is undone", "### A year rehearsed"),
    ("### A year rehearsed", "## The same on PostgreSQL"),
];
/// The demonstration's part.
const DEMO: &str = "## Two commands";
/// What a line of the README is that stands for any number of lines.
const ANYTHING: &str = "…";

/// A command as the README shows it.
struct Step {
    /// Where its output begins and ends in the README, by line from 0.
    from: usize,
    to: usize,
    command: String,
}

/// The commands of a part; a here-document goes on until its `END`.
fn steps(lines: &[&str], from: usize, to: usize) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut inside, mut here) = (false, false);
    for (place, line) in lines.iter().enumerate().take(to).skip(from) {
        let last = steps.last_mut().filter(|_| inside);
        if line.starts_with("```") {
            (inside, here) = (!inside, false);
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            here = command.ends_with("<<END");
            steps.push(Step { from: place + 1, to: place + 1, command: command.to_owned() });
        } else if let Some(step) = last {
            step.to = place + 1;
            if here {
                step.from = place + 1;
                step.command += "\n";
                step.command += line;
                here = *line != "END";
            }
        }
    }
    // A blank line sets commands apart, and is no output.
    for step in &mut steps {
        while step.to > step.from && lines[step.to - 1].is_empty() {
            step.to -= 1;
        }
    }
    steps
}

/// A piece of a line.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// The same with everybody.
    Fixed(&'a str),
    /// Another one with everybody, and then always the same.
    Name(&'a str),
    /// Another one each time.
    Any,
}

impl Piece<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Fixed(text) | Self::Name(text) => text,
            Self::Any => ANYTHING,
        }
    }
}

fn is_hex(text: &str, upper: bool) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (if upper { b'A'..=b'F' } else { b'a'..=b'f' }).contains(&byte))
}

/// A line in pieces, however wide its columns are.
fn pieces(line: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let words: Vec<&str> = line.split_whitespace().collect();
    for (place, word) in words.iter().enumerate() {
        let next = words.get(place + 1).copied().unwrap_or_default();
        let bare = word.trim_start_matches('(');
        if next.starts_with("bytes") || (next == "s)" && bare.len() < word.len()) {
            found.push(Piece::Any);
            continue;
        }
        for part in word.split_inclusive(|sign: char| !(sign.is_ascii_alphanumeric() || "-:.+".contains(sign))) {
            let end = part.trim_end_matches(|sign: char| !sign.is_ascii_alphanumeric());
            let (core, tail) = part.split_at(end.len());
            if uuid::Uuid::try_parse(core.get(..36).unwrap_or_default()).is_ok() {
                found.extend([Piece::Name(&core[..36]), Piece::Fixed(&core[36..])]);
            } else if core.len() == 64 && is_hex(core, false) {
                found.push(Piece::Any);
            } else if core.len() == 10 && core.starts_with('0') && core.bytes().all(|byte| byte.is_ascii_digit()) {
                found.push(Piece::Name(core));
            } else if core.get(8..9) == Some("-") && is_hex(&core[..8], true) {
                found.extend([Piece::Name(&core[..8]), Piece::Fixed(&core[8..])]);
            } else if core.get(..5).is_some_and(|year| ("2025-".."2100-").contains(&year)) {
                found.push(Piece::Any);
            } else {
                found.push(Piece::Fixed(core));
            }
            found.push(Piece::Fixed(tail));
        }
    }
    found.retain(|piece| *piece != Piece::Fixed(""));
    found
}

/// What the README calls something, and what it is called here.
#[derive(Clone, Default)]
struct Names {
    here: BTreeMap<String, String>,
    /// Whether members have other numbers each time, as where many files are taken in at once.
    numbers_vary: bool,
}

impl Names {
    /// Whether a line is what the README shows; learns the names in it.
    fn takes(&mut self, shown: &str, printed: &str) -> bool {
        let (shown, printed) = (pieces(shown), pieces(printed));
        let mut names = self.clone();
        let same = shown.len() == printed.len()
            && shown.iter().zip(&printed).all(|pair| match pair {
                (Piece::Name(shown), Piece::Name(printed)) => names.learn(shown, printed),
                (shown, printed) => shown == printed,
            });
        if same {
            *self = names;
        }
        same
    }

    fn learn(&mut self, shown: &str, printed: &str) -> bool {
        if shown.len() == 10 && !self.numbers_vary {
            return shown == printed;
        }
        // Items of a comparison are called by the end of its id.
        if shown.len() == 36 {
            let end = |id: &str| id[28..].to_uppercase();
            self.here.entry(end(shown)).or_insert_with(|| end(printed));
        }
        self.here.entry(shown.to_owned()).or_insert_with(|| printed.to_owned()) == printed
    }

    /// Whether all was printed that is shown, and nothing else but where anything may stand; blank lines are as good as none.
    fn take_all(&mut self, shown: &[&str], printed: &[String]) -> bool {
        let shown = shown.iter().filter(|line| !line.is_empty());
        let printed: Vec<&String> = printed.iter().filter(|line| !line.is_empty()).collect();
        let mut place = 0;
        let mut anything = false;
        for line in shown {
            if line.trim() == ANYTHING {
                anything = true;
                continue;
            }
            let rest = printed.get(place..).unwrap_or_default();
            let reach = if anything { rest.len() } else { rest.len().min(1) };
            let Some(ahead) = rest[..reach].iter().position(|printed| self.takes(line, printed)) else { return false };
            (place, anything) = (place + ahead + 1, false);
        }
        anything || place == printed.len()
    }

    /// A command with what things are called here.
    fn here(&self, command: &str) -> String {
        self.here.iter().fold(command.to_owned(), |command, (shown, here)| command.replace(shown, here))
    }

    /// What was printed, with what the README calls things.
    fn there(&self, line: &str) -> String {
        self.here.iter().fold(line.to_owned(), |line, (shown, here)| line.replace(here, shown))
    }
}

/// A shell that is told one command after the other.
struct Shell {
    child: Child,
    into: ChildStdin,
    out: BufReader<ChildStdout>,
}

impl Shell {
    fn open(folder: &std::path::Path) -> Self {
        let bin = folder.join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(rollcall_binary(), bin.join("rollcall")).unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("bash");
        command.arg("--norc").current_dir(folder).env_clear().env("PATH", path).env("LANG", "C.UTF-8");
        command.env("HOME", folder).env("TMPDIR", folder).process_group(0);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (into, out) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, into, out }
    }

    /// Runs a command to its end; the lines that it printed.
    fn run(&mut self, command: &str) -> Vec<String> {
        const END: &str = "== the command has ended ==";
        // The braces are of this shell: where it goes and what it exports stays.
        writeln!(self.into, "{{\n{command}\n}} </dev/null 2>&1\nprintf '\\n%s\\n' '{END}'").unwrap();
        let mut lines: Vec<String> = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "the shell ended at: {command}");
            let line = line.trim_end();
            if line == END {
                break;
            }
            lines.push(line.to_owned());
        }
        // The end stands on a line of its own.
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }
}

impl Drop for Shell {
    /// What it had begun in the background goes with it.
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}

/// `cargo run` builds what is tested here; what it is to be called is settled.
fn as_built(command: &str) -> String {
    if command.starts_with("alias rollcall=") {
        ":".to_owned()
    } else {
        command.replace("cargo run --release -- ", "rollcall ")
    }
}

/// What differs, without the lines that both have.
fn difference(shown: &[&str], printed: &[String]) -> String {
    let shown: Vec<_> = shown.iter().map(|line| pieces(line)).collect();
    let printed: Vec<_> = printed.iter().map(|line| pieces(line)).collect();
    let told = |mark: char, lines: &[Vec<Piece<'_>>], others: &[Vec<Piece<'_>>]| {
        let own = lines.iter().filter(|line| !others.contains(line)).take(8);
        let text = |line: &Vec<Piece<'_>>| line.iter().map(Piece::text).collect::<Vec<_>>().join(" ");
        own.flat_map(|line| ["\n".to_owned(), mark.to_string(), text(line)]).collect::<String>()
    };
    told('-', &shown, &printed) + &told('+', &printed, &shown)
}

#[test]
fn what_the_readme_shows_is_what_happens() {
    let path = repository().join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let line_of = |words: &str| {
        let at = text.find(words).unwrap_or_else(|| panic!("README.md has no {words}"));
        text[..at].lines().count()
    };
    let folder = tempfile::tempdir().unwrap();
    let mut shell = Shell::open(folder.path());
    let mut differ = Vec::new();
    let mut written: Vec<Vec<String>> = lines.iter().map(|line| vec![(*line).to_owned()]).collect();
    for (from, to) in PARTS {
        let mut names = Names { numbers_vary: from == DEMO, ..Names::default() };
        let all = steps(&lines, line_of(from), line_of(to));
        assert!(!all.is_empty(), "no command was found from {from}");
        for step in all {
            let printed = shell.run(&names.here(&as_built(&step.command)));
            let shown = &lines[step.from..step.to];
            if names.take_all(shown, &printed) {
                continue;
            }
            // What follows is judged for itself, so names are learned from the lines that are right.
            for line in shown {
                printed.iter().any(|printed| names.takes(line, printed));
            }
            let mut printed: Vec<String> = printed.iter().map(|line| names.there(line)).collect();
            differ.push(format!("line {}: $ {}{}", step.from, step.command, difference(shown, &printed)));
            if shown.last() == Some(&ANYTHING) && printed.len() >= shown.len() {
                printed.truncate(shown.len() - 1);
                printed.push(ANYTHING.to_owned());
            }
            written[step.from..step.to].iter_mut().for_each(Vec::clear);
            written[step.from - 1].extend(printed);
        }
    }
    let writes = std::env::var_os("ROLLCALL_README").is_some_and(|value| value == "write");
    if writes && !differ.is_empty() {
        std::fs::write(&path, written.concat().join("\n") + "\n").unwrap();
        return;
    }
    assert!(differ.is_empty(), "{} commands print something else than shown:\n\n{}", differ.len(), differ.join("\n\n"));
}
