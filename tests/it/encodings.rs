//! Bytes in every encoding.
