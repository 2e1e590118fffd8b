//! The schemas of the other collectors.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{
    ContentKind, Decision, Health, LibraryKind, MediaKind, ServerSnapshot, Session, SourceId, State, Text,
    ToldTranscoder,
};

use super::super::collectors;
use super::{Asked, Field, Owned, now_ns, of};
use crate::sinks::Addition;
use crate::sinks::influx::{EmptyStrings, Schema};
use crate::tests::build;

fn one(schema: Schema, session: Session) -> Owned {
    let mut server = build::server("attic");
    server.plays = vec![Arc::new(build::play("attic", session))];
    let points = Asked::of(schema).points(&build::snapshot([server]));
    let found = of(&points, "now_playing");
    assert_eq!(found.len(), 1, "{points:#?}");
    found[0].clone()
}

fn down(id: &str) -> ServerSnapshot {
    let mut server = build::rich(id);
    server.health = Health::Down {
        kind: "timeout",
        message: "gone".into(),
        since: build::at(50),
    };
    server.last_sessions_ok = Some(false);
    server
}

#[test]
fn hosts_are_named_as_the_collectors_would() {
    let id = SourceId::from("attic");
    for (url, address, base) in [
        ("http://127.0.0.2:32400", "127.0.0.2", "http://127.0.0.2:32400"),
        ("http://plex.lan:32400/", "plex.lan", "http://plex.lan:32400"),
        (" http://[fd00::5]:32400", "[fd00::5]", "http://[fd00::5]:32400"),
        ("plex.lan", "plex.lan", "http://plex.lan:32400"),
        ("plex.lan:32400", "plex.lan", "http://plex.lan:32400"),
        ("plex.lan:8080", "attic", "http://plex.lan:8080"),
        ("http://plex.lan", "attic", "http://plex.lan"),
        ("http://plex.lan:8080", "attic", "http://plex.lan:8080"),
        ("https://plex.lan:32400", "attic", "https://plex.lan:32400"),
        (
            "http://plex.lan:32400/plex/",
            "attic",
            "http://plex.lan:32400/plex",
        ),
        (
            "https://plex.lan/?X-Plex-Token=secret",
            "attic",
            "https://plex.lan",
        ),
        ("http://me:secret@plex.lan:32400", "attic", "attic"),
        ("me:secret@plex.lan", "attic", "attic"),
        ("", "attic", "attic"),
    ] {
        let text = Text::from(url);
        assert_eq!(collectors::address(Some(&text), &id), address, "{url}");
        assert_eq!(collectors::base_url(Some(&text), &id), base, "{url}");
    }
    assert_eq!(collectors::address(None, &id), "attic");
    assert_eq!(collectors::base_url(None, &id), "attic");
}

#[test]
fn a_trailer_has_a_point_whose_fields_have_the_types_of_all_others() {
    let mut session = build::watching("7", "Trailer", Decision::DirectPlay);
    Arc::make_mut(&mut session.item).kind = MediaKind::Clip;
    let trailer = one(Schema::Extended, session.clone());
    for (field, expected) in [
        ("media_type", "Unknown"),
        ("stream_title", "Unknown"),
        ("title", ""),
        ("status", ""),
        ("transcode_summary", ""),
        ("position_ms", "0"),
        ("player", "Dave's phone"),
        ("user", "dave"),
    ] {
        assert_eq!(trailer.text(field), expected, "{field}");
    }
    assert_eq!(trailer.fields["length_ms"], Field::Int(0));
    assert_eq!(trailer.fields["pos_percent"], Field::Float(0.0));
    let movie = one(
        Schema::Extended,
        build::watching("7", "Film", Decision::DirectPlay),
    );
    assert_eq!(movie.fields.len(), 25);
    let kinds = |p: &Owned| -> Vec<_> {
        let all = p.fields.iter();
        all.map(|(name, field)| (name.clone(), std::mem::discriminant(field)))
            .collect()
    };
    assert_eq!(kinds(&movie), kinds(&trailer));
    // The older ones have names for it.
    assert_eq!(one(Schema::Pdc2018, session).text("stream_title"), "Trailer");
}

#[test]
fn words_of_transcoders() {
    use Decision::{Copy, DirectPlay, Transcode};
    let told = |video, audio| Some(ToldTranscoder { video, audio });
    for (told, own, video, audio, summary, playback) in [
        (
            None,
            DirectPlay,
            "DirectPlay",
            "DirectPlay",
            "V: No A: No",
            "direct",
        ),
        (
            told(Some(Transcode), Some(Copy)),
            DirectPlay,
            "Transcoding",
            "DirectStream",
            "V: Yes A: No",
            "transcode",
        ),
        (
            told(Some(Copy), Some(Transcode)),
            Copy,
            "DirectStream",
            "Transcoding",
            "V: No A: Yes",
            "transcode",
        ),
        // Asked for and left idle.
        (
            told(Some(DirectPlay), Some(DirectPlay)),
            DirectPlay,
            "DirectStream",
            "DirectStream",
            "V: No A: No",
            "transcode",
        ),
        // What it leaves out, the streams tell.
        (
            told(None, None),
            Transcode,
            "Transcoding",
            "Transcoding",
            "V: Yes A: Yes",
            "transcode",
        ),
    ] {
        let mut session = build::watching("7", "Film", own);
        Arc::make_mut(&mut session.delivery).told.transcoder = told;
        let point = one(Schema::Extended, session.clone());
        let found = ["transcode_video", "transcode_audio", "transcode_summary"].map(|f| point.text(f));
        assert_eq!(found, [video, audio, summary], "{told:?}");
        assert_eq!(
            one(Schema::Pdc2018, session).text("playback"),
            playback,
            "{told:?}"
        );
    }
}

