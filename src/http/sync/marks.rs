//! What apps change of items: read, unread, starred.

use super::identifiers::{self, Stream, parse_item, parse_stream};
use super::streams::{Selection, wrong};
use super::{Ask, answers};
use crate::http::failure::Failure;
use crate::reading::{Mark, Target};
use axum::response::Response;

/// Most items of one change.
const MOST: usize = 20_000;

/// `edit-tag`: tags that are not kept here are ignored, as every client expects.
pub(super) async fn edit_tag(ask: &Ask<'_>) -> Result<Response, Failure> {
    let mut targets: Vec<Target> = Vec::new();
    let (mut given, mut known) = (0_usize, 0_usize);
    for id in ask.form.all("i").take(MOST) {
        given += 1;
        if let Some(number) = parse_item(id) {
            known += 1;
            targets.extend(identifiers::target(number));
        }
    }
    if known == 0 {
        let what = ask.form.one("i").unwrap_or_default();
        return Err(match given {
            0 => Failure::BadRequest("i: no item is named".to_owned()),
            _ => wrong("i", what, "the identifier of an item"),
        });
    }
    let marks = marks(&streams(ask.form.all("a")), &streams(ask.form.all("r")));
    let store = ask.service.store();
    store.mark(targets, marks, ask.service.now()).await?;
    Ok(answers::ok())
}

fn streams<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Stream> {
    names.filter_map(parse_stream).collect()
}

/// The marks that tags which are added and taken away stand for.
fn marks(added: &[Stream], removed: &[Stream]) -> Vec<Mark> {
    let mut marks = Vec::new();
    if removed.contains(&Stream::Read) {
        marks.push(Mark::Unread);
    }
    if removed.contains(&Stream::Starred) {
        marks.push(Mark::Unstar);
    }
    if added.contains(&Stream::Read) {
        marks.push(Mark::Read);
    } else if added.contains(&Stream::KeptUnread) {
        marks.push(Mark::KeepUnread);
    }
    if added.contains(&Stream::Starred) {
        marks.push(Mark::Star);
    }
    marks
}

/// `mark-all-as-read`: what arrived after the app last looked stays unread.
pub(super) async fn mark_all(ask: &Ask<'_>) -> Result<Response, Failure> {
    let now = ask.service.now();
    let until = match ask.form.one("ts").filter(|ts| !ts.is_empty()) {
        None => now,
        Some(ts) => {
            identifiers::parse_moment(ts).ok_or_else(|| wrong("ts", ts, "a moment since 1970"))?
        }
    };
    let name = ask.form.one("s").unwrap_or_default();
    let stream = parse_stream(name).ok_or_else(|| wrong("s", name, "a stream like feed/7"))?;
    let store = ask.service.store();
    let chosen = Selection::of(&stream, &store.feeds().await?);
    if !chosen.nothing {
        store
            .mark_all_read(
                chosen.feeds,
                chosen.states,
                ask.account.articles,
                until,
                now,
            )
            .await?;
    }
    Ok(answers::ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_unread_is_unread_unless_read_is_added_too() {
        let (read, kept, star) = (Stream::Read, Stream::KeptUnread, Stream::Starred);
        for (added, removed, expected) in [
            (vec![read.clone()], vec![], vec![Mark::Read]),
            (
                vec![kept.clone()],
                vec![read.clone()],
                vec![Mark::Unread, Mark::KeepUnread],
            ),
            (vec![read.clone(), kept.clone()], vec![], vec![Mark::Read]),
            (vec![], vec![kept], vec![]),
            (vec![star.clone()], vec![], vec![Mark::Star]),
            (vec![], vec![star], vec![Mark::Unstar]),
            (vec![Stream::Other], vec![Stream::Other], vec![]),
        ] {
            assert_eq!(marks(&added, &removed), expected);
        }
    }
}
