//! The service: polls what is due, serves what is kept, stops when told.
