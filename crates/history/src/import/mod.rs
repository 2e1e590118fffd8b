//! Histories of other programs, taken over.
