//! Sums kept beside the plays, so that no graph scans the history.
