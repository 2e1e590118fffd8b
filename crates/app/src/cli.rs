//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::config::Flags;
use crate::config::schema::{At, Fallback};
use crate::failure::{Failure, one_line};

/// Watches Plex servers: metrics for Prometheus, a JSON API with live events, and a status page.
#[derive(Debug, Parser)]
#[command(
    name = "projectionist",
    version,
    max_term_width = 110,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch the configured servers; what happens without a command.
    Run(Settings),
    /// Show everything at work with simulated servers; needs no configuration.
    Demo(Demo),
    /// Check the configuration and ask every server once, a line each.
    Check(Check),
    /// Sign in to an account.
    #[command(subcommand)]
    Login(Login),
    /// Ask a running Projectionist whether it is well; for container health checks.
    Healthcheck(Healthcheck),
    /// Run a simulated Plex server, to try dashboards and alerts against.
    Simulate(Simulate),
    /// Print a page of the reference, as Markdown or JSON.
    Docs(Docs),
    /// Record what a server answers, without names and secrets, for a bug report.
    Capture(Capture),
    /// Take over the history of another program.
    #[command(subcommand)]
    Import(Import),
    /// Look after the history: sizes, export, backup, checks.
    History(History),
    /// What is watched of Plex's collections.
    #[command(subcommand)]
    Collections(Collections),
    /// Look after passwords and API keys, also while Projectionist runs.
    Access(Access),
    /// Look after files of configuration.
    #[command(subcommand)]
    Config(Config),
}

/// Flags that set keys of the configuration. Help that is not here comes from the schema.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Settings {
    /// Configuration file: ours, or the `config.ini` of a collector for InfluxDB. [env: `PROJECTIONIST_CONFIG`]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    #[arg(long, value_name = "PROFILE=ADDRESS")]
    pub(crate) listen_as: Vec<String>,
    #[arg(long, value_name = "URL")]
    pub(crate) plex_url: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub(crate) plex_token_file: Option<String>,
    #[arg(long, value_name = "URL")]
    pub(crate) dispatcharr_url: Option<String>,
    #[arg(long, value_name = "URL")]
    pub(crate) influxdb_url: Option<String>,
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
    #[arg(long, value_name = "PATH")]
    pub(crate) base_path: Option<String>,
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
    /// Log nothing on standard error; the same as `--log-level off`.
    #[arg(long)]
    pub(crate) silent: bool,
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<String>,
    #[arg(long, value_name = "ZONE")]
    pub(crate) time_zone: Option<String>,
    #[arg(long, value_name = "POLICY")]
    pub(crate) label_users: Option<String>,
    #[arg(long, value_name = "POLICY")]
    pub(crate) label_titles: Option<String>,
}

