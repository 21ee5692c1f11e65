//! Servers that stall, lie, bomb and redirect.
