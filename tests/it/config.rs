//! The configuration file and its errors.
