//! Subscriptions in and out.
