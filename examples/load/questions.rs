//! How long the service takes to answer what readers ask.

use crate::service::{Client, Service};
use crate::spread::Spread;
use anyhow::ensure;
use serde::Serialize;

/// How often a question is asked.
const ASKED: usize = 101;

/// A question, and what it is called in tables.
pub(crate) struct Question {
    pub(crate) name: &'static str,
    /// An address that ends in a number, as in `limit=100`.
    pub(crate) path: String,
    pub(crate) kind: Kind,
}

/// How a question is put.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Never asked before: the answer is read from the database and rendered.
    New,
    /// Asked before: the answer is kept.
    Kept,
    /// With the answer's validator, so that 304 is said.
    Known,
}

/// How long the answers to a question took.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Latency {
    pub(crate) question: &'static str,
    /// Of the last answer.
    pub(crate) bytes: usize,
    pub(crate) milliseconds: Spread,
    /// Processor time that the service took for an answer, where the system tells it.
    pub(crate) cpu_milliseconds: Option<f64>,
}

impl Question {
    pub(crate) fn new(name: &'static str, path: impl Into<String>, kind: Kind) -> Self {
        Self {
            name,
            path: path.into(),
            kind,
        }
    }

    /// Asks many times, over one connection.
    pub(crate) fn ask(&self, service: &Service, client: &mut Client) -> anyhow::Result<Latency> {
        let first = client.get(&self.path, "")?;
        let known = match (self.kind, first.etag) {
            (Kind::Known, Some(etag)) => format!("If-None-Match: {etag}\r\n"),
            _ => String::new(),
        };
        let expected = if known.is_empty() { 200 } else { 304 };
        let mut took = Vec::with_capacity(ASKED);
        let mut bytes = 0;
        let before = service.used().cpu_seconds();
        for time in 1..=ASKED {
            let answer = match self.kind {
                Kind::New => client.get(&self.spelled_anew(time), "")?,
                _ => client.get(&self.path, &known)?,
            };
            ensure!(
                answer.status == expected,
                "{}: {} instead of {expected}: {}",
                self.path,
                answer.status,
                String::from_utf8_lossy(&answer.body)
            );
            bytes = answer.body.len();
            took.push(answer.took.as_secs_f64() * 1e3);
        }
        let after = service.used().cpu_seconds();
        let cpu = before.zip(after).map(|(before, after)| after - before);
        Ok(Latency {
            question: self.name,
            bytes,
            cpu_milliseconds: cpu.map(|seconds| seconds * 1e3 / ASKED as f64),
            milliseconds: Spread::of(took),
        })
    }

    /// The same question with so many zeros before its number: answers are kept by spelling.
    fn spelled_anew(&self, zeros: usize) -> String {
        let digits = self.path.bytes().rev().take_while(u8::is_ascii_digit);
        let (before, number) = self.path.split_at(self.path.len() - digits.count());
        format!("{before}{}{number}", "0".repeat(zeros))
    }
}

/// Asks all of them.
pub(crate) fn ask_all(service: &Service, questions: &[Question]) -> anyhow::Result<Vec<Latency>> {
    let mut client = service.connect()?;
    questions
        .iter()
        .map(|question| question.ask(service, &mut client))
        .collect()
}
