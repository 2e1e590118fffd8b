//! `[[influxdb]]`.

use super::{CA_FILE, TLS_NAME, TLS_SKIP_VERIFY};
use crate::config::schema::Fallback::{Absent, Value};
use crate::config::schema::Kind::{Bool, List, OneOf, Path, Seconds, Text, Url, Whole};
use crate::config::schema::{Key, Table, key};

const APIS: &[&str] = &["auto", "v1", "v2", "v3"];
const SCHEMAS: &[&str] = &["native", "extended", "pdc2017", "pdc2018"];
const EMPTY_STRINGS: &[&str] = &["omit", "write"];
const GZIP: &[&str] = &["auto", "always", "never"];

pub(super) const TABLE: Table = Table {
    name: "influxdb",
    repeated: true,
    doc: "An InfluxDB, or another receiver of line protocol, to which points are written; repeat the table for each.",
    keys: KEYS,
};

static KEYS: &[Key] = &[
    key(
        "id",
        Text,
        Absent("the host in `url`"),
        "Our short name for it, unique; used in logs, as the `sink` label and for its directory below `data_dir`.",
    ),
    key("url", Url, Absent("none"), "Address, `http://host:8086`.").flag("influxdb-url"),
    key(
        "api",
        OneOf(APIS),
        Value("auto"),
        "Which interface is spoken; `auto` is `v2` with a bucket, else `v3` with a token, else `v1`.",
    ),
    key("database", Text, Value("plex_data"), "Database, for v1 and v3."),
    key(
        "retention_policy",
        Text,
        Absent("the database's default"),
        "Retention policy, for v1.",
    ),
    key("user", Text, Absent("none"), "User name, for v1."),
    key("password", Text, Absent("none"), "The password, for v1.")
        .secret()
        .instead_of("password_file"),
    key(
        "password_file",
        Path,
        Absent("none"),
        "File that holds the password.",
    )
    .instead_of("password"),
    key(
        "org",
        Text,
        Absent("none"),
        "Organisation, for v2: its name or its id.",
    ),
    key("bucket", Text, Absent("none"), "Bucket, for v2."),
    key("token", Text, Absent("none"), "Token, for v2 and v3.")
        .secret()
        .instead_of("token_file"),
    key("token_file", Path, Absent("none"), "File that holds the token.").instead_of("token"),
    key(
        "create_database",
        Bool,
        Value("true"),
        "Make the database if it is missing and the user may, for v1.",
    ),
    key(
        "schema",
        OneOf(SCHEMAS),
        Value("native"),
        "What is written: our own measurements, or those of Plex-to-InfluxDB-Extended (`extended`) or of \
         Plex-Data-Collector-For-InfluxDB (`pdc2017`, `pdc2018`).",
    ),
    key(
        "empty_strings",
        OneOf(EMPTY_STRINGS),
        Value("omit"),
        "Fields whose text is empty, in the schemas of other collectors: `omit` as with influxdb-python before 5.3, \
         `write` as since.",
    ),
    key(
        "servers",
        List,
        Absent("all"),
        "Ids of the servers whose points are written.",
    ),
    key(
        "interval_s",
        Seconds(0.5),
        Value("5"),
        "Seconds between two points of one session. Dashboards of other collectors look back 10 s.",
    ),
    key(
        "library_interval_s",
        Whole(1),
        Value("1800"),
        "Seconds between two points of one library, in the schemas of other collectors.",
    ),
    key(
        "batch_points",
        Whole(1),
        Value("5000"),
        "Points in one request at most.",
    ),
    key(
        "gzip",
        OneOf(GZIP),
        Value("auto"),
        "Whether requests are compressed; `auto`: unless the receiver is this machine.",
    ),
    key(
        "spool_mb",
        Whole(0),
        Value("256"),
        "Megabytes that may wait on disk while nothing can be sent; beyond them the oldest go. 0 keeps them in \
         memory alone.",
    ),
    key(
        "timeout_s",
        Seconds(0.1),
        Value("30"),
        "Seconds a request may take.",
    ),
    CA_FILE,
    TLS_NAME,
    TLS_SKIP_VERIFY,
];
