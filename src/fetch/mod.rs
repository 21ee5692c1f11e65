//! One polite HTTP exchange: guarded addresses, validators, bounded bodies.
