//! Each profile against what its model says of the same household: a server with five libraries, on which a movie is
//! played as it is, an episode is converted with its subtitle burnt in, and a song is played.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use model::{
    AudioStream, Availability, ContentKind, Decision, Delivery, Feature, Health, HostLoad, Item, LibraryKind,
    Link, MediaKind, Network, Play, PlayTotals, Player, ServerInfo, ServerSnapshot, Session, Snapshot,
    SourceMedia, State, SubtitleAction, SubtitleStream, User, VideoStream,
};

use crate::tests::strict::{self, Exposition, Sample};
use crate::tests::{build, scrape};
use crate::{Format, Profile};

const MACHINE_ID: &str = "f4k3f4k3f4k3f4k3f4k3f4k3f4k3f4k3f4k3f4k3";

pub(crate) fn household() -> Snapshot {
    let mut s = ServerSnapshot::new("cellar".into(), "plex");
    s.health = Health::Up;
    s.last_success_at = Some(build::at(59));
    s.last_sessions_ok = Some(true);
    s.link = Link::WebSocket;
    s.info = Some(Arc::new(ServerInfo {
        machine_id: MACHINE_ID.into(),
        name: Some("fakeplex".into()),
        version: Some("1.43.3.10000-abcdef123".into()),
        platform: Some("Linux".into()),
        platform_version: Some("6.1 (Debian)".into()),
        plex_pass: Some(true),
        video_transcodes: Some(1),
    }));
    s.host = Some(HostLoad {
        host_cpu_ratio: Some(0.225),
        host_memory_ratio: Some(0.415),
        process_cpu_ratio: None,
        process_memory_ratio: None,
    });
    s.features.insert(Feature::Bandwidth, Availability::Available);
    s.transmitted_bytes = Some(BTreeMap::from([
        (Network::Lan, 20_000_000),
        (Network::Wan, 8_625_000),
    ]));
    // 20 s each at 8000, 3200 and 900 kbps of 125 bytes.
    s.estimated_bytes = 30_250_000;
    let library = |n: u64, title, kind, counts: &[(ContentKind, u64)]| {
        let mut l = build::library(&n.to_string(), title, kind, counts);
        l.storage_bytes = Some(1_000_000_000_000 + n - 1);
        l.duration_ms = Some(356_400_000 + 3_600_000 * n);
        l
    };
    s.libraries = Some(Arc::new(vec![
        library(1, "Movies", LibraryKind::Movie, &[(ContentKind::Movies, 100)]),
        library(
            2,
            "TV Shows",
            LibraryKind::Show,
            &[(ContentKind::Shows, 101), (ContentKind::Episodes, 2020)],
        ),
        library(
            3,
            "Music",
            LibraryKind::Artist,
            &[(ContentKind::Artists, 102), (ContentKind::Tracks, 9180)],
        ),
        library(4, "Photos", LibraryKind::Photo, &[(ContentKind::Photos, 103)]),
        library(
            5,
            "Home Videos",
            LibraryKind::HomeVideo,
            &[(ContentKind::Videos, 104)],
        ),
    ]));
    s.plays = [movie(), episode(), track()].map(Arc::new).into();
    build::snapshot([s])
}

fn play(
    key: &str,
    user: &str,
    item: Item,
    player: (&str, &str, Network),
    source: &str,
    delivery: Delivery,
) -> Play {
    let (device, product, network) = player;
    let session = Session {
        key: key.into(),
        client_run: None,
        state: State::Playing,
        position_ms: Some(20_000),
        item: Arc::new(item),
        user: Some(User {
            id: None,
            name: user.into(),
        }),
        player: Arc::new(Player {
            device: Some(device.into()),
            product: Some(product.into()),
            local: Some(network == Network::Lan),
            network: Some(network),
            location: Some(network.as_str().into()),
            ..Player::default()
        }),
        source: Arc::new(SourceMedia {
            video_resolution: (!source.is_empty()).then(|| source.into()),
            ..SourceMedia::default()
        }),
        delivery: Arc::new(delivery),
    };
    let totals = PlayTotals {
        played_ms: 20_125,
        ..PlayTotals::default()
    };
    Play {
        totals,
        ..build::play("cellar", session)
    }
}

fn delivery(decision: Decision, resolution: Option<&str>, kbps: u64, reserved_kbps: u64) -> Delivery {
    Delivery {
        decision: Some(decision),
        bitrate_bps: Some(kbps * 1000),
        reserved_bps: Some(reserved_kbps * 1000),
        video: resolution.map(|r| VideoStream {
            decision: Some(decision),
            codec: None,
            resolution: Some(r.into()),
            width: None,
            height: None,
        }),
        audio: Some(AudioStream {
            decision: Some(decision),
            codec: None,
            channels: None,
            language: None,
        }),
        ..Delivery::default()
    }
}

fn movie() -> Play {
    let mut item = build::item(MediaKind::Movie, "Movie 11");
    item.library = Some(build::library_ref("1", "Movies", LibraryKind::Movie));
    let how = delivery(Decision::DirectPlay, Some("1080"), 8000, 9600);
    play(
        "11",
        "dave1",
        item,
        ("iPhone", "Plex for iOS", Network::Lan),
        "1080",
        how,
    )
}

