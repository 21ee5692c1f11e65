//! A bundled day of invented tech news, polled and folded for show.
