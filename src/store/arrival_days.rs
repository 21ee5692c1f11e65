//! How many entries a feed brought on which day, packed into a few bytes.

use super::feed_rows::millis;
use super::record::Content;

/// A day in milliseconds.
pub(super) const DAY: i64 = 86_400_000;
/// Days over which arrivals are counted.
const COUNTED_DAYS: i64 = 28;

/// How many days lie between the oldest and the newest date of a document.
pub(super) fn span(content: &Content) -> f64 {
    let packed = || content.items.iter().map(|packed| &packed.prepared.item);
    let unchanged = || content.unchanged.iter().map(|printed| &printed.item);
    let dates = || {
        packed()
            .chain(unchanged())
            .filter_map(|item| item.published.or(item.updated))
            .map(millis)
    };
    match (dates().min(), dates().max()) {
        // Whole milliseconds of some years are exact.
        (Some(oldest), Some(newest)) => (newest - oldest) as f64 / DAY as f64,
        _ => 0.0,
    }
}

/// Arrivals of the counted days, from pairs of day and count in two bytes each.
pub(super) fn arrival_days(packed: &[u8], today: i64) -> Vec<(i64, usize)> {
    packed
        .chunks_exact(4)
        .map(|pair| {
            let number = |at: usize| u16::from_le_bytes([pair[at], pair[at + 1]]);
            (i64::from(number(0)), usize::from(number(2)))
        })
        .filter(|(day, _)| today - day < COUNTED_DAYS)
        .collect()
}

/// The pairs as they are stored, one for each day.
pub(super) fn packed_days(days: &[(i64, usize)]) -> Vec<u8> {
    let mut sums: Vec<(i64, usize)> = Vec::new();
    for (day, count) in days {
        match sums.last_mut() {
            Some((last, sum)) if last == day => *sum += count,
            _ => sums.push((*day, *count)),
        }
    }
    sums.iter()
        .flat_map(|(day, count)| {
            let day = u16::try_from(*day).unwrap_or(u16::MAX).to_le_bytes();
            let count = u16::try_from(*count).unwrap_or(u16::MAX).to_le_bytes();
            [day[0], day[1], count[0], count[1]]
        })
        .collect()
}
