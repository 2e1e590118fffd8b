//! From live plays to rows.
