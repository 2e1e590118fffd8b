//! The `config.ini` of the collectors before us, put in as it is.

use std::os::unix::fs::PermissionsExt as _;

use sim::influx::{self, Influx};
use sim::plex::{Plex, SessionSeed};
use sim::plex_tv::{AccountSeed, Place, PlexTv, ServerSeed, TvSeed};

use crate::support::{Home, closed_port, get, plex, until};

/// Everything that must not be seen holds this word.
const PLANTED: &str = "planted";
const SERVER_TOKEN: &str = "planted-server-token";

/// An account with one server, plex.tv, and a database.
struct House {
    plex: Plex,
    tv: PlexTv,
    influx: Influx,
    home: Home,
}

impl House {
    async fn new(account: AccountSeed) -> Self {
        let plex = plex(|seed| seed.token(SERVER_TOKEN).name("Planted Attic")).await;
        let published = ServerSeed::new("Planted Attic", &plex.machine_id(), "plantedmarlo", SERVER_TOKEN)
            .connection(Place::Local, &plex.url());
        let tv = PlexTv::start(TvSeed::default().account(account).server(published))
            .await
            .unwrap();
        let influx = Influx::start(influx::Settings {
            user: Some(("plantedwriter".to_owned(), "planted-influx-password".to_owned())),
            databases: Vec::new(),
            ..influx::Settings::default()
        })
        .await;
        plex.world()
            .start(SessionSeed::movie("Silt").user(7, "plantedviewer"));
        Self {
            plex,
            tv,
            influx,
            home: Home::new(),
        }
    }

    async fn with_password() -> Self {
        Self::new(account()).await
    }

    /// The address of the server as its user types it.
    fn typed(&self) -> String {
        self.plex.url().replace("http://", "")
    }

    fn port(&self) -> String {
        self.influx.url().rsplit(':').next().unwrap().to_owned()
    }

    /// `servers` and the sections that follow the usual ones.
    fn write(&self, servers: &str, rest: &str) {
        let port = self.port();
        let text = format!(
            "# The file as it always was\n[GENERAL]\nDelay = 1\n{rest}\n\
             [INFLUXDB]\nAddress = 127.0.0.1\nPort = {port}\nDatabase = plex_data\n\
             Username = plantedwriter\nPassword = planted-influx-password\n\
             [PLEX]\nUsername = plantedmarlo\nPassword = planted-p%ss\nServers = {servers}\n"
        );
        self.home.write("config.ini", &text);
    }

