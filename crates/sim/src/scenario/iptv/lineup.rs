//! The Dispatcharr of the demo: its channels, its providers, and who sits in front of it.

use std::time::Duration;

use crate::dispatcharr::{
    AccountSeed, ChannelSeed, Content, EpgSeed, Media, PROXY, ProfileSeed, Seed, StreamSeed, UserSeed, Viewer,
};

/// Accounts of the demo's Dispatcharr.
const PLAYLIST: i64 = 2;
const PANEL: i64 = 3;
const ANTENNA: i64 = 4;

/// A channel of the demo: number, name, group, what feeds it best first, what it shows.
struct Line {
    number: f64,
    name: &'static str,
    group: i64,
    accounts: &'static [i64],
    media: fn() -> Media,
    shows: &'static [&'static str],
}

const fn line(
    number: f64,
    name: &'static str,
    group: i64,
    accounts: &'static [i64],
    media: fn() -> Media,
    shows: &'static [&'static str],
) -> Line {
    Line {
        number,
        name,
        group,
        accounts,
        media,
        shows,
    }
}

const GROUPS: [&str; 6] = ["Local", "News", "Sports", "Films", "Children", "Radio"];

/// Those of the antenna are what the Plex of the demo receives, too.
const LINES: [Line; 20] = [
    line(
        4.1,
        "KHLV",
        1,
        &[ANTENNA, PLAYLIST],
        Media::full_hd,
        &["Lantern tonight", "The weather desk"],
    ),
    line(
        7.1,
        "WEST",
        1,
        &[ANTENNA],
        Media::hd,
        &["Ferry times", "Town hall live", "Garden hour"],
    ),
    line(
        9.2,
        "NRTH",
        1,
        &[ANTENNA, PLAYLIST],
        Media::hd,
        &["Letters from the coast", "Slow trains"],
    ),
    line(
        12.1,
        "CITY",
        1,
        &[ANTENNA, PLAYLIST],
        Media::full_hd,
        &["Evening Report", "Quiz Night"],
    ),
    line(
        21.1,
        "HRBR",
        1,
        &[ANTENNA],
        Media::hd,
        &["The Late Ferry", "Tide tables"],
    ),
    line(
        33.4,
        "PUB",
        1,
        &[ANTENNA],
        Media::sd,
        &["Sheep and weather", "The long walk"],
    ),
    line(
        101.0,
        "Morning Wire",
        2,
        &[PLAYLIST, PANEL],
        Media::hd,
        &["The wire at the hour", "Markets", "World in brief"],
    ),
    line(
        102.0,
        "Late Wire",
        2,
        &[PANEL, PLAYLIST],
        Media::hd,
        &["Late desk", "Press review"],
    ),
    line(
        103.0,
        "Capital Report",
        2,
        &[PLAYLIST],
        Media::hd,
        &["Committee room", "Question time again"],
    ),
    line(
        201.0,
        "Pitch One",
        3,
        &[PLAYLIST, PANEL],
        Media::full_hd,
        &["League night", "Studio Pitch", "Goals, goals"],
    ),
    line(
        202.0,
        "Pitch Two",
        3,
        &[PANEL, PLAYLIST],
        Media::full_hd,
        &["Second division", "Cup replay"],
    ),
    line(
        203.0,
        "Peloton",
        3,
        &[PANEL],
        Media::hd,
        &["Mountain stage", "The sprint classic"],
    ),
    line(
        204.5,
        "Ringside 'Ost'",
        3,
        &[PANEL, PLAYLIST],
        Media::hd,
        &["Twelve rounds"],
    ),
    line(
        301.0,
        "Kïno Nørd",
        4,
        &[PLAYLIST, PANEL],
        Media::hevc,
        &["Fog over Skerry", "The Glass Orchard", "Nine Lamps"],
    ),
    line(
        302.0,
        "Matinee",
        4,
        &[PANEL],
        Media::hd,
        &["The Paper Captain", "Salt & Iron"],
    ),
    line(
        303.0,
        "Midnight Reel",
        4,
        &[PLAYLIST],
        Media::hevc,
        &["Cellar Door", "Low Tide"],
    ),
    line(
        401.0,
        "Little Fox",
        5,
        &[PLAYLIST, PANEL],
        Media::sd,
        &["Fox and friends", "Build a boat"],
    ),
    line(402.0, "Tin Robot", 5, &[PANEL], Media::sd, &["Robots at school"]),
    line(
        901.0,
        "Radio Ferry",
        6,
        &[PLAYLIST],
        Media::radio,
        &["Night ferry", "Morning ferry"],
    ),
    line(
        902.0,
        "Low Frequency",
        6,
        &[PLAYLIST],
        Media::radio,
        &["Deep cuts"],
    ),
];

/// The Dispatcharr of the demo: twenty channels, a playlist with two logins, a panel with room for three, an
/// antenna without limit.
pub fn iptv_seed() -> Seed {
    let seed = Seed::default();
    let now_s = seed.clock.now().as_second();
    let accounts = accounts(now_s);
    let (mut streams, mut channels) = (Vec::new(), Vec::new());
    for (line, id) in LINES.iter().zip(1_i64..) {
        let ids: Vec<i64> = (0_i64..).zip(line.accounts).map(|(n, _)| id * 10 + n).collect();
        for (stream, account) in ids.iter().zip(line.accounts) {
            streams.push(stream_of(line, *stream, *account, &accounts));
        }
        channels.push(ChannelSeed {
            id,
            uuid: format!("5a0c3e{id:02x}-9b71-4d0e-8c42-{id:012x}"),
            name: line.name.to_owned(),
            number: Some(line.number),
            group: line.group,
            streams: ids,
            // One that nobody looks into.
            stream_profile: (line.name == "Peloton").then_some(PROXY),
            tvg_id: format!("{id}.guide.example"),
            catchup_days: if line.accounts.first() == Some(&PANEL) {
                5
            } else {
                0
            },
            shows: line.shows.iter().map(|s| (*s).to_owned()).collect(),
        });
    }
    Seed {
        random: 5,
        startup: Duration::from_secs(4),
        users: users(),
        accounts,
        groups: (1..)
            .zip(GROUPS)
            .map(|(id, name)| (id, name.to_owned()))
            .collect(),
        streams,
        channels,
        epg_sources: vec![EpgSeed {
            id: 1,
            name: "Coast guide".into(),
            kind: "xmltv",
            url: Some("http://guide.example/coast.xml".into()),
            status: "success",
            priority: 5,
            is_active: true,
        }],
        ..seed
    }
}

