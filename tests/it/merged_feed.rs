//! The feeds that readers subscribe to.
