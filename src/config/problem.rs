//! What is wrong with a configuration file, all of it at once.

use std::fmt;

/// Problems that are listed; more are counted.
const LISTED: usize = 100;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line of the file, from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// The key with its section (`fetch.timeout`, `feeds.url`); empty where none is meant.
    pub key: String,
    /// What is wrong.
    pub wrong: String,
    /// What would be right; empty where `wrong` says it already.
    pub right: String,
}

/// Why a configuration cannot be used: every problem of the file, in its order. Displayed one
/// problem a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file's name as given.
    pub file: String,
    /// At least one.
    pub problems: Vec<Problem>,
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().take(LISTED).enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{}", self.file)?;
            if problem.line > 0 {
                write!(f, ":{}", problem.line)?;
            }
            if !problem.key.is_empty() {
                write!(f, ": {}", problem.key)?;
            }
            write!(f, ": {}", problem.wrong)?;
            if !problem.right.is_empty() {
                write!(f, "; {}", problem.right)?;
            }
        }
        if self.problems.len() > LISTED {
            write!(f, "\n… and {} more", self.problems.len() - LISTED)?;
        }
        Ok(())
    }
}
