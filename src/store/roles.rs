//! Roles as they are stored.

use crate::entry::Role;

/// A stored role.
pub(super) fn role(number: i64) -> Role {
    match number {
        0 => Role::Lead,
        1 => Role::Copy,
        _ => Role::Coverage,
    }
}

/// A role as it is stored.
pub(super) fn role_number(role: Role) -> i64 {
    match role {
        Role::Lead => 0,
        Role::Copy => 1,
        Role::Coverage => 2,
    }
}
