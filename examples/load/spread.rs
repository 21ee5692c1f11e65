//! The middle of several measurements, and how far they lie apart.

use serde::Serialize;
use std::fmt;

/// Measurements of one thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// Of several measurements; zero where there are none.
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or_default();
        Self {
            median: at(values.len() / 2),
            least: at(0),
            most: at(values.len().saturating_sub(1)),
        }
    }

    /// In another unit.
    pub(crate) fn times(self, factor: f64) -> Self {
        Self {
            median: self.median * factor,
            least: self.least * factor,
            most: self.most * factor,
        }
    }
}

/// The median, then the range in parentheses where there is one; `{:.2}` sets the digits.
impl fmt::Display for Spread {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = out.precision().unwrap_or(2);
        write!(out, "{:.digits$}", self.median)?;
        if self.least < self.most {
            write!(out, " ({:.digits$}–{:.digits$})", self.least, self.most)?;
        }
        Ok(())
    }
}
