//! Everything that is kept, behind verbs in domain types.