impl Settings {
    /// These, and where they say nothing, `before`: flags may stand on either side of the command's name.
    pub(crate) fn after(&self, before: &Self) -> Flags {
        let pick = |get: fn(&Self) -> &Option<String>| get(self).clone().or_else(|| get(before).clone());
        let single: [(&'static str, Option<String>); 13] = [
            ("listen", pick(|s| &s.listen)),
            ("plex-url", pick(|s| &s.plex_url)),
            ("plex-token-file", pick(|s| &s.plex_token_file)),
            ("dispatcharr-url", pick(|s| &s.dispatcharr_url)),
            ("influxdb-url", pick(|s| &s.influxdb_url)),
            ("profile", pick(|s| &s.profile)),
            ("base-path", pick(|s| &s.base_path)),
            ("log-level", pick(|s| &s.log_level)),
            ("log-format", pick(|s| &s.log_format)),
            ("data-dir", pick(|s| &s.data_dir)),
            ("time-zone", pick(|s| &s.time_zone)),
            ("label-users", pick(|s| &s.label_users)),
            ("label-titles", pick(|s| &s.label_titles)),
        ];
        let silent = (self.silent || before.silent) && pick(|s| &s.log_level).is_none();
        let lists = before
            .listen_as
            .iter()
            .chain(&self.listen_as)
            .map(|v| ("listen-as", v.clone()));
        Flags {
            file: self.config.clone().or_else(|| before.config.clone()),
            values: single
                .into_iter()
                .filter_map(|(flag, v)| v.map(|v| (flag, v)))
                .chain(silent.then(|| ("log-level", "off".to_owned())))
                .chain(lists)
                .collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        let flags = self.after(&Self::default());
        flags.file.is_none() && flags.values.is_empty()
    }
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Address to listen on; if its port is taken the next free one is used.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9595")]
    pub(crate) listen: String,
    /// Days of history there are before it; 1900 make some hundred thousand plays.
    #[arg(long, value_name = "N", default_value_t = 42, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) days: u32,
    /// How much is logged.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(crate) log_level: String,
    /// `auto` is `human` on a terminal and `json` elsewhere.
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub(crate) log_format: String,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Print the merged configuration with the origin of each value and without secrets; ask no server.
    #[arg(long)]
    pub(crate) print: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Login {
    /// Sign in at plex.tv: a link to open in a browser, or a user name and password.
    Plex(LoginPlex),
}

#[derive(Debug, Args)]
pub(crate) struct LoginPlex {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Sign in with this user name or e-mail address; the password is read from standard input.
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Verification code of an account with two-factor authentication.
    #[arg(long, value_name = "CODE", requires = "user")]
    pub(crate) code: Option<String>,
    /// File for the token instead of `plex-token` in the data directory; made readable for its owner only.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print the token on standard output.
    #[arg(long)]
    pub(crate) show_token: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Healthcheck {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Ask this address instead of the configured one on this machine.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// What happens on the server; `busy` if --sessions is given, else `household`.
    #[arg(long, value_parser = scenarios())]
    pub(crate) scenario: Option<String>,
    /// `busy`: sessions that play at once. [default: 50]
    #[arg(long, value_name = "N")]
    pub(crate) sessions: Option<usize>,
    /// `busy`: `playing` notifications a second, spread over the sessions.
    #[arg(long, value_name = "RATE", default_value_t = 0)]
    pub(crate) notifications: u32,
    /// `busy`: sessions a second that end while another one starts.
    #[arg(long, value_name = "RATE", default_value_t = 0.0)]
    pub(crate) changes: f64,
    /// `busy`: libraries of the server.
    #[arg(long, value_name = "N", default_value_t = 12)]
    pub(crate) libraries: u32,
    /// Number of servers, on consecutive ports.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) servers: u16,
    /// A Dispatcharr with an endless evening instead of Plex servers.
    #[arg(long, conflicts_with_all = ["scenario", "sessions", "servers", "token", "name", "without_plex_pass"])]
    pub(crate) dispatcharr: bool,
    /// Address to listen on. [default: 127.0.0.1:32400, of a Dispatcharr 127.0.0.1:9191]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// The token clients must send.
    #[arg(long, value_name = "TOKEN", default_value = "simulated-token")]
    pub(crate) token: String,
    /// The server's name instead of the scenario's.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Behave as a server whose owner has no Plex Pass.
    #[arg(long)]
    pub(crate) without_plex_pass: bool,
    /// Seed of every random choice: the same seed gives the same evening.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

fn scenarios() -> clap::builder::PossibleValuesParser {
    use clap::builder::PossibleValue;
    sim::scenario::names()
        .iter()
        .map(|(name, help)| PossibleValue::new(*name).help(*help))
        .collect::<Vec<_>>()
        .into()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Page {
    /// Every key, variable and default.
    Config,
    /// Every command and flag.
    Cli,
    /// Every exported series.
    Metrics,
    /// The API as an `OpenAPI` document.
    Openapi,
}

#[derive(Debug, Args)]
pub(crate) struct Docs {
    /// Which page.
    #[arg(value_enum)]
    pub(crate) page: Page,
}

#[derive(Debug, Args)]
pub(crate) struct Capture {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Replace names, titles, addresses and identifiers. Required: nothing is recorded without.
    #[arg(long, required = true)]
    pub(crate) scrub: bool,
    /// Directory for the files; made if it does not exist.
    #[arg(short, long, value_name = "DIR", default_value = "projectionist-capture")]
    pub(crate) output: PathBuf,
    /// Which server, by its id or name; needed if there are several.
    #[arg(long, value_name = "ID")]
    pub(crate) server: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// From a Tautulli: its `tautulli.db`, a backup of it (`.zip`), or the address of a running one.
    Tautulli(ImportTautulli),
}

#[derive(Debug, Args)]
pub(crate) struct ImportTautulli {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// File, or address such as <http://192.168.1.10:8181>.
    #[arg(value_name = "FILE|URL")]
    pub(crate) from: String,
    /// File that holds Tautulli's API key; needed for an address. [env: `TAUTULLI_API_KEY`: the key itself]
    #[arg(long, value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,
    /// Our id of the Plex server it watched; the only one configured, else `tautulli`.
    #[arg(long, value_name = "ID")]
    pub(crate) server: Option<String>,
    /// Write every row that could not be taken, with its reason, into this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) refused: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    pub(crate) action: HistoryAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HistoryAction {
    /// Print what the history holds and how large it is.
    Stats,
    /// Drop plays, runs and viewings, or details of plays, that are older than so many days.
    Prune {
        /// Drop plays, runs and viewings that are over for more than this many days.
        #[arg(long, value_name = "DAYS")]
        keep_days: Option<u32>,
        /// Drop the details of streams of plays older than this many days.
        #[arg(long, value_name = "DAYS")]
        thin_after_days: Option<u32>,
    },
    /// Write every play, oldest first; runs and viewings of a Dispatcharr are no plays.
    Export {
        /// How each play is written.
        #[arg(long, value_enum, default_value_t = ExportAs::Csv)]
        format: ExportAs,
        /// File instead of standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Copy the history into a file, also while it is in use.
    Backup {
        /// File to write; it must not exist.
        #[arg(value_name = "FILE")]
        to: PathBuf,
    },
    /// Put a backup in the place of the history; the old one is kept beside it.
    Restore {
        /// A file that `history backup` wrote.
        #[arg(value_name = "FILE")]
        from: PathBuf,
    },
    /// Check the file, and that every sum equals a full count.
    Verify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportAs {
    /// Comma-separated, with a header row.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

#[derive(Debug, Args)]
pub(crate) struct Access {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    pub(crate) action: AccessAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccessAction {
    /// Set a password, read from standard input: the first one, or in the place of a forgotten one.
    Password {
        /// The account whose password it is.
        #[arg(long, value_name = "NAME", default_value = access::ADMIN)]
        name: String,
    },
    /// Make an API key and print it; it is shown this once.
    Key {
        /// What it is for.
        #[arg(value_name = "NAME")]
        name: String,
        /// What it opens: `metrics`, `read`, `tautulli` or `admin`; may be repeated.
        #[arg(long, value_name = "SCOPE", required = true)]
        scope: Vec<String>,
    },
    /// Print every account and key.
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Collections {
    /// Count what was watched of collections now and keep the figures.
    Collect(CollectCollections),
}

#[derive(Debug, Args)]
pub(crate) struct CollectCollections {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Only collections of this name; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Vec<String>,
    /// Only collections of this library; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) library: Vec<String>,
    /// Mark the figures as taken for this rotation.
    #[arg(long, value_name = "ID")]
    pub(crate) rotation: Option<String>,
    /// Days of history to count.
    #[arg(long, value_name = "DAYS")]
    pub(crate) window_days: Option<u32>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Print the `config.ini` of a collector for InfluxDB as a file of ours, passwords included.
    Convert(Convert),
}

#[derive(Debug, Args)]
pub(crate) struct Convert {
    /// The `config.ini`.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// File instead of standard output; made readable for its owner only. It must not exist.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// What to do after the command line is read.
#[derive(Debug)]
pub(crate) enum Parsed {
    Cli(Box<Cli>),
    /// `--help` and `--version`: text for standard output.
    Text(String),
}

/// Reads the arguments, the program's name first.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Parsed, Failure> {
    let matches = match command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(e) if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return Ok(Parsed::Text(e.render().to_string()));
        }
        Err(e) => return Err(usage(&e)),
    };
    Cli::from_arg_matches(&matches)
        .map(|cli| Parsed::Cli(Box::new(cli)))
        .map_err(|e| usage(&e))
}

/// The command with the schema's words as help.
pub(crate) fn command() -> clap::Command {
    described(Cli::command())
}

fn described(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| {
            let key = arg
                .get_long()
                .and_then(At::of_flag)
                .filter(|_| arg.get_help().is_none());
            match key {
                Some(at) => arg.help(help(at)),
                None => arg,
            }
        })
        .mut_subcommands(described)
}

fn help(at: At) -> String {
    let key = at.key();
    let default = match key.fallback {
        Fallback::Value(value) => format!(" [default: {value}]"),
        Fallback::Absent(_) => String::new(),
    };
    let values = match key.kind {
        crate::config::schema::Kind::OneOf(words) => format!(" [possible values: {}]", words.join(", ")),
        _ => String::new(),
    };
    let env = key.variable().map(|v| format!(" [env: {v}]")).unwrap_or_default();
    format!("{}{values}{default}{env}", key.doc)
}

/// clap's message has the cause in its first paragraph and advice in lines that begin with `tip:`.
fn usage(e: &clap::Error) -> Failure {
    let text = e.render().to_string();
    let first: Vec<&str> = text.lines().take_while(|l| !l.trim().is_empty()).collect();
    let message = one_line(&first.join(" "));
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let tip = text.lines().find_map(|l| l.trim().strip_prefix("tip: "));
    Failure::usage(message).hint(tip.unwrap_or("projectionist --help lists commands and flags"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Parsed, Failure> {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn cli(line: &str) -> Cli {
        match parsed(line) {
            Ok(Parsed::Cli(cli)) => *cli,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_command_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn usage_errors_are_a_line_and_a_hint() {
        let cases = [
            (
                "p --lisen :1",
                "error: unexpected argument '--lisen' found\nhint: a similar argument exists: '--listen'",
            ),
            (
                "p dmeo",
                "error: unrecognized subcommand 'dmeo'\nhint: a similar subcommand exists: 'demo'",
            ),
            (
                "p --listen",
                "error: a value is required for '--listen <ADDRESS>' but none was supplied\nhint: projectionist --help lists commands and flags",
            ),
            (
                "p capture",
                "error: the following required arguments were not provided: --scrub\nhint: projectionist --help lists commands and flags",
            ),
            (
                "p docs nothing",
                "error: invalid value 'nothing' for '<PAGE>' [possible values: config, cli, metrics, openapi]\nhint: projectionist --help lists commands and flags",
            ),
        ];
        for (line, expected) in cases {
            let failure = parsed(line).expect_err(line);
            assert_eq!((failure.exit as u8, failure.to_string().as_str()), (64, expected));
        }
    }

    #[test]
    fn flags_may_stand_before_and_after_the_command() {
        let cli = cli(
            "p --listen :1 --log-level debug --listen-as native=:3 check --listen :2 --listen-as native=:4",
        );
        let Some(Command::Check(check)) = &cli.command else {
            panic!("{cli:?}")
        };
        let flags = check.settings.after(&cli.settings);
        let expected = [
            ("listen", ":2"),
            ("log-level", "debug"),
            ("listen-as", "native=:3"),
            ("listen-as", "native=:4"),
        ];
        let found: Vec<(&str, &str)> = flags.values.iter().map(|(k, v)| (*k, v.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_flag_of_the_schema_exists_and_the_other_way_round() {
        let mut schema: Vec<&str> = At::all().filter_map(|at| at.key().flag).collect();
        let run = command().find_subcommand("run").expect("run exists").clone();
        let mut flags: Vec<&str> = run
            .get_arguments()
            .filter_map(clap::Arg::get_long)
            .filter(|f| !["config", "silent", "help"].contains(f))
            .collect();
        schema.sort_unstable();
        flags.sort_unstable();
        assert_eq!(schema, flags);
        for arg in run.get_arguments() {
            assert!(arg.get_help().is_some(), "{arg}: no help");
        }
    }

    #[test]
    fn help_and_version_are_texts() {
        let Ok(Parsed::Text(help)) = parsed("p --help") else {
            panic!("help is a text")
        };
        assert!(
            help.contains("PROJECTIONIST_LISTEN]") && help.contains("demo"),
            "{help}"
        );
        let Ok(Parsed::Text(version)) = parsed("p --version") else {
            panic!("version is a text")
        };
        assert_eq!(version, format!("projectionist {}\n", env!("CARGO_PKG_VERSION")));
    }
}
