//! An InfluxDB that reads line protocol strictly.
