//! What is written: measurements, tags, fields, types, units.
