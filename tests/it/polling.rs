//! From an origin over HTTP into the database, through a day.
