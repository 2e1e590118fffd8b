//! A Tautulli database of any size: what a household of 250 people left behind in five years.
//!
//! Made from a seed, so that everybody measures the same. The tables carry Tautulli's names, since that is what the
//! import reads; the people and titles are invented.

use std::collections::HashMap;
use std::path::Path;

use fastrand::Rng;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use crate::tautulli_tables::{self, HISTORY, MEDIA_INFO, METADATA};

const USERS: usize = 250;
const MOVIES: i64 = 1_500;
const SHOWS: i64 = 220;
const EPISODES_PER_SHOW: i64 = 46;
const ARTISTS: i64 = 120;
const TRACKS_PER_ARTIST: i64 = 30;
const CHANNELS: i64 = 40;
const DAY_S: i64 = 86_400;
const LIVE_SECTION: i64 = 999_999;

const PLATFORMS: [(&str, &str, u8); 8] = [
    ("Roku", "Plex for Roku", 76),
    ("Android", "Plex for Android (TV)", 56),
    ("tvOS", "Plex for Apple TV", 26),
    ("iOS", "Plex for iOS", 76),
    ("Chrome", "Plex Web", 140),
    ("Tizen", "Plex for Samsung", 64),
    ("osx", "Plex for Mac", 38),
    ("Konvergo", "Plex Media Player", 13),
];

/// Name, lines, kilobits a second.
const RESOLUTIONS: [(&str, i64, i64); 6] = [
    ("4k", 2160, 48_000),
    ("1080p", 1080, 11_000),
    ("1080p", 1080, 9_000),
    ("720p", 720, 4_500),
    ("480p", 480, 1_800),
    ("SD", 360, 900),
];

const WORDS: [&str; 24] = [
    "Amber", "Harbour", "Quiet", "Lantern", "Northern", "Orchard", "Paper", "River", "Second", "Signal",
    "Silver", "Station", "Summer", "Theory", "Tower", "Valley", "Velvet", "Window", "Winter", "Witness",
    "Hollow", "Island", "Mirror", "Parade",
];

/// One film, episode, track or programme.
struct Title {
    kind: &'static str,
    section: i64,
    live: bool,
    duration_s: i64,
    credits_ms: Option<i64>,
    resolution: usize,
    row: Vec<Value>,
}

struct Device {
    player: String,
    platform: usize,
    machine: String,
    lan: bool,
}

struct Person {
    id: i64,
    name: String,
    devices: Vec<Device>,
    address: String,
}

/// Writes `rows` plays that ended in the `days` before `end_s` into a new file.
pub(crate) fn write(path: &Path, rows: usize, days: i64, end_s: i64) {
    let db = Connection::open(path).unwrap();
    db.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN")
        .unwrap();
    let mut rng = Rng::with_seed(7);
    tautulli_tables::create(&db);
    let people = people(&db, &mut rng);
    let titles = titles(&mut rng);
    plays(&db, &mut rng, rows, days, end_s, &people, &titles);
    tautulli_tables::index(&db);
    db.execute_batch("COMMIT").unwrap();
}

fn people(db: &Connection, rng: &mut Rng) -> Vec<Person> {
    let mut insert = db
        .prepare("INSERT INTO users (user_id, username, friendly_name, is_active, is_admin) VALUES (?, ?, ?, 1, ?)")
        .unwrap();
    (0..USERS)
        .map(|n| {
            let name = format!("{}{n}", rng.choice(WORDS).unwrap().to_lowercase());
            let id = 100_000 + i64::try_from(n).unwrap() * 7_919;
            let friendly = (n % 9 != 3).then(|| format!("{} {n}", rng.choice(WORDS).unwrap()));
            insert.execute(params![id, name, friendly, n == 0]).unwrap();
            let devices = (0..rng.usize(1..5))
                .map(|d| Device {
                    player: format!("{name} {}", ["TV", "Phone", "Den", "Tablet"][d % 4]),
                    platform: rng.usize(..PLATFORMS.len()),
                    machine: format!("{:024x}", rng.u64(..)),
                    lan: rng.u8(..) < 80,
                })
                .collect();
            let address = format!(
                "{}.{}.{}.{}",
                rng.u8(11..180),
                rng.u8(..),
                rng.u8(..),
                rng.u8(1..255)
            );
            Person {
                id,
                name,
                devices,
                address,
            }
        })
        .collect()
}

