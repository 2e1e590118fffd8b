//! Every key, table by table.

mod access;
mod dispatcharr;
mod influxdb;

use super::schema::Fallback::{Absent, Value};
use super::schema::Kind::{Bool, List, OneOf, Path, Seconds, Text, Url, Whole};
use super::schema::{Key, Table, key};

pub(crate) const PROFILES: &[&str] = &[
    "native",
    "cplieger",
    "cplieger-2026.04",
    "timothystewart6",
    "dispatcharr-exporter",
    "dispatcharr-exporter-2",
];
const LABELS: &[&str] = &["keep", "hash", "drop"];
const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];
const MARKERS: &[&str] = &["percent", "final_credits", "first_credits", "earliest"];
const FORMATS: &[&str] = &["auto", "human", "json"];

/// How the certificates of whoever is at `url` are checked.
const CA_FILE: Key = key(
    "ca_file",
    Path,
    Absent("none"),
    "PEM file of certificate authorities to trust besides the usual ones.",
);
const TLS_NAME: Key = key(
    "tls_name",
    Text,
    Absent("the host in `url`"),
    "Check the certificate for this host name instead.",
);
const TLS_SKIP_VERIFY: Key = key(
    "tls_skip_verify",
    Bool,
    Value("false"),
    "Do not check the certificate at all.",
);

pub(crate) static TABLES: &[Table] = &[
    Table {
        name: "",
        repeated: false,
        doc: "Keys at the top of the file, before any table.",
        keys: TOP,
    },
    Table {
        name: "log",
        repeated: false,
        doc: "What is written to standard error, and to a file.",
        keys: LOG,
    },
    Table {
        name: "metrics",
        repeated: false,
        doc: "What the exported series carry.",
        keys: METRICS,
    },
    Table {
        name: "web",
        repeated: false,
        doc: "What the web page is told besides what is seen.",
        keys: WEB,
    },
    Table {
        name: "plex",
        repeated: true,
        doc: "A Plex server to watch; repeat the table for each. Give `url`, or `name` to find it through plex.tv.",
        keys: PLEX,
    },
    Table {
        name: "plex_tv",
        repeated: false,
        doc: "Signing in at plex.tv and finding servers there. Not needed for servers given by `url`.",
        keys: PLEX_TV,
    },
    Table {
        name: "history",
        repeated: false,
        doc: "Keeping what was played.",
        keys: HISTORY,
    },
    Table {
        name: "tautulli_api",
        repeated: false,
        doc: "Answering programs that speak Tautulli's API, at `/api/v2`.",
        keys: TAUTULLI_API,
    },
    Table {
        name: "tautulli",
        repeated: true,
        doc: "A running Tautulli whose new history is taken over every few minutes; repeat the table for each.",
        keys: TAUTULLI,
    },
    Table {
        name: "collections",
        repeated: false,
        doc: "Counting what is watched of Plex's collections.",
        keys: COLLECTIONS,
    },
    access::TABLE,
    dispatcharr::TABLE,
    dispatcharr::METRICS,
    influxdb::TABLE,
];

static TOP: &[Key] = &[
    key(
        "listen",
        Text,
        Value("0.0.0.0:9595"),
        "Address of the web page, the metrics and the API. `:9595` means every address of the machine.",
    )
    .flag("listen"),
    key(
        "listen_as",
        List,
        Absent("none"),
        "Further addresses whose `/metrics` speaks another profile: `cplieger=:9594`.",
    )
    .flag("listen-as"),
    key(
        "default_profile",
        OneOf(PROFILES),
        Value("native"),
        "Profile of `/metrics`. The others stay at `/metrics/<profile>`.",
    )
    .flag("profile"),
    key(
        "base_path",
        Text,
        Absent("none"),
        "Path under which a reverse proxy shows us, such as `/projectionist`.",
    )
    .flag("base-path"),
    key(
        "data_dir",
        Path,
        Absent("`/config` in a container that has it, `/var/lib/projectionist` if it exists, else `projectionist` in the user's data directory"),
        "Directory for what must survive a restart: the history, the plex.tv token, keys and the id of this installation.",
    )
    .flag("data-dir"),
];

