//! Signals, restarts, kill -9.
