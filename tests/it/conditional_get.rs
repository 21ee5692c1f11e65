//! Validators, 304 and deltas.
