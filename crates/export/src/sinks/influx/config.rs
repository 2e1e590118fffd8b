//! What a user may say about an InfluxDB.

use std::fmt;
use std::path::PathBuf;

use base::Secret;
use serde::Deserialize;

/// Which interface is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    /// `v2` with a bucket, else `v3` with a token, else `v1`.
    #[default]
    Auto,
    V1,
    V2,
    V3,
}

/// What is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schema {
    /// One measurement for each family of the native metrics.
    #[default]
    Native,
    /// As Plex-to-InfluxDB-Extended writes.
    Extended,
    /// As Plex-Data-Collector-For-InfluxDB of 2017 writes.
    Pdc2017,
    /// As Plex-Data-Collector-For-InfluxDB of 2018 writes.
    Pdc2018,
}

/// What becomes of fields whose text is empty, in the schemas of other collectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EmptyStrings {
    /// As with influxdb-python before 5.3.
    #[default]
    Omit,
    Write,
}

/// One `[[influxdb]]` table. Defaults stand in the schema of the configuration.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Our short name of it, unique; used in logs, as the `sink` label and for its directory. Default: the host.
    pub id: String,
    /// `http://host:8086`.
    pub url: String,
    pub api: Api,
    /// v1 and v3.
    pub database: String,
    /// v1.
    pub retention_policy: Option<String>,
    /// v1.
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub password_file: Option<PathBuf>,
    /// v2.
    pub org: Option<String>,
    /// v2.
    pub bucket: Option<String>,
    /// v2 and v3.
    pub token: Option<Secret>,
    pub token_file: Option<PathBuf>,
    /// Make the database if it is missing (v1).
    pub create_database: bool,
    pub schema: Schema,
    pub empty_strings: EmptyStrings,
    /// Ids of the servers whose points are written; all if empty.
    pub servers: Vec<String>,
    /// Seconds between two points of one session.
    pub interval_s: f64,
    /// Seconds between two points of one library, in the schemas of other collectors.
    pub library_interval_s: u64,
    /// Points of one request at most.
    pub batch_points: u32,
    /// `auto`: unless the receiver is this machine.
    pub gzip: Gzip,
    /// Megabytes that may wait on disk; 0 keeps what waits in memory alone.
    pub spool_mb: u64,
    pub timeout_s: f64,
    pub ca_file: Option<PathBuf>,
    pub tls_name: Option<String>,
    pub tls_skip_verify: bool,
}

/// Whether requests are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gzip {
    #[default]
    Auto,
    Always,
    Never,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            id: String::new(),
            url: String::new(),
            api: Api::Auto,
            database: "plex_data".to_owned(),
            retention_policy: None,
            user: None,
            password: None,
            password_file: None,
            org: None,
            bucket: None,
            token: None,
            token_file: None,
            create_database: true,
            schema: Schema::Native,
            empty_strings: EmptyStrings::Omit,
            servers: Vec::new(),
            interval_s: 5.0,
            library_interval_s: 1_800,
            batch_points: 5_000,
            gzip: Gzip::Auto,
            spool_mb: 256,
            timeout_s: 30.0,
            ca_file: None,
            tls_name: None,
            tls_skip_verify: false,
        }
    }
}

impl fmt::Debug for Config {
    /// Without what people paste into addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("id", &self.id)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// The interface to speak.
    pub fn effective_api(&self) -> Api {
        match self.api {
            Api::Auto if self.bucket.is_some() => Api::V2,
            Api::Auto if self.token.is_some() || self.token_file.is_some() => Api::V3,
            Api::Auto => Api::V1,
            told => told,
        }
    }

    /// True if what was added to libraries lately is written.
    pub fn wants_additions(&self) -> bool {
        self.schema == Schema::Pdc2018
    }
}
