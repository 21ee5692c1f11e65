//! The curves of growth, drawn.

use crate::growth::Row;
use std::fmt::Write as _;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
/// Where the plot lies; to its right stand the names of the curves.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 470.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 360.0;
/// Least distance of two names.
const LINE: f64 = 17.0;
/// Distinct in light and in dark, for most colour-blind people too.
const COLOURS: &[&str] = &[
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#7f7f7f", "#8b5cf6",
    "#e11d48", "#10b981", "#f59e0b", "#64748b",
];

/// A picture of how many times each figure of the first row the others have: both axes are
/// logarithmic.
pub(crate) fn svg(rows: &[Row]) -> String {
    let feeds: Vec<f64> = rows.iter().map(|row| row.size.feeds as f64).collect();
    let curves = curves(rows);
    let highest = curves.iter().flat_map(|(_, points)| points).copied();
    let highest = highest.fold(4.0, f64::max).log2().ceil();
    let lowest = curves.iter().flat_map(|(_, points)| points).copied();
    let lowest = lowest.fold(0.5, f64::min).log2().floor();
    let y = |times: f64| BOTTOM - (times.log2() - lowest) / (highest - lowest) * (BOTTOM - TOP);
    let (first, last) = (
        at(&feeds, 0).ln(),
        at(&feeds, feeds.len().saturating_sub(1)).ln(),
    );
    let x = |feeds: f64| match last > first {
        true => LEFT + (feeds.ln() - first) / (last - first) * (RIGHT - LEFT),
        false => LEFT,
    };
    let mut out = beginning();
    let mut power = lowest;
    while power <= highest {
        let times = power.exp2();
        let (class, height) = (if power == 1.0 { "limit" } else { "grid" }, y(times));
        // Writing to a text never fails.
        let _ = write!(
            out,
            "<path class=\"{class}\" d=\"M{LEFT} {height:.1}H{RIGHT}\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{times}×</text>\n",
            LEFT - 8.0,
            height + 4.0
        );
        power += 1.0;
    }
    for row in rows {
        let _ = write!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n\
             <text class=\"small\" x=\"{0:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{} entries</text>\n",
            x(row.size.feeds as f64),
            BOTTOM + 20.0,
            grouped(row.size.feeds),
            BOTTOM + 35.0,
            grouped(row.size.entries)
        );
    }
    let _ = write!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">feeds</text>\n\
         <text x=\"{LEFT}\" y=\"20\">cost, as many times as with {} feeds; dashed: twice</text>\n",
        f64::midpoint(LEFT, RIGHT),
        BOTTOM + 53.0,
        grouped(rows.first().map_or(0, |row| row.size.feeds))
    );
    let mut free = TOP;
    let colours = COLOURS.iter().cycle();
    for (place, ((name, points), colour)) in curves.iter().zip(colours).enumerate() {
        let mut line = String::new();
        for (place, (feeds, times)) in feeds.iter().zip(points).enumerate() {
            let letter = if place == 0 { 'M' } else { 'L' };
            let _ = write!(line, "{letter}{:.1} {:.1}", x(*feeds), y(*times));
        }
        let end = y(at(points, points.len().saturating_sub(1)));
        // Beside the end of its curve, where that leaves room for those below.
        let below = curves.len().saturating_sub(place + 1);
        let label = end.min(BOTTOM - LINE * below as f64).max(free);
        free = label + LINE;
        let _ = write!(
            out,
            "<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" d=\"{line}\"/>\n\
             <path fill=\"none\" stroke=\"{colour}\" d=\"M{RIGHT} {end:.1}L{:.1} {label:.1}h8\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\">{name}</text>\n",
            RIGHT + 14.0,
            RIGHT + 26.0,
            label + 4.0
        );
    }
    out.push_str("</svg>\n");
    out
}

/// The curves that should stay flat, the dearest first, with how often they hold their first figure.
fn curves(rows: &[Row]) -> Vec<(String, Vec<f64>)> {
    let figures: Vec<_> = rows.iter().map(Row::figures).collect();
    let first = figures.first().map_or(&[][..], Vec::as_slice);
    let mut curves: Vec<(String, Vec<f64>)> = first
        .iter()
        .enumerate()
        .filter(|(_, figure)| figure.bounded)
        .map(|(place, figure)| {
            let points = figures
                .iter()
                .filter_map(|row| Some(row.get(place)?.value.median / figure.value.median))
                .collect();
            (unit_less(&figure.name), points)
        })
        .collect();
    curves.sort_by(|(_, a), (_, b)| {
        let last = |points: &[f64]| at(points, points.len().saturating_sub(1));
        last(b).total_cmp(&last(a))
    });
    curves
}

/// A name without what stands behind its last comma.
fn unit_less(name: &str) -> String {
    name.rsplit_once(", ")
        .map_or(name, |(name, _)| name)
        .to_owned()
}

fn at(values: &[f64], place: usize) -> f64 {
    values.get(place).copied().unwrap_or(1.0)
}

/// 100,000 instead of 100000.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn beginning() -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"How costs grow with the number of feeds\">\n<style>\n\
         text {{ font: 13px system-ui, sans-serif; fill: #1f2328; }}\n.small {{ font-size: 11px; }}\n\
         .grid {{ stroke: #d0d7de; }}\n.limit {{ stroke: #57606a; stroke-dasharray: 6 4; }}\n\
         .ground {{ fill: #ffffff; }}\n@media (prefers-color-scheme: dark) {{\n\
         text {{ fill: #e6edf3; }}\n.grid {{ stroke: #373e47; }}\n.limit {{ stroke: #adbac7; }}\n\
         .ground {{ fill: #0d1117; }}\n}}\n</style>\n\
         <rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n"
    )
}