/// Films first, then episodes, tracks and programmes; the popular ones first in each.
fn titles(rng: &mut Rng) -> Vec<Title> {
    let mut titles = Vec::new();
    for n in 0..MOVIES {
        let section = if n % 4 == 3 { 4 } else { 1 };
        let name = format!(
            "{} {} {n}",
            rng.choice(WORDS).unwrap(),
            rng.choice(WORDS).unwrap()
        );
        let names = [name.clone(), String::new(), String::new(), name];
        titles.push(title(
            rng,
            "movie",
            section,
            10_000 + n,
            None,
            &names,
            4_500..10_000,
        ));
    }
    for show in 0..SHOWS {
        let name = format!(
            "{} {} {show}",
            rng.choice(WORDS).unwrap(),
            rng.choice(WORDS).unwrap()
        );
        for n in 0..EPISODES_PER_SHOW {
            let key = 100_000 + show * 1_000 + n;
            let own = format!("{} {n}", rng.choice(WORDS).unwrap());
            let season = format!("Season {}", n / 12 + 1);
            let full = format!("{name} - {own}");
            let parents = (100_900 + show * 1_000 + n / 12, 100_999 + show * 1_000);
            let names = [own, season, name.clone(), full];
            titles.push(title(rng, "episode", 2, key, Some(parents), &names, 1_300..3_300));
        }
    }
    for artist in 0..ARTISTS {
        let name = format!("The {}s {artist}", rng.choice(WORDS).unwrap());
        for n in 0..TRACKS_PER_ARTIST {
            let key = 500_000 + artist * 100 + n;
            let own = format!("{} {n}", rng.choice(WORDS).unwrap());
            let full = format!("{name} - {own}");
            let parents = (500_090 + artist * 100 + n / 12, 500_099 + artist * 100);
            let names = [own, format!("Album {}", n / 12), name.clone(), full];
            titles.push(title(rng, "track", 3, key, Some(parents), &names, 120..420));
        }
    }
    for n in 0..CHANNELS {
        let own = format!("{} Tonight", rng.choice(WORDS).unwrap());
        let names = [own.clone(), String::new(), String::new(), own];
        let mut programme = title(
            rng,
            "episode",
            LIVE_SECTION,
            700_000 + n,
            None,
            &names,
            1_800..7_200,
        );
        programme.live = true;
        titles.push(programme);
    }
    titles
}

fn title(
    rng: &mut Rng,
    kind: &'static str,
    section: i64,
    key: i64,
    parents: Option<(i64, i64)>,
    names: &[String; 4],
    lengths_s: std::ops::Range<i64>,
) -> Title {
    let duration_s = rng.i64(lengths_s);
    let credits_ms = (kind != "track" && rng.u8(..) < 170).then(|| duration_s * 950);
    let mut prose = |words: usize| {
        let picked: Vec<&str> = (0..words).map(|_| *rng.choice(&WORDS).unwrap()).collect();
        picked.join(" ")
    };
    let (summary, actors, directors) = (prose(26), prose(18).replace(' ', ";"), prose(2));
    let (writers, genres, studio, tagline) = (prose(4), prose(3).replace(' ', ";"), prose(2), prose(5));
    let parent = |key: Option<i64>| key.map_or_else(|| Value::Text(String::new()), Value::Integer);
    let image = |key: i64| Value::Text(format!("/library/metadata/{key}/thumb/1700000000"));
    let text = |t: &str| Value::Text(t.to_owned());
    let row = vec![
        Value::Integer(key),
        parent(parents.map(|p| p.0)),
        parent(parents.map(|p| p.1)),
        text(&names[0]),
        text(&names[1]),
        text(&names[2]),
        text(""),
        text(&names[3]),
        Value::Integer(key % 100),
        Value::Integer(key / 12 % 9),
        image(key),
        image(key + 1),
        image(key + 2),
        Value::Text(format!("/library/metadata/{key}/art/1700000000")),
        text(kind),
        Value::Integer(1_960 + key % 66),
        text("2015-04-12"),
        Value::Integer(1_500_000_000 + key),
        Value::Integer(1_600_000_000 + key),
        text("PG-13"),
        Value::Text(summary),
        Value::Text(tagline),
        text("7.4"),
        Value::Integer(duration_s * 1_000),
        Value::Text(format!("plex://{kind}/{key:024x}")),
        Value::Text(directors),
        Value::Text(writers),
        Value::Text(actors),
        Value::Text(genres),
        Value::Text(studio),
        text(""),
        Value::Integer(i64::from(section == LIVE_SECTION)),
        text(""),
        credits_ms.map_or(Value::Null, Value::Integer),
        credits_ms.map_or(Value::Null, Value::Integer),
    ];
    Title {
        kind,
        section,
        live: false,
        duration_s,
        credits_ms,
        resolution: rng.usize(..RESOLUTIONS.len()),
        row,
    }
}

