//! What the scheduler wants to know of a reply's header fields.

use std::time::Duration;

/// How long a server asks to be left alone. `fetch` reads it from header fields; the scheduler
/// decides what to make of it, so nothing is capped here but the absurd.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freshness {
    /// How long the reply stays fresh, from its arrival: `Cache-Control: max-age` less `Age`, else
    /// `Expires` less `Date` (RFC 9111 section 4.2). Zero if the server named one that is over;
    /// `None` if it said nothing, so that what it said earlier keeps counting.
    pub fresh_for: Option<Duration>,
    /// `Retry-After`, from the reply's arrival (RFC 9110 section 10.2.3), whatever the status.
    /// `None` if there was none or it could not be read.
    pub retry_after: Option<Duration>,
}
