//! The points of the collectors before us, as recorded, and ours from the same answers of the same servers: tick by
//! tick, field by field, type by type.

use std::path::{Path, PathBuf};

use export::sinks::Addition;
use export::sinks::influx::{EmptyStrings, Schema};
use jiff::Timestamp;
use model::Text;

use crate::deviations::{Deviation, FIRST_SCENARIO};
use crate::house::{House, Write};
use crate::plex::{Plex, read};
use crate::rows::{Row, Value};
use crate::xml::as_json;

/// The recordings; absent where they are not at hand.
fn captures() -> Option<PathBuf> {
    let shared = std::env::var_os("PROJECTIONIST_SHARED")?;
    Some(Path::new(&shared).join("captures/influx"))
}

/// One round of a collector.
#[derive(Debug, Default)]
struct Tick {
    rows: Vec<Row>,
}

impl Tick {
    fn has_libraries(&self) -> bool {
        self.rows.iter().any(|r| r.measurement == "libraries")
    }
}

/// Rounds that were written down with their time, `delay_s` apart.
fn recorded(lines: &str, delay_s: f64) -> Vec<Tick> {
    let (mut ticks, mut now_s) = (Vec::new(), 0.0);
    for line in lines.lines() {
        if let Some(head) = line.strip_prefix("# tick ") {
            now_s = head.split_once(" t=").unwrap().1.parse().unwrap();
            ticks.push(Tick::default());
            continue;
        }
        let mut row = Row::parse(line);
        if let Some(start_s) = row.float("start_time") {
            let duration_s = row.float("duration").unwrap();
            assert!((now_s - start_s - duration_s).abs() < 1e-3, "{line}");
        }
        in_ticks(&mut row, |age_s| (age_s / delay_s).round());
        ticks.last_mut().unwrap().rows.push(row);
    }
    ticks
}

/// The rounds of a real run, which begin with what was added.
fn recorded_run(lines: &str, delay_s: f64) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = Vec::new();
    for line in lines.lines() {
        let mut row = Row::parse(line);
        let is_new = ticks
            .last()
            .and_then(|t| t.rows.last())
            .is_none_or(|last| last.is("active_streams", "All"));
        if is_new {
            ticks.push(Tick::default());
        }
        in_ticks(&mut row, |age_s| (age_s / delay_s).round());
        ticks.last_mut().unwrap().rows.push(row);
    }
    ticks
}

/// Times since the start, and the start itself, as the number of ticks since the first.
fn in_ticks(row: &mut Row, ticks: impl Fn(f64) -> f64) {
    let Some(age_s) = row.float("duration") else {
        return;
    };
    for field in ["duration", "start_time"] {
        if let Some(value) = row.fields.get_mut(field) {
            *value = Value::Float(ticks(age_s));
        }
    }
}

/// A server of the recordings: our id, what the user typed, and the folder it answers from.
struct Recorded<'a> {
    id: &'a str,
    ip: &'a str,
    folder: PathBuf,
}

/// Our points for each of the recorded answers, `answers` being their numbers.
async fn ours(servers: &[Recorded<'_>], answers: &[usize], mut write: Write, golden: &[Tick]) -> Vec<Tick> {
    let mut plexes = Vec::new();
    for server in servers {
        plexes.push(Plex::recorded(server.ip, &server.folder).await);
    }
    let typed: Vec<_> = servers.iter().map(|s| format!("http://{}:32400", s.ip)).collect();
    let watched: Vec<_> = servers
        .iter()
        .zip(&typed)
        .zip(&plexes)
        .map(|((server, typed), plex)| (server.id, typed.as_str(), plex))
        .collect();
    let house = House::watch(&watched);
    house.counted().await;
    let (mut ticks, mut moments): (Vec<Tick>, Vec<f64>) = (Vec::new(), Vec::new());
    for (answer, golden) in answers.iter().zip(golden) {
        house.step().await;
        for (server, plex) in servers.iter().zip(&plexes) {
            plex.play(&server.folder, *answer);
        }
        house.seen().await;
        write.with_libraries = golden.has_libraries();
        let (mut rows, now_s) = house.points(&write);
        moments.push(now_s);
        for row in &mut rows {
            if let Some(start_s) = row.float("start_time") {
                let age_s = row.float("duration").unwrap();
                assert!((now_s - start_s - age_s).abs() < 1e-3, "{row:?}");
            }
            in_ticks(row, |age_s| {
                let first = moments.iter().position(|at| *at >= now_s - age_s - 1e-6).unwrap();
                (moments.len() - 1 - first) as f64
            });
        }
        ticks.push(Tick { rows });
    }
    ticks
}

fn compare(mut golden: Vec<Tick>, ours: &[Tick], deviations: &[Deviation]) {
    for deviation in deviations {
        let turned = golden
            .iter_mut()
            .filter_map(|t| (deviation.turn)(&mut t.rows).then_some(()));
        assert!(turned.count() > 0, "no longer a deviation: {}", deviation.what);
    }
    assert_eq!(golden.len(), ours.len());
    for (n, (golden, ours)) in golden.iter().zip(ours).enumerate() {
        let (golden, ours) = (facts(golden), facts(ours));
        let missing: Vec<_> = golden.iter().filter(|f| !ours.contains(f)).collect();
        let extra: Vec<_> = ours.iter().filter(|f| !golden.contains(f)).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "tick {n}: recorded only {missing:#?}, ours only {extra:#?}"
        );
        assert_eq!(golden, ours, "tick {n}: not as often");
    }
}