#[test]
fn positions_round_as_python_does() {
    for (position_ms, length_ms, expected) in [
        (3_520_500, 7_041_000, 0.5),
        (1, 3, 0.3333),
        (1, 32, 0.0312),
        (3, 32, 0.0938),
        (8_000, 7_041, 1.1362),
        (0, 10, 0.0),
        (5, 0, 0.0),
    ] {
        let mut session = build::watching("7", "Film", Decision::DirectPlay);
        session.position_ms = Some(position_ms);
        Arc::make_mut(&mut session.delivery).told.duration_ms = Some(length_ms);
        let point = one(Schema::Extended, session);
        assert_eq!(
            point.fields["pos_percent"],
            Field::Float(expected),
            "{position_ms}/{length_ms}"
        );
        assert_eq!(point.text("position_ms"), position_ms.to_string());
    }
}

#[test]
fn the_three_spell_a_resolution_each_in_its_way() {
    let film = || build::watching("7", "Film", Decision::DirectPlay);
    let mut big = film();
    let video = Arc::make_mut(&mut big.delivery).video.as_mut().unwrap();
    video.resolution = Some("4k".into());
    let mut song = film();
    Arc::make_mut(&mut song.item).kind = MediaKind::Track;
    let mut converted = film();
    Arc::make_mut(&mut converted.delivery).told.video_resolution = Some("720p".into());
    let mut nothing = film();
    *Arc::make_mut(&mut nothing.delivery) = model::Delivery::default();
    for (session, extended, of_2017, of_2018) in [
        (film(), "1080", "1080p", "1080"),
        (big, "4k", "4kp", "4k"),
        (song, "8000 Kbps", "8000Kbps", "8000Kbps"),
        (converted, "720p", "720pp", "720p"),
        (nothing, "", "", ""),
    ] {
        let resolution = |schema| one(schema, session.clone()).text("resolution").to_owned();
        assert_eq!(resolution(Schema::Extended), extended);
        assert_eq!(resolution(Schema::Pdc2017), of_2017);
        assert_eq!(resolution(Schema::Pdc2018), of_2018);
    }
}

#[test]
fn the_start_is_that_of_the_play_and_the_2018_session_that_of_the_client() {
    let mut session = build::watching("7", "Film", Decision::DirectPlay);
    let extended = one(Schema::Extended, session.clone());
    assert_eq!(extended.fields["start_time"], Field::Float(1_763_700_000.0));
    assert_eq!(extended.fields["duration"], Field::Float(60.0));
    assert_eq!(extended.tag("session_id"), "7");
    assert_eq!(extended.tag("host"), "192.0.2.7");
    assert_eq!(extended.tag("player_address"), "203.0.113.77");
    assert_eq!(one(Schema::Pdc2018, session.clone()).tag("session_id"), "7");
    session.client_run = Some("run-1".into());
    let newer = one(Schema::Pdc2018, session);
    assert_eq!(newer.tag("session_id"), "run-1");
    assert_eq!(newer.tag("host"), "http://192.0.2.7:32400");
    assert_eq!(newer.text("state"), "playing");
}

#[test]
fn a_server_that_is_down_is_silent_and_silences_no_other() {
    let mut failing = build::rich("list-fails");
    failing.last_sessions_ok = Some(false);
    for schema in [Schema::Extended, Schema::Pdc2017, Schema::Pdc2018] {
        let asked = Asked::of(schema);
        let points = asked.points(&build::snapshot([
            build::rich("attic"),
            down("cellar"),
            failing.clone(),
        ]));
        let hosts: BTreeSet<_> = points.iter().map(|p| p.tag("host")).collect();
        let attic = asked.points(&build::snapshot([build::rich("attic")]));
        let attic = attic[0].tag("host");
        // Its libraries are known all the same.
        let failing = if schema == Schema::Extended {
            "list-fails"
        } else {
            hosts.iter().find(|h| h.contains("list-fails")).unwrap()
        };
        assert_eq!(hosts, BTreeSet::from(["All", attic, failing]), "{schema:?}");
        let streams = of(&points, "active_streams");
        assert_eq!(streams.len(), 2, "{streams:#?}");
        assert!(
            streams
                .iter()
                .all(|p| p.fields["active_streams"] == Field::Int(2))
        );
        assert_eq!(
            asked.points(&build::snapshot([down("cellar")])),
            [],
            "nobody knows"
        );
    }
}

