//! The command line of `rollcall`: one binary, a subcommand per role and per request.

mod app;
mod cli;
mod clock;
mod commands;
mod output;
mod private;
mod progress;
mod roles;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

use crate::{cli::Cli, output::Printer};

/// What is wrong with the words, said of words of which all can be seen: what was typed is repeated in it.
fn seen_again(error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let seen = arguments.iter().map(|word| output::shown(&word.to_string_lossy()).into_owned());
    Cli::try_parse_from(seen).err().unwrap_or(error)
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    // The reading child is no program for people: no configuration, no logs, no runtime.
    if arguments.get(1).is_some_and(|first| first == app::READER_SUBCOMMAND) {
        return ExitCode::from(u8::try_from(sheets::child::serve_stdio()).unwrap_or(1));
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let error = seen_again(error, &arguments);
            // A program reads its answer on stdout, also where its own words were off.
            if error.use_stderr() && arguments.iter().any(|word| word == "--json") {
                let text = error.render().to_string();
                let sentence = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
                return Printer::new(true).fail(&output::Failure::usage(sentence, "rollcall help lists the commands"));
            }
            // Help and version are no errors and go to stdout.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let printer = Printer::new(cli.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return printer.fail(&output::Failure::service("runtime", &error.to_string(), "")),
    };
    let code = match runtime.block_on(commands::run(cli, &printer)) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => printer.fail(&failure),
    };
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    code
}
