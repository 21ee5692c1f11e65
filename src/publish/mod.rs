//! From stories to bytes that feed readers subscribe to.