fn facts(tick: &Tick) -> Vec<String> {
    let mut all: Vec<_> = tick.rows.iter().flat_map(Row::facts).collect();
    all.sort();
    all
}

/// The rows in the order they are written, apart from what is playing on one server.
fn order(ticks: &[Tick]) -> Vec<Vec<String>> {
    let name = |row: &Row| format!("{} {} {}", row.measurement, row.tag("host"), row.tag("lib_name"));
    ticks
        .iter()
        .map(|tick| {
            let mut names: Vec<_> = tick.rows.iter().map(name).collect();
            names.dedup();
            names
        })
        .collect()
}

async fn first_scenario(captures: &Path, golden: &str, schema: Schema, empty_strings: EmptyStrings) {
    let golden = recorded(&read(captures, golden), 2.0);
    let server = |id, ip| Recorded {
        id,
        ip,
        folder: captures.join("ext/plex").join(ip),
    };
    let servers = [server("two", "127.0.0.2"), server("three", "127.0.0.3")];
    let write = Write {
        schema,
        empty_strings,
        with_libraries: true,
        additions: Vec::new(),
    };
    let ticks: Vec<_> = (0..golden.len()).collect();
    let ours = ours(&servers, &ticks, write, &golden).await;
    assert_eq!(order(&golden), order(&ours));
    compare(golden, &ours, FIRST_SCENARIO);
}

#[tokio::test(start_paused = true)]
async fn extended_writes_what_the_collector_wrote() {
    let Some(captures) = captures() else { return };
    first_scenario(&captures, "ext/golden.lp", Schema::Extended, EmptyStrings::Write).await;
}

#[tokio::test(start_paused = true)]
async fn extended_leaves_out_what_older_clients_left_out() {
    let Some(captures) = captures() else { return };
    first_scenario(
        &captures,
        "ext/golden-influxdb-python-5.2.0.lp",
        Schema::Extended,
        EmptyStrings::Omit,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn pdc2017_writes_what_the_collector_wrote() {
    let Some(captures) = captures() else { return };
    first_scenario(
        &captures,
        "pdc/old-2017-golden.lp",
        Schema::Pdc2017,
        EmptyStrings::Write,
    )
    .await;
}

/// What the collector listed as added: films and artists, and the episodes of shows.
fn additions(server: &str, folder: &Path) -> Vec<Addition> {
    let lists = [
        "section-1.xml",
        "section-2-type4.xml",
        "section-3.xml",
        "section-5-type4.xml",
    ];
    let mut all = Vec::new();
    for list in lists {
        let list = as_json(&read(folder, list));
        let items = list["MediaContainer"]["Metadata"].as_array().cloned();
        for item in items.unwrap_or_default() {
            let text = |name: &str| item[name].as_str().map(Text::from);
            all.push(Addition {
                server: server.into(),
                kind: text("type").unwrap(),
                title: text("title"),
                grandparent_title: text("grandparentTitle"),
                added_at: item["addedAt"]
                    .as_i64()
                    .map(|s| Timestamp::from_second(s).unwrap()),
            });
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn pdc2018_writes_what_the_collector_wrote() {
    let Some(captures) = captures() else { return };
    let golden = recorded_run(&read(&captures, "pdc/run-real/wire-lines.lp"), 2.0);
    assert_eq!(golden.len(), 4);
    let folder = captures.join("pdc/plex/127.0.0.2");
    let write = Write {
        schema: Schema::Pdc2018,
        empty_strings: EmptyStrings::Write,
        with_libraries: true,
        additions: additions("two", &folder),
    };
    let servers = [Recorded {
        id: "two",
        ip: "127.0.0.2",
        folder,
    }];
    let ours = ours(&servers, &[0, 1, 1, 1], write, &golden).await;
    assert_eq!(order(&golden), order(&ours));
    compare(golden, &ours, &[]);
}
