//! Which entries a feed's last document listed: they are never pruned, since they would come back.

use super::Error;
use crate::entry::EntryId;
use crate::feed::FeedId;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashSet;

/// Stores the entries that the feed lists now; most polls find them stored already.
pub(super) fn store(
    connection: &Connection,
    feed: FeedId,
    entries: &HashSet<EntryId>,
) -> Result<(), Error> {
    let mut numbers: Vec<i64> = entries.iter().map(|entry| entry.0).collect();
    numbers.sort_unstable();
    let packed = pack(&numbers);
    let same = connection
        .prepare_cached("SELECT entries = ?2 FROM listed WHERE feed = ?1")?
        .query_row(params![feed.0, packed], |row| row.get(0))
        .optional()?
        .unwrap_or(false);
    if !same {
        connection
            .prepare_cached("INSERT OR REPLACE INTO listed (feed, entries) VALUES (?1, ?2)")?
            .execute(params![feed.0, packed])?;
    }
    Ok(())
}

/// The entries that the feed's last document listed.
pub(super) fn of_feed(connection: &Connection, feed: FeedId) -> Result<HashSet<EntryId>, Error> {
    let packed: Option<Vec<u8>> = connection
        .prepare_cached("SELECT entries FROM listed WHERE feed = ?1")?
        .query_row([feed.0], |row| row.get(0))
        .optional()?;
    Ok(unpack(&packed.unwrap_or_default())
        .into_iter()
        .map(EntryId)
        .collect())
}

/// Ascending numbers as differences, seven bits a byte, the lowest first (LEB128).
fn pack(numbers: &[i64]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(numbers.len() * 2);
    let mut before = 0;
    for number in numbers {
        let mut difference = number.abs_diff(before);
        before = *number;
        while difference > 0x7F {
            packed.push((difference & 0x7F) as u8 | 0x80);
            difference >>= 7;
        }
        packed.push(difference as u8);
    }
    packed
}

fn unpack(packed: &[u8]) -> Vec<i64> {
    let mut numbers = Vec::new();
    let (mut before, mut difference, mut shift) = (0_i64, 0_i64, 0_u32);
    for byte in packed {
        difference |= i64::from(byte & 0x7F).checked_shl(shift).unwrap_or(0);
        shift += 7;
        if byte & 0x80 == 0 {
            before = before.saturating_add(difference);
            numbers.push(before);
            (difference, shift) = (0, 0);
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for numbers in [vec![], vec![1], vec![1, 2, 3, 300, 301, 1 << 40]] {
            assert_eq!(unpack(&pack(&numbers)), numbers);
        }
    }
}
