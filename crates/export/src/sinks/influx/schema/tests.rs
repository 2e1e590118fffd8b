//! What the schemas write.