/// A play before it has an id.
struct Draft {
    started: i64,
    stopped: i64,
    paused: i64,
    person: usize,
    device: usize,
    title: usize,
    offset_ms: i64,
}

fn drafts(
    rng: &mut Rng,
    rows: usize,
    days: i64,
    end_s: i64,
    people: &[Person],
    titles: &[Title],
) -> Vec<Draft> {
    let mut drafts = Vec::with_capacity(rows);
    while drafts.len() < rows {
        // Squares favour the first: a few people and titles make up most of the plays.
        let person = square(rng, people.len());
        let device = rng.usize(..people[person].devices.len());
        let mut title = square(rng, titles.len());
        // More plays in later years, most of them in the evening.
        let day = days - 1 - i64::try_from(square(rng, usize::try_from(days).unwrap())).unwrap();
        let second = i64::midpoint(rng.i64(0..DAY_S), rng.i64(0..DAY_S)) + 6 * 3_600;
        let mut at = end_s - days * DAY_S + day * DAY_S + second % DAY_S;
        for _ in 0..rng.usize(1..4) {
            let length = titles[title].duration_s;
            let finished = rng.u8(..) < 170;
            let whole = if finished {
                length
            } else {
                length * rng.i64(5..90) / 100
            };
            let parts = if finished && rng.u8(..) < 40 { 2 } else { 1 };
            for part in 1..=parts {
                let upto = whole * part / parts;
                let paused = if rng.u8(..) < 90 { rng.i64(5..600) } else { 0 };
                let stopped = at + whole / parts + paused;
                if stopped <= end_s && drafts.len() < rows {
                    let offset_ms = if titles[title].live { 0 } else { upto * 1_000 };
                    drafts.push(Draft {
                        started: at,
                        stopped,
                        paused,
                        person,
                        device,
                        title,
                        offset_ms,
                    });
                }
                at = stopped + rng.i64(5..9_000);
            }
            title = (title + 1) % titles.len();
        }
    }
    drafts.sort_by_key(|d| (d.stopped, d.started));
    drafts
}

fn square(rng: &mut Rng, n: usize) -> usize {
    let x = rng.f64();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to below n"
    )]
    let at = (x * x * n as f64) as usize;
    at.min(n - 1)
}

fn plays(
    db: &Connection,
    rng: &mut Rng,
    rows: usize,
    days: i64,
    end_s: i64,
    people: &[Person],
    titles: &[Title],
) {
    let insert = |table: &str, columns: &[&str]| {
        let marks = vec!["?"; columns.len()].join(", ");
        let columns = columns.join(", ");
        db.prepare(&format!("INSERT INTO {table} ({columns}) VALUES ({marks})"))
            .unwrap()
    };
    let mut history = insert("session_history", HISTORY);
    let mut metadata = insert("session_history_metadata", METADATA);
    let mut media_info = insert("session_history_media_info", MEDIA_INFO);
    let mut last: HashMap<(usize, usize), (i64, i64)> = HashMap::new();
    let mut id = 0;
    for draft in drafts(rng, rows, days, end_s, people, titles) {
        id += if rng.u8(..) == 0 { 2 } else { 1 };
        let title = &titles[draft.title];
        let watched = |offset| {
            let end = title.duration_s * 850;
            !title.live && offset >= title.credits_ms.map_or(end, |c| c.min(end))
        };
        let before = last.get(&(draft.person, draft.title));
        let group = match before {
            Some((group, offset)) if !title.live && !watched(*offset) && *offset <= draft.offset_ms => *group,
            _ => id,
        };
        last.insert((draft.person, draft.title), (group, draft.offset_ms));
        history
            .execute(params_from_iter(history_row(id, group, &draft, people, title)))
            .unwrap();
        let own = [Value::Integer(id)];
        metadata
            .execute(params_from_iter(own.iter().chain(&title.row)))
            .unwrap();
        let device = &people[draft.person].devices[draft.device];
        media_info
            .execute(params_from_iter(media_row(rng, id, title, device)))
            .unwrap();
    }
}

