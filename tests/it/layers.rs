//! Who may import whom, and which library lives where.