fn stream_of(line: &Line, id: i64, account: i64, accounts: &[AccountSeed]) -> StreamSeed {
    let found = accounts.iter().find(|a| a.id == account);
    let prefix = match account {
        PLAYLIST => "NF| ",
        PANEL => "HP: ",
        _ => "",
    };
    StreamSeed {
        id,
        name: format!("{prefix}{}", line.name),
        account,
        group: line.group,
        url: found.map(|a| a.stream_url(id)).unwrap_or_default(),
        tvg_id: format!("{}.guide.example", id / 10),
        provider_id: (account == PANEL).then_some(40_000 + id),
        media: (line.media)(),
    }
}

fn accounts(now_s: i64) -> Vec<AccountSeed> {
    let panel = ProfileSeed {
        // Soon enough that somebody should look.
        expires_s: Some(now_s + 19 * 86_400),
        ..ProfileSeed::new(4, "Harbour Panel Default", 3)
    };
    vec![
        AccountSeed::custom(1),
        AccountSeed::playlist(
            PLAYLIST,
            "Northern Feeds",
            vec![
                ProfileSeed::new(2, "Northern Feeds Default", 2),
                ProfileSeed::new(3, "Second login", 1),
            ],
        ),
        AccountSeed::panel(PANEL, "Harbour Panel", vec![panel]),
        AccountSeed::playlist(
            ANTENNA,
            "Roof antenna",
            vec![ProfileSeed::new(5, "Roof antenna Default", 0)],
        ),
    ]
}

fn users() -> Vec<UserSeed> {
    let user = |id: i64, name: &str, level, stream_limit| UserSeed {
        id,
        name: name.to_owned(),
        password: format!("{name}-pw"),
        api_key: (level >= 10).then(|| format!("planted-key-{name}")),
        level,
        stream_limit,
        xc_password: (level < 10).then(|| format!("planted-xc-{name}")),
    };
    vec![
        user(1, "admin", 10, 0),
        user(2, "Wren", 1, 2),
        user(3, "Tobias", 0, 1),
        user(4, "Odalys", 0, 2),
        user(5, "grandpa", 0, 1),
    ]
}

/// Where somebody watches; `None`: without signing in.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    pub(super) viewer: Viewer,
    /// Channels they like, by number; they mostly stay with these.
    pub(super) likes: &'static [f64],
}

pub(super) fn seats() -> Vec<Seat> {
    let seat = |ip: &str, agent: &str, user: Option<i64>, likes: &'static [f64]| Seat {
        viewer: Viewer {
            ip: ip.to_owned(),
            user_agent: agent.to_owned(),
            user,
        },
        likes,
    };
    vec![
        seat(
            "192.168.7.20",
            "Lavf/60.16.100",
            None,
            &[101.0, 201.0, 301.0, 4.1],
        ),
        seat(
            "192.168.7.31",
            "TiviMate/5.1.6 (Android 12)",
            Some(2),
            &[301.0, 302.0, 102.0],
        ),
        seat(
            "192.168.7.44",
            "VLC/3.0.20 LibVLC/3.0.20",
            Some(3),
            &[201.0, 202.0, 203.0, 204.5],
        ),
        seat(
            "192.168.7.52",
            "Kodi/21.0 (Linux)",
            Some(4),
            &[401.0, 402.0, 303.0],
        ),
        seat(
            "192.168.7.60",
            "Jellyfin-Server/10.9.11",
            None,
            &[7.1, 12.1, 101.0],
        ),
        seat(
            "203.0.113.77",
            "IPTVSmartersPro",
            Some(5),
            &[9.2, 21.1, 33.4, 901.0],
        ),
        seat("192.168.7.71", "radio-player/2.2", None, &[901.0, 902.0]),
        seat(
            "198.51.100.23",
            "TiviMate/5.1.6 (Android TV)",
            Some(4),
            &[103.0, 102.0, 201.0],
        ),
    ]
}

/// Channels of the list in the order of their numbers.
pub(super) fn numbers() -> impl Iterator<Item = f64> {
    LINES.iter().map(|l| l.number)
}

/// The best stream of any channel.
pub(super) fn first_stream(rng: &mut fastrand::Rng) -> i64 {
    let place = rng.usize(1..=LINES.len());
    i64::try_from(place).unwrap_or(1) * 10
}

/// Something on demand from the demo's panel.
pub(super) fn films() -> Vec<Content> {
    let film = |content: Content| Content {
        account: PANEL,
        ..content
    };
    vec![
        film(Content::movie("The Paper Captain", 2016)),
        film(Content::movie("Nine Lamps", 2021)),
        film(Content::episode("Signal House", 2, 4, "Static")),
        film(Content::episode("Signal House", 2, 5, "Carrier Wave")),
    ]
}

/// Numbers of channels with catch-up.
pub(super) const BACK: [f64; 3] = [102.0, 202.0, 302.0];