fn history_row(id: i64, group: i64, draft: &Draft, people: &[Person], title: &Title) -> Vec<Value> {
    let person = &people[draft.person];
    let device = &person.devices[draft.device];
    let (platform, product, _) = PLATFORMS[device.platform];
    let text = |t: &str| Value::Text(t.to_owned());
    vec![
        Value::Integer(id),
        Value::Integer(group),
        Value::Integer(draft.started),
        Value::Integer(draft.stopped),
        title.row[0].clone(),
        Value::Integer(person.id),
        text(&person.name),
        text(&person.address),
        Value::Integer(draft.paused),
        text(&device.player),
        text(product),
        text("8.22.1"),
        text(platform),
        text("12"),
        text(platform),
        text(&device.machine),
        Value::Integer(9_400),
        text(if device.lan { "lan" } else { "wan" }),
        text("Original"),
        Value::Integer(1),
        Value::Integer(0),
        title.row[1].clone(),
        title.row[2].clone(),
        text(title.kind),
        Value::Integer(title.section),
        Value::Integer(draft.offset_ms),
    ]
}

#[expect(
    clippy::too_many_lines,
    reason = "one value a line, in the order of the columns"
)]
fn media_row(rng: &mut Rng, id: i64, title: &Title, device: &Device) -> Vec<Value> {
    let (name, lines, kbps) = RESOLUTIONS[title.resolution];
    let dice = rng.u8(..);
    let transcodes = PLATFORMS[device.platform].2;
    let decision = match dice {
        d if d < transcodes => "transcode",
        d if d < transcodes.saturating_add(36) => "copy",
        _ => "direct play",
    };
    let (sent, sent_lines, sent_kbps) = if decision == "transcode" {
        RESOLUTIONS[rng.usize(title.resolution..RESOLUTIONS.len())]
    } else {
        (name, lines, kbps)
    };
    let hardware = decision == "transcode" && dice.is_multiple_of(2);
    let text = |t: &str| Value::Text(t.to_owned());
    let int = Value::Integer;
    let plain = |n: &str| Value::Text(n.trim_end_matches('p').to_lowercase());
    let engine = |e: &str| text(if hardware { e } else { "" });
    let protocol = text(if decision == "direct play" { "" } else { "hls" });
    vec![
        int(id),
        title.row[0].clone(),
        text(decision),
        text(decision),
        text(decision),
        int(title.duration_s * 1_000),
        text("mkv"),
        int(kbps + i64::from(dice % 8)),
        int(lines * 16 / 9),
        int(lines),
        int(kbps * 92 / 100),
        int(8),
        text("h264"),
        text("41"),
        int(lines * 16 / 9),
        int(lines),
        plain(name),
        text("24p"),
        text("progressive"),
        text(name),
        text("SDR"),
        text("1.78"),
        int(640),
        text("ac3"),
        int(6),
        text("English"),
        text("eng"),
        int(0),
        text(""),
        protocol.clone(),
        text(if decision == "direct play" { "" } else { "mpegts" }),
        text(if decision == "transcode" { "h264" } else { "" }),
        text("aac"),
        int(sent_lines * 16 / 9),
        int(sent_lines),
        engine("vaapi"),
        int(i64::from(hardware)),
        engine("vaapi"),
        int(i64::from(hardware)),
        text("mpegts"),
        text(decision),
        int(sent_kbps),
        text(decision),
        int(sent_kbps * 9 / 10),
        text("h264"),
        int(sent_lines),
        int(sent_lines * 16 / 9),
        plain(sent),
        text(sent),
        text("SDR"),
        text(decision),
        text("aac"),
        int(256),
        int(2),
    ]
}
