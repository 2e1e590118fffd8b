//! Against slow, obvious answers from raw rows.
