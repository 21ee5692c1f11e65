//! What is kept stays whole.
