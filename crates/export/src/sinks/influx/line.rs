//! Points as line protocol.