fn episode() -> Play {
    let mut item = build::item(MediaKind::Episode, "Episode 22");
    item.library = Some(build::library_ref("2", "TV Shows", LibraryKind::Show));
    (item.grandparent_title, item.parent_title) = (Some("Show 22".into()), Some("Season 1".into()));
    item.index = Some(3);
    let mut how = delivery(Decision::Transcode, Some("720"), 3200, 3840);
    how.subtitle = Some(SubtitleStream {
        action: Some(SubtitleAction::Burn),
        codec: None,
        language: None,
    });
    play(
        "22",
        "grace2",
        item,
        ("Chrome", "Plex Web", Network::Wan),
        "4k",
        how,
    )
}

fn track() -> Play {
    let mut item = build::item(MediaKind::Track, "Track 33");
    item.library = Some(build::library_ref("3", "Music", LibraryKind::Artist));
    (item.grandparent_title, item.parent_title) = (Some("Artist 3".into()), Some("Album 33".into()));
    item.index = Some(10);
    let how = delivery(Decision::DirectPlay, None, 900, 1080);
    play(
        "33",
        "bob4",
        item,
        ("LG OLED", "Plex for LG", Network::Lan),
        "",
        how,
    )
}

/// One series: labels in the order of the wire, and the value.
type Series = (Vec<(String, String)>, f64);

/// Everything a reader of the exposition could tell apart, by family; our own process left out.
fn described(of: &Exposition) -> BTreeMap<String, (String, String, Vec<Series>)> {
    let foreign = ["process_", "go_", "promhttp_"];
    let families = of
        .families
        .iter()
        .filter(|f| !foreign.iter().any(|p| f.name.starts_with(p)));
    let series = |s: &Sample| (s.labels.clone(), s.value);
    let sorted = |samples: &[Sample]| {
        let mut all: Vec<_> = samples.iter().map(series).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    };
    families
        .map(|f| {
            (
                f.name.clone(),
                (f.kind.clone(), f.help.clone(), sorted(&f.samples)),
            )
        })
        .collect()
}

#[track_caller]
fn check(profile: Profile, expected: &str) {
    // `@` stands for the labels every series of the server has.
    let identity = format!("server=\"fakeplex\",server_id=\"{MACHINE_ID}\"");
    let expected = strict::parse(&expected.replace('@', &identity), Format::Text).unwrap();
    let ours = scrape(profile, &household());
    let (ours, expected) = (described(&ours), described(&expected));
    let names = |m: &BTreeMap<String, _>| m.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&ours), names(&expected));
    for (name, family) in &ours {
        assert_eq!(family, &expected[name], "{name}");
    }
}

#[test]
fn cplieger() {
    check(Profile::Cplieger, include_str!("golden/cplieger.txt"));
}

#[test]
fn cplieger_of_april_2026() {
    check(
        Profile::Cplieger202604,
        include_str!("golden/cplieger-2026.04.txt"),
    );
}

#[test]
fn timothystewart6() {
    check(
        Profile::TimothyStewart6,
        include_str!("golden/timothystewart6.txt"),
    );
}

/// Families whose values depend on the moment they were recorded.
const OF_THE_MOMENT: [&str; 4] = [
    "play_seconds_total",
    "plex_play_seconds_total",
    "estimated_transmit_bytes_total",
    "plex_estimated_transmit_bytes_total",
];

/// The models themselves, recorded while they watched this household: every series is the same, but for those named.
/// The recordings are not ours to pass on; where they lie at hand, `PROJECTIONIST_SHARED` names the folder.
#[test]
fn the_models_themselves() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test that needs files from outside the repository"
    )]
    let Some(folder) = std::env::var("PROJECTIONIST_SHARED").ok().map(PathBuf::from) else {
        return;
    };
    let recorded = [
        (Profile::Cplieger, "metrics-cpl-3sessions.txt"),
        (Profile::Cplieger202604, "metrics-cplws-3sessions.txt"),
        (Profile::TimothyStewart6, "metrics-ts6-3sessions.txt"),
    ];
    for (profile, file) in recorded {
        let path = folder.join("captures/exporters").join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let kept = text
            .lines()
            .filter(|l| !l.contains("go_") && !l.contains("promhttp_") && !l.contains("process_"));
        let kept: String = kept.flat_map(|l| [l, "\n"]).collect();
        let theirs = described(&strict::parse(&kept, Format::Text).unwrap());
        let ours = described(&scrape(profile, &household()));
        assert_eq!(
            ours.keys().collect::<Vec<_>>(),
            theirs.keys().collect::<Vec<_>>(),
            "{profile}"
        );
        for (name, (kind, help, series)) in &ours {
            let (their_kind, their_help, their_series) = &theirs[name];
            assert_eq!((kind, help), (their_kind, their_help), "{profile} {name}");
            assert_eq!(series.len(), their_series.len(), "{profile} {name}");
            for (a, b) in series.iter().zip(their_series) {
                assert_eq!(a.0, b.0, "{profile} {name}");
                // It calls tracks artists.
                let deviates = a.0.contains(&("content_type".to_owned(), "artists".to_owned()));
                let comparable = !deviates && !OF_THE_MOMENT.contains(&name.as_str());
                assert!(
                    !comparable || (a.1 - b.1).abs() < f64::EPSILON,
                    "{profile} {name} {a:?} {}",
                    b.1
                );
            }
        }
    }
}