static LOG: &[Key] = &[
    key(
        "level",
        OneOf(LEVELS),
        Value("info"),
        "How much is logged on standard error. Libraries below us never log more than warnings.",
    )
    .flag("log-level"),
    key(
        "format",
        OneOf(FORMATS),
        Value("auto"),
        "`auto` is `human` on a terminal and in the file, and `json` elsewhere.",
    )
    .flag("log-format"),
    key(
        "file",
        Path,
        Absent("none"),
        "File to which the log is appended as well; made if it does not exist.",
    ),
    key(
        "file_level",
        OneOf(LEVELS),
        Value("info"),
        "How much is logged in the file.",
    ),
    key(
        "censor",
        Bool,
        Value("false"),
        "Replace names of users and servers and addresses by stars in every line of the log.",
    ),
];

static METRICS: &[Key] = &[
    key(
        "users",
        OneOf(LABELS),
        Value("keep"),
        "User names in labels: keep them, replace them by a stable hash, or leave them out.",
    )
    .flag("label-users"),
    key(
        "titles",
        OneOf(LABELS),
        Value("keep"),
        "Titles in labels: keep, hash or leave out.",
    )
    .flag("label-titles"),
];

static WEB: &[Key] = &[key(
    "upload_mbps",
    Whole(1),
    Absent("none"),
    "What the line of the house carries upwards, in megabits per second; bandwidth is drawn against it.",
)];

static PLEX: &[Key] = &[
    key(
        "id",
        Text,
        Absent("made from `name` or from the host in `url`"),
        "Our short name for the server, unique; used in logs and as the `source` label.",
    ),
    key(
        "url",
        Url,
        Absent("none"),
        "Address of the server, `http://host:32400`. A path behind a proxy is kept; `/web` is cut off.",
    )
    .flag("plex-url")
    .instead_of("name"),
    key(
        "token",
        Text,
        Absent("none"),
        "The server's token (`X-Plex-Token`).",
    )
    .secret()
    .instead_of("token_file"),
    key(
        "token_file",
        Path,
        Absent("none"),
        "File that holds the token; read again when the server refuses it.",
    )
    .flag("plex-token-file")
    .instead_of("token"),
    key(
        "name",
        Text,
        Absent("none"),
        "Name of the server at plex.tv, to find its address there instead of giving `url`.",
    )
    .instead_of("url"),
    CA_FILE,
    TLS_NAME,
    TLS_SKIP_VERIFY,
    key(
        "machine_id",
        Text,
        Absent("any"),
        "The server's `machineIdentifier`; any other server is refused.",
    ),
    key(
        "poll_interval_s",
        Seconds(0.5),
        Value("5"),
        "Seconds between two looks at the sessions. Notifications cause further looks at once.",
    ),
    key(
        "library_interval_s",
        Whole(60),
        Value("900"),
        "Seconds between two counts of the libraries' items.",
    ),
    key(
        "timeout_s",
        Seconds(0.1),
        Value("10"),
        "Seconds a request may take.",
    ),
    key(
        "notifications",
        Bool,
        Value("true"),
        "Listen to the server's notifications, so that changes show at once.",
    ),
];

static PLEX_TV: &[Key] = &[
    key(
        "all_servers",
        Bool,
        Value("false"),
        "Watch every server the account owns, also those no `[[plex]]` table names.",
    ),
    key("token", Text, Absent("none"), "Account token.")
        .secret()
        .instead_of("token_file"),
    key(
        "token_file",
        Path,
        Absent("`plex-token` in `data_dir`, once `projectionist login plex` has written it"),
        "File that holds the account token.",
    )
    .instead_of("token"),
    key(
        "user",
        Text,
        Absent("none"),
        "User name or e-mail address, to sign in with a password instead of a token.",
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
        "client_id",
        Text,
        Absent("drawn once and kept in `data_dir`"),
        "How plex.tv tells installations apart; must stay the same for ever.",
    ),
    key("base_url", Url, Value("https://plex.tv"), "The plex.tv API."),
    key(
        "clients_url",
        Url,
        Value("https://clients.plex.tv"),
        "The API that lists servers.",
    ),
    key(
        "auth_url",
        Url,
        Value("https://app.plex.tv/auth"),
        "The page on which a person confirms a PIN.",
    ),
];

