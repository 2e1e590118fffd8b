//! `[[dispatcharr]]` and `[dispatcharr_metrics]`.

use super::{CA_FILE, TLS_NAME, TLS_SKIP_VERIFY};
use crate::config::schema::Fallback::{Absent, Value};
use crate::config::schema::Kind::{Bool, Path, Seconds, Text, Url, Whole};
use crate::config::schema::{Key, Table, key};

pub(super) const TABLE: Table = Table {
    name: "dispatcharr",
    repeated: true,
    doc: "A Dispatcharr to watch; repeat the table for each. Give the API key of an administrator, or a user and a \
          password.",
    keys: KEYS,
};

pub(super) const METRICS: Table = Table {
    name: "dispatcharr_metrics",
    repeated: false,
    doc: "What is shown of every Dispatcharr, under the names and with the defaults of dispatcharr-exporter.",
    keys: SWITCHES,
};

static KEYS: &[Key] = &[
    key(
        "id",
        Text,
        Absent("the host in `url`"),
        "Our short name for it, unique; used in logs and as the `source` label.",
    ),
    key("url", Url, Absent("none"), "Address, `http://host:9191`; a path behind a proxy is kept.")
        .flag("dispatcharr-url"),
    key(
        "api_key",
        Text,
        Absent("none"),
        "API key of an administrator, for Dispatcharr 0.20 and later.",
    )
    .secret()
    .variable_only("PROJECTIONIST_DISPATCHARR_API_KEY")
    .instead_of("api_key_file"),
    key(
        "api_key_file",
        Path,
        Absent("none"),
        "File that holds the API key; read again when it is refused.",
    )
    .instead_of("api_key"),
    key(
        "user",
        Text,
        Absent("none"),
        "Name of an administrator, to sign in with a password instead of a key.",
    ),
    key("password", Text, Absent("none"), "The password.")
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
        "redis_url",
        Text,
        Absent("none"),
        "Its Redis, `redis://[user:password@]host:6379/0` or `rediss://`, only ever read: for the counters that decide \
         whether a stream may start and for bit rates of the moment, which its API does not tell.",
    )
    .secret()
    .instead_of("redis_url_file"),
    key(
        "redis_url_file",
        Path,
        Absent("none"),
        "File that holds the address of its Redis.",
    )
    .instead_of("redis_url"),
    key(
        "notifications",
        Bool,
        Value("false"),
        "Listen to its WebSocket, so that changes show at once. Needs `user` and a password, and puts a token into the \
         address that its logs may show.",
    ),
    key(
        "poll_interval_s",
        Seconds(0.5),
        Value("5"),
        "Seconds between two looks at what is on the air.",
    ),
    key(
        "inventory_interval_s",
        Whole(30),
        Value("300"),
        "Seconds between two looks at accounts, guides, users and channels, at most a day.",
    ),
    key("timeout_s", Seconds(0.1), Value("10"), "Seconds a request may take."),
    CA_FILE,
    TLS_NAME,
    TLS_SKIP_VERIFY,
];

static SWITCHES: &[Key] = &[
    key(
        "include_m3u_stats",
        Bool,
        Value("true"),
        "Provider accounts and their logins, with connections against limits.",
    ),
    key("include_epg_stats", Bool, Value("false"), "Guides."),
    key(
        "include_client_stats",
        Bool,
        Value("false"),
        "Viewers one by one, with address, user agent, bytes and rates. Costs a question for each channel on the air at \
         every look.",
    ),
    key(
        "include_source_urls",
        Bool,
        Value("false"),
        "Addresses and user names of providers in labels; never their passwords.",
    ),
    key(
        "include_user_stats",
        Bool,
        Value("false"),
        "Accounts of Dispatcharr.",
    ),
    key(
        "include_plugin_stats",
        Bool,
        Value("false"),
        "Plugins of Dispatcharr.",
    ),
    key(
        "include_channel_info",
        Bool,
        Value("false"),
        "Every channel there is, one by one.",
    ),
    key(
        "include_vod_stats",
        Bool,
        Value("false"),
        "`dispatcharr_vod_*` of the profile `dispatcharr-exporter-2`.",
    ),
    key(
        "include_legacy_metrics",
        Bool,
        Value("false"),
        "`dispatcharr_stream_info` of the profile `dispatcharr-exporter-2`.",
    ),
];
