//! The address of a Dispatcharr, as people paste it.
