//! Conditional requests, redirects and statuses, and what a request gives away: the rules of
//! polite fetching, by their numbers.

mod redirects;
mod requests;
mod validators;

use feedfold::feed::Validators;
use feedfold::fetch::{Answer, Fetched};

const FEED: &str = "<rss version='2.0'><channel><title>A</title></channel></rss>";

fn unchanged(fetched: Fetched) -> Validators {
    match fetched.answer {
        Ok(Answer::Unchanged { validators }) => validators,
        other => panic!("not unchanged: {other:?}"),
    }
}
