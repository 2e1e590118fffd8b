//! What was watched of collections, and their snapshots.