static HISTORY: &[Key] = &[
    key(
        "enabled",
        Bool,
        Value("true"),
        "Keep a history in `data_dir`. Without it there are no analytics and counters begin anew at each start.",
    ),
    key(
        "time_zone",
        Text,
        Absent("the machine's"),
        "Time zone of days, hours and months, such as `Europe/Berlin`. After a change the sums are made anew.",
    )
    .flag("time-zone"),
    key(
        "ignore_below_s",
        Whole(0),
        Value("120"),
        "Seconds a film or episode must have played to be kept.",
    ),
    key(
        "ignore_music_below_s",
        Whole(0),
        Value("15"),
        "Seconds a track must have played to be kept, if it is at least 30 s long.",
    ),
    key(
        "watched_percent",
        Whole(1),
        Value("85"),
        "Part of an item after which it counts as watched, in percent.",
    ),
    key(
        "watched_marker",
        OneOf(MARKERS),
        Value("earliest"),
        "What else ends an item: `percent` alone, the `first_credits` or `final_credits` marker, or the `earliest` of \
         percentage and first credits.",
    ),
    key(
        "ignore_users",
        List,
        Absent("nobody"),
        "Names of users whose plays and viewings are not kept.",
    ),
    key(
        "ignore_libraries",
        List,
        Absent("none"),
        "Names of libraries whose plays are not kept.",
    ),
    key(
        "backfill",
        Bool,
        Value("true"),
        "Take what was played while nobody watched from Plex's own list, at the first start and after an outage.",
    ),
    key(
        "keep_days",
        Whole(0),
        Value("0"),
        "Days a play, or a run or viewing of a Dispatcharr, is kept; 0 keeps all.",
    ),
    key(
        "thin_after_days",
        Whole(0),
        Value("0"),
        "Days after which the details of a play's streams are dropped; 0 keeps all.",
    ),
];

static TAUTULLI_API: &[Key] = &[
    key("enabled", Bool, Value("true"), "Answer at `/api/v2`."),
    key(
        "key",
        Text,
        Absent("drawn at the first start, printed once and kept in `data_dir`"),
        "The key clients send as `apikey`.",
    )
    .secret()
    .variable_only("PROJECTIONIST_TAUTULLI_API_KEY")
    .instead_of("key_file"),
    key("key_file", Path, Absent("none"), "File that holds the key.")
        .variable_only("PROJECTIONIST_TAUTULLI_API_KEY_FILE")
        .instead_of("key"),
];

static TAUTULLI: &[Key] = &[
    key(
        "url",
        Url,
        Absent("none"),
        "Address of Tautulli, `http://host:8181`, with its path behind a proxy.",
    ),
    key("api_key", Text, Absent("none"), "Its API key.")
        .secret()
        .instead_of("api_key_file"),
    key(
        "api_key_file",
        Path,
        Absent("none"),
        "File that holds the API key.",
    )
    .instead_of("api_key"),
    key(
        "server",
        Text,
        Absent("the only server configured, else `tautulli`"),
        "Our id of the Plex server it watches: its plays are filed under that.",
    ),
    key(
        "sync_interval_s",
        Whole(30),
        Value("300"),
        "Seconds between two looks for new history.",
    ),
    key(
        "timeout_s",
        Seconds(0.1),
        Value("30"),
        "Seconds a request may take.",
    ),
];

static COLLECTIONS: &[Key] = &[
    key(
        "interval_hours",
        Whole(0),
        Value("24"),
        "Hours between two countings of all collections; 0 counts on demand only.",
    ),
    key(
        "window_days",
        Whole(1),
        Value("30"),
        "Days of history that a counting covers.",
    ),
    key(
        "visibility",
        List,
        Absent("every collection"),
        "Count only collections shown in one of these places: `recommended`, `own_home`, `shared_home`.",
    ),
    key(
        "libraries",
        List,
        Absent("all"),
        "Names of the libraries whose collections are counted.",
    ),
];