#[test]
fn libraries_tell_what_was_counted() {
    let mut server = build::server("attic");
    let shows = &[
        (ContentKind::Shows, 2),
        (ContentKind::Seasons, 3),
        (ContentKind::Episodes, 27),
    ];
    server.libraries = Some(Arc::new(vec![
        build::library("1", "TV Shows", LibraryKind::Show, shows),
        build::library("2", "Anime", LibraryKind::Show, shows),
        build::library("3", "Anime", LibraryKind::Show, &shows[..1]),
        build::library("4", "Not counted", LibraryKind::Movie, &[]),
        build::library("5", "Empty", LibraryKind::Movie, &[(ContentKind::Movies, 0)]),
    ]));
    let snapshot = build::snapshot([server]);
    let found = |schema| {
        let points = Asked::of(schema).points(&snapshot);
        let libraries = of(&points, "libraries").into_iter();
        let figure = |p: &Owned, name: &str| match p.fields.get(name) {
            Some(Field::Int(n)) => *n,
            None => -1,
            other => panic!("{other:?}"),
        };
        libraries
            .map(|p| {
                let figures = ["items", "seasons", "episodes"].map(|name| figure(p, name));
                (p.tag("lib_name").to_owned(), figures, p.at_ns - now_ns())
            })
            .collect::<Vec<_>>()
    };
    let named = |name: &str, figures, after_ns| (name.to_owned(), figures, after_ns);
    assert_eq!(
        found(Schema::Extended),
        [
            named("TV Shows", [2, 3, 27], 0),
            named("Anime", [2, 3, 27], 0),
            named("Anime", [2, -1, -1], 1_000_000),
            named("Empty", [0, -1, -1], 0),
        ]
    );
    for schema in [Schema::Pdc2017, Schema::Pdc2018] {
        assert_eq!(
            found(schema)[..2],
            [named("TV Shows", [2, 3, 27], 0), named("Anime", [2, -1, -1], 0)]
        );
    }
}

#[test]
fn additions_are_points_of_their_own() {
    let addition = |server: &str, kind: &str, above: Option<&str>, title: &str| Addition {
        server: server.into(),
        kind: kind.into(),
        title: Some(title.into()),
        grandparent_title: above.map(Into::into),
        added_at: Some(build::at(0)),
    };
    let asked = Asked {
        additions: vec![
            addition("attic", "movie", None, "Film"),
            addition("attic", "episode", Some("Show"), "Ep"),
            addition("elsewhere", "movie", None, "Other"),
        ],
        ..Asked::of(Schema::Pdc2018)
    };
    let points = asked.points(&build::snapshot([build::server("attic")]));
    let found: Vec<_> = of(&points, "recently_added")
        .iter()
        .map(|p| {
            let texts = ["media_type", "title", "added_at"].map(|f| p.text(f).to_owned());
            (texts.join("|"), p.at_ns - now_ns())
        })
        .collect();
    let expected = [
        ("Movie|Film|2025-11-21T04:40:00Z".to_owned(), 0),
        ("Episode|Show - Ep|2025-11-21T04:40:00Z".to_owned(), 1_000_000),
    ];
    assert_eq!(found, expected);
}

#[test]
fn empty_texts_are_left_out_or_written() {
    let mut session = build::watching("7", "Film", Decision::DirectPlay);
    session.state = State::Unknown;
    let mut server = build::server("attic");
    server.plays = vec![Arc::new(build::play("attic", session))];
    let snapshot = build::snapshot([server]);
    for schema in [Schema::Extended, Schema::Pdc2017, Schema::Pdc2018] {
        let written = Asked::of(schema).points(&snapshot);
        let mut expected = written.clone();
        let mut empty = 0;
        for point in &mut expected {
            let before = point.fields.len();
            point.fields.retain(|_, field| *field != Field::Text("".into()));
            empty += before - point.fields.len();
        }
        assert_eq!(empty > 0, schema != Schema::Pdc2017, "{schema:?}");
        let omitted = Asked {
            empty_strings: EmptyStrings::Omit,
            ..Asked::of(schema)
        };
        assert_eq!(omitted.points(&snapshot), expected, "{schema:?}");
    }
}

/// The newer of two plays that claim one session.
#[test]
fn one_point_for_each_session() {
    let play = |title: &str| {
        let session = build::watching("7", title, Decision::Copy);
        Arc::new(build::play("attic", session))
    };
    let mut server = build::server("attic");
    server.plays = vec![play("Older"), play("Newer")];
    let points = Asked::of(Schema::Extended).points(&build::snapshot([server]));
    let titles: Vec<_> = of(&points, "now_playing")
        .iter()
        .map(|p| p.text("title"))
        .collect();
    assert_eq!(titles, ["Newer"]);
}
