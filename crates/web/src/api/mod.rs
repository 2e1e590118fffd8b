//! The JSON interface, by version.

pub(crate) mod v1;
