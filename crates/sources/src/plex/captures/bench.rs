//! A door for the benchmarks to functions that nobody else may call from outside.

use std::collections::HashMap;

use super::super::map;

/// Decodes and maps an answer to `/status/sessions`; returns how many sessions it held.
pub fn sessions(body: &[u8]) -> usize {
    let (libraries, metadata) = (HashMap::new(), HashMap::new());
    let known = map::Known {
        libraries: &libraries,
        metadata: &metadata,
    };
    map::sessions(body, &known).map_or(0, |decoded| decoded.value.sessions.len())
}

/// Reads one WebSocket frame; returns how many notifications of use it held.
pub fn notifications(frame: &[u8]) -> usize {
    map::notifications(frame).len()
}