    fn variables(&self) -> [(&'static str, String); 2] {
        [
            ("PROJECTIONIST__PLEX_TV__BASE_URL", self.tv.url()),
            ("PROJECTIONIST__PLEX_TV__CLIENTS_URL", self.tv.url()),
        ]
    }

    async fn written(&self, host: &str) {
        until("a session and the libraries are written", async || {
            let points = self.influx.points();
            ["now_playing", "active_streams", "libraries"]
                .iter()
                .all(|wanted| {
                    points.iter().any(|p| {
                        p.database == "plex_data"
                            && p.measurement == *wanted
                            && p.tags.iter().any(|(k, v)| k == "host" && v == host)
                    })
                })
        })
        .await;
    }
}

fn account() -> AccountSeed {
    AccountSeed::new("plantedmarlo", "planted-p%ss", "planted-account-token")
}

fn borrowed<'a>(all: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    all.iter().map(|(k, v)| (*k, v.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_config_ini_is_all_that_is_needed_and_silent_is_silent() {
    let house = House::with_password().await;
    house.write(&house.typed(), "Output = True\n[LOGGING]\nPrintThreshold = 0\n");
    let variables = house.variables();
    let running = house.home.start(
        &["--config", "config.ini", "--silent", "--listen", "127.0.0.1:0"],
        &borrowed(&variables),
    );
    house.written(&house.typed()).await;
    running.signal("-TERM");
    let ended = running.ended().await;
    assert_eq!(
        (ended.code(), ended.out.as_str(), ended.err.as_str()),
        (Some(0), "", "")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_the_house_is_in_a_censored_log() {
    let house = House::with_password().await;
    let closed = closed_port();
    // One that is there, one that is not, and one that plex.tv does not know: it says which it does.
    // And one with secrets in its address, which is away, too.
    let url = format!(
        "http://u:planted-url-pw@127.0.0.1:{}/?X-Plex-Token=planted-url-token",
        closed_port()
    );
    let servers = format!("{}, 127.0.0.1:{closed}, Planted Room, {url}", house.typed());
    let rest = "[LOGGING]\nEnable = True\nLevel = debug\nLogFile = old.log\nPrintThreshold = 0\n";
    house.write(&servers, rest);
    let (variables, port) = (house.variables(), closed_port());
    let listen = format!("127.0.0.1:{port}");
    let args = ["--config", "config.ini", "--listen", &listen];
    let running = house.home.start(&args, &borrowed(&variables));
    house.written(&house.typed()).await;
    let page = get(&format!("http://{listen}/metrics")).await.1;
    assert!(page.contains("plantedviewer"), "the log alone is censored");
    assert!(
        !page.contains("planted-url"),
        "secrets of an address are no name: {page}"
    );
    let printed = house.home.run(
        &["check", "--print", "--config", "config.ini"],
        &borrowed(&variables),
    );
    assert!(
        printed.code() == Some(0) && !printed.out.contains("planted-url"),
        "{printed:?}"
    );
    until("the wrong name is complained of", async || {
        running.err().contains("no server is named")
    })
    .await;
    let second = house.home.run(&args, &borrowed(&variables));
    assert_eq!(second.code(), Some(1));
    running.signal("-TERM");
    let ended = running.ended().await;
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    let read = |name: &str| std::fs::read_to_string(house.home.path().join(name)).unwrap();
    let (file, key) = (read("old.log"), read("data/tautulli-api-key"));
    for (what, text) in [("console", ended.err), ("file", file), ("refusal", second.err)] {
        let shows = |word: &str| text.to_lowercase().lines().any(|l| l.contains(word));
        assert!(
            text.lines().count() > 1 && text.contains("***.***.***.***"),
            "{what}: {text}"
        );
        for word in [PLANTED, "127.0.0.1", key.trim()] {
            assert!(!shows(word), "{what} shows {word}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_by_its_name_and_a_name_that_is_wrong() {
    let house = House::with_password().await;
    house.write("planted attic", "");
    let variables = house.variables();
    let good = house
        .home
        .run(&["check", "--config", "config.ini"], &borrowed(&variables));
    assert_eq!(good.code(), Some(0), "{good:?}");
    assert!(
        good.out.contains("ok      plex \"planted attic\""),
        "{}",
        good.out
    );
    house.write("Movie Room", "");
    let wrong = house
        .home
        .run(&["check", "--config", "config.ini"], &borrowed(&variables));
    assert_eq!(wrong.code(), Some(1));
    let said = "no server is named \"Movie Room\"; there are \"Planted Attic\"";
    assert!(
        wrong.out.contains(said) && wrong.out.contains("(hint: "),
        "{}",
        wrong.out
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_asks_for_a_code_signs_in_once() {
    let house = House::new(account().two_factor("123456")).await;
    house.write(&house.typed(), "");
    let variables = house.variables();
    let asked = house
        .home
        .run(&["check", "--config", "config.ini"], &borrowed(&variables));
    assert_eq!(asked.code(), Some(1));
    assert!(
        asked.out.contains("asks for a verification code") && asked.out.contains("projectionist login plex"),
        "{}",
        asked.out
    );
    let login = house.home.start(
        &["login", "plex", "--config", "config.ini"],
        &borrowed(&variables),
    );
    until("a PIN is asked for", async || !house.tv.pin_codes().is_empty()).await;
    let code = house.tv.pin_codes().pop().unwrap();
    house.tv.link_pin(&code, "plantedmarlo").unwrap();
    assert_eq!(login.ended().await.code(), Some(0));
    let good = house
        .home
        .run(&["check", "--config", "config.ini"], &borrowed(&variables));
    assert_eq!(good.code(), Some(0), "{good:?}");
}

#[test]
fn a_config_ini_that_makes_no_sense() {
    let home = Home::new();
    home.write(
        "config.ini",
        "[INFLUXDB]\nAddress = x\n[PLEX]\nPassword = planted\nServers = y\n[GENERAL]\nDelay = 2 # planted\n",
    );
    for args in [
        &["--config", "config.ini"][..],
        &["check", "--config", "config.ini"],
        &["check", "--print", "--config", "config.ini"],
        &["config", "convert", "config.ini"],
    ] {
        let ended = home.run(args, &[]);
        assert_eq!(ended.code(), Some(78));
        assert_eq!(
            ended.complaint(),
            "error: config.ini:7: GENERAL.Delay: expected a whole number, at least 0, found a comment beside it\n\
             hint: a comment stands on a line of its own",
            "{args:?}"
        );
    }
    home.write("p.toml", "listen = ':1'\n");
    let no_ini = home.run(&["config", "convert", "p.toml"], &[]);
    assert_eq!(no_ini.code(), Some(78));
    assert!(
        no_ini
            .complaint()
            .starts_with("error: p.toml is no config.ini\nhint: ")
    );
}

#[test]
fn a_converted_file_says_the_same_and_is_private() {
    let home = Home::new();
    home.write(
        "config.ini",
        "[INFLUXDB]\nAddress = 127.0.0.9\nUsername = w\nPassword = \"%x\n[PLEX]\nUsername = ada\nPassword = p'w\n\
         Servers = 127.0.0.2, 127.0.0.3\nSevrers = x\n",
    );
    let shown = home.run(&["config", "convert", "config.ini"], &[]);
    assert_eq!((shown.code(), shown.err.as_str()), (Some(0), ""));
    assert!(
        shown.out.starts_with("# config.ini:9: PLEX.Sevrers is not known"),
        "{}",
        shown.out
    );
    let written = home.run(&["config", "convert", "config.ini", "-o", "p.toml"], &[]);
    assert_eq!(written.code(), Some(0), "{written:?}");
    let path = home.path().join("p.toml");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), shown.out);
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let again = home.run(&["config", "convert", "config.ini", "-o", "p.toml"], &[]);
    assert_eq!(again.code(), Some(1), "it is not overwritten");
    let values = |file: &str| {
        let printed = home.run(&["check", "--print", "--config", file], &[]);
        assert_eq!(printed.code(), Some(0), "{printed:?}");
        printed.out.parse::<toml::Table>().unwrap()
    };
    assert_eq!(values("config.ini"), values("p.toml"));
}

#[test]
fn a_log_file_gets_its_own_level_and_must_be_writable() {
    let home = Home::new();
    let toml = |file: &str| {
        home.write(
            "projectionist.toml",
            &format!("listen = '127.0.0.1:0'\n[log]\nlevel = 'off'\nfile = '{file}'\nfile_level = 'info'\n"),
        )
    };
    toml("kept.log");
    for runs in 1..=2 {
        let running = home.start(&[], &[]);
        let path = home.path().join("kept.log");
        let begun = || std::fs::read_to_string(&path).unwrap_or_default();
        let deadline = std::time::Instant::now() + crate::support::PATIENCE;
        while begun().matches("no server is configured").count() < runs {
            assert!(std::time::Instant::now() < deadline, "{}", begun());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        running.signal("-TERM");
        let ended = running.wait();
        assert_eq!((ended.code(), ended.err.as_str()), (Some(0), ""));
        assert_eq!(begun().matches("stopped after").count(), runs, "appended");
    }
    toml("nowhere/kept.log");
    let refused = home.run(&[], &[]);
    assert_eq!(refused.code(), Some(78));
    assert_eq!(
        refused.complaint(),
        "error: projectionist.toml:4: log.file: cannot write nowhere/kept.log: no such file or directory\n\
         hint: name a file in a directory that exists and that the user we run as may write to"
    );
}
