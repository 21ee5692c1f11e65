//! The command line: results on standard output, everything else on standard error.

mod adding;
mod arguments;
mod check;
mod database;
mod demo;
mod doctor;
mod eval;
mod feeds;
mod fetch;
mod fold;
mod lines;
mod next;
mod output;
mod papers;
mod parse;
mod query;
mod refold;
mod rules;
mod serve;
mod shares;
mod stats;
mod status;
mod story;
mod surroundings;
mod watch;

pub use arguments::{Arguments, Command};

use clap::Parser as _;
use clap::error::ErrorKind;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// How a command ends when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Done: exit code 0.
    Done,
    /// The answer itself is "no" (something to report was found): exit code 1, nothing more to say.
    Failed,
}

/// Exit code for a bad configuration (`EX_CONFIG` of sysexits.h); the unit file names it.
const BAD_CONFIGURATION: u8 = 78;
/// Exit code for wrong use.
const WRONG_USE: u8 = 2;

/// A failure that has an exit code of its own.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The configuration can't be used; the text lists every problem.
    #[error("{0}")]
    Configuration(String),
    /// The command was given something that makes no sense.
    #[error("{0}")]
    Use(String),
}

/// Runs the program with the process's arguments: parse, run, print one line on failure.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments::typed(std::env::args_os())) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nothing can be done when even the message can't be printed.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
                _ => ExitCode::from(WRONG_USE),
            };
        }
    };
    match run(arguments) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::FAILURE,
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "feedfold: {}", output::sentence(&error));
            match error.downcast_ref::<Failure>() {
                Some(Failure::Configuration(_)) => ExitCode::from(BAD_CONFIGURATION),
                Some(Failure::Use(_)) => ExitCode::from(WRONG_USE),
                None => ExitCode::FAILURE,
            }
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let surroundings = surroundings::Surroundings::new(&arguments)?;
    match arguments.command {
        Command::Serve(options) => serve::run(&surroundings, &options),
        Command::Demo(options) => demo::run(&options),
        Command::Fetch(options) => fetch::run(&surroundings, &options),
        Command::Next(options) => next::run(&surroundings, &options),
        Command::Query(options) => query::run(&surroundings, &options),
        Command::Rules(command) => rules::run(&surroundings, &command),
        Command::Status(options) => status::run(&surroundings, &options),
        Command::Stats(options) => stats::run(&surroundings, &options),
        Command::Story(options) => story::show(&surroundings, &options),
        Command::Why(options) => story::why(&surroundings, &options),
        Command::Join(options) => story::join(&surroundings, &options),
        Command::Split(options) => story::split(&surroundings, &options),
        Command::History(options) => story::history(&surroundings, &options),
        Command::Undo(options) => story::undo(&surroundings, &options),
        Command::Refold(options) => refold::run(&surroundings, &options),
        Command::Fold(options) => fold::run(&options),
        Command::Eval(options) => eval::run(&surroundings, &options),
        Command::Parse(options) => parse::run(&surroundings, &options),
        Command::Feeds(command) => feeds::run(&surroundings, &command),
        Command::Shares(command) => shares::run(&surroundings, &command),
        Command::Check => check::run(&surroundings),
        Command::Db(command) => database::run(&surroundings, &command),
        Command::Completions(options) => papers::completions(&options),
        Command::Man(options) => papers::manual(&options),
    }
}
