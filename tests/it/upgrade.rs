//! Databases of earlier versions.
