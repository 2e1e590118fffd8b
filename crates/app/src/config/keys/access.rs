//! `[access]`.

use crate::config::schema::Fallback::{Absent, Value};
use crate::config::schema::Kind::{List, OneOf, Path, Text, Whole};
use crate::config::schema::{Key, Table, key};

const MODES: &[&str] = &["auto", "password", "proxy", "off"];
const METRICS: &[&str] = &["open", "key"];

pub(super) const TABLE: Table = Table {
    name: "access",
    repeated: false,
    doc: "Who may see and do what. The [guide](../guide/access.md) tells how to choose.",
    keys: KEYS,
};

static KEYS: &[Key] = &[
    key(
        "mode",
        OneOf(MODES),
        Value("auto"),
        "`auto` is open to browsers on this machine if every listener is bound to it alone, and `password` otherwise; \
         with `proxy`, a reverse proxy in `proxies` says in `proxy_header` who asks; with `off`, whoever can connect \
         may do everything.",
    ),
    key(
        "admin_password",
        Text,
        Absent("set in the browser"),
        "Password of the account `admin`, at least 8 characters. It can then be changed here alone.",
    )
    .secret()
    .variable_only("PROJECTIONIST_ADMIN_PASSWORD")
    .instead_of("admin_password_file"),
    key(
        "admin_password_file",
        Path,
        Absent("none"),
        "File that holds the password of `admin`.",
    )
    .variable_only("PROJECTIONIST_ADMIN_PASSWORD_FILE")
    .instead_of("admin_password"),
    key(
        "proxy_header",
        Text,
        Absent("none"),
        "Header in which the proxy names the user, such as `Remote-User`; needed for `proxy`.",
    ),
    key(
        "proxies",
        List,
        Absent("none"),
        "Addresses and ranges of reverse proxies whose headers are believed, such as `10.0.0.0/8`; needed for `proxy`.",
    ),
    key(
        "proxy_admins",
        List,
        Absent("everybody the proxy names"),
        "Users named by the proxy who are admins; all others are viewers.",
    ),
    key(
        "metrics",
        OneOf(METRICS),
        Value("open"),
        "Whether `/metrics` of every listener is open to all, or needs an API key.",
    ),
    key(
        "session_days",
        Whole(1),
        Value("30"),
        "Days after which a browser has to sign in again.",
    ),
];
