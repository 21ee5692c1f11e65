//! Bars over time, as numbers that a template draws with (SVG within the page).

/// Height of the drawing in its own units.
const HEIGHT: u64 = 100;
/// Width of a bar with its gap.
const STEP: usize = 10;

/// A row of bars, the oldest first.
pub(super) struct Chart {
    /// An identifier within the page.
    pub(super) id: &'static str,
    /// What the bars are, for those who don't see them.
    pub(super) title: String,
    pub(super) bars: Vec<Bar>,
    pub(super) width: usize,
    /// What the highest bar stands for.
    pub(super) highest: u64,
    /// Words below the two ends.
    pub(super) from: String,
    pub(super) to: String,
}

/// A bar, and the part of it that is drawn darker.
pub(super) struct Bar {
    pub(super) x: usize,
    pub(super) y: u64,
    pub(super) height: u64,
    pub(super) part_y: u64,
    pub(super) part_height: u64,
    pub(super) label: String,
}

impl Chart {
    /// Bars for `counts`: the whole, the part of it, and what to say of both.
    pub(super) fn new(
        id: &'static str,
        title: String,
        counts: impl IntoIterator<Item = (u64, u64, String)>,
        (from, to): (&str, &str),
    ) -> Self {
        let counts: Vec<_> = counts.into_iter().collect();
        let highest = counts.iter().map(|(whole, ..)| *whole).max().unwrap_or(0);
        // What is not nothing is seen.
        let scaled = |count: u64| match count {
            0 => 0,
            count => (count * HEIGHT / highest.max(1)).clamp(1, HEIGHT),
        };
        let bars = counts
            .into_iter()
            .enumerate()
            .map(|(at, (whole, part, label))| {
                let (height, part_height) = (scaled(whole), scaled(part));
                Bar {
                    x: at * STEP,
                    y: HEIGHT - height,
                    height,
                    part_y: HEIGHT - part_height,
                    part_height,
                    label,
                }
            });
        let bars: Vec<Bar> = bars.collect();
        Self {
            id,
            title,
            width: bars.len() * STEP,
            bars,
            highest,
            from: from.to_owned(),
            to: to.to_owned(),
        }
    }
}

/// A share in whole per cent.
pub(super) fn per_cent(part: u64, whole: u64) -> u64 {
    (part * 100 + whole / 2) / whole.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fill_the_height_and_small_ones_are_seen() {
        let counts =
            [(0, 0), (1, 0), (1000, 500)].map(|(whole, part)| (whole, part, String::new()));
        let chart = Chart::new("c", String::new(), counts, ("", ""));
        let heights: Vec<_> = chart
            .bars
            .iter()
            .map(|b| (b.height, b.part_height))
            .collect();
        assert_eq!(heights, [(0, 0), (1, 0), (100, 50)]);
        assert_eq!((chart.width, chart.highest), (30, 1000));
        let nothing = Chart::new("c", String::new(), [(0, 0, String::new())], ("", ""));
        assert_eq!(nothing.bars.len(), 1);
    }

    #[test]
    fn shares_are_rounded() {
        for (part, whole, share) in [(0, 0, 0), (1, 3, 33), (2, 3, 67), (3, 3, 100)] {
            assert_eq!(per_cent(part, whole), share);
        }
    }
}
