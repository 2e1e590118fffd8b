//! What the session list says about every kind of playback.

use serde_json::{Value, json};

use super::House;
use crate::plex::{
    Delivery, DownloadSeed, Item, Network, PlayState, Player, Quality, Seed, SessionSeed, SubtitleDecision,
    Version,
};

async fn only(house: &House) -> Value {
    let mut container = house.container("/status/sessions").await;
    assert_eq!(
        container["size"],
        container["Metadata"].as_array().map_or(0, Vec::len)
    );
    container["Metadata"].as_array_mut().and_then(Vec::pop).unwrap()
}

/// Starts one session on a still server and returns its entry.
async fn entry(seed: SessionSeed) -> Value {
    let house = House::still().await;
    house.world().start(seed);
    only(&house).await
}

/// Decisions of part, video, audio and subtitle stream, then those of the converter; `-` for none.
fn decisions(entry: &Value) -> String {
    let part = &entry["Media"][0]["Part"][0];
    let streams = part["Stream"].as_array().unwrap();
    let stream = |kind: u64| {
        let of_kind = streams.iter().filter(|s| s["streamType"] == kind);
        of_kind.into_iter().find_map(|s| s["decision"].as_str())
    };
    let converter = &entry["TranscodeSession"];
    let all = [
        part["decision"].as_str(),
        stream(1),
        stream(2),
        stream(3),
        converter["videoDecision"].as_str(),
        converter["audioDecision"].as_str(),
        converter["subtitleDecision"].as_str(),
    ];
    all.map(|d| d.unwrap_or("-")).join(" ")
}

#[tokio::test]
async fn deliveries_show_their_decisions() {
    let text = Delivery::direct_stream().subtitle(SubtitleDecision::Transcode);
    let cases = [
        (Delivery::DirectPlay, "directplay - - - - - -"),
        (
            Delivery::decided_direct_play(),
            "directplay - - - directplay directplay -",
        ),
        (Delivery::direct_stream(), "transcode copy copy - copy copy -"),
        (text, "transcode copy copy transcode copy copy transcode"),
        (
            Delivery::transcode_audio(),
            "transcode copy transcode - copy transcode -",
        ),
        (
            Delivery::transcode_video(Quality::P720_2M),
            "transcode transcode copy - transcode copy -",
        ),
        (
            Delivery::transcode(Quality::P720_2M),
            "transcode transcode transcode - transcode transcode -",
        ),
        (
            Delivery::burn(),
            "transcode transcode copy burn transcode copy burn",
        ),
    ];
    for (delivery, want) in cases {
        let name = format!("{delivery:?}");
        let entry = entry(SessionSeed::movie("A").delivery(delivery)).await;
        assert_eq!(decisions(&entry), want, "{name}");
    }
}

#[tokio::test]
async fn a_converted_entry_describes_the_output() {
    let seed = SessionSeed::of(Item::movie("A").only(Version::hevc_4k()));
    let entry = entry(seed.delivery(Delivery::transcode(Quality::P720_4M).hw("vaapi"))).await;
    let media = &entry["Media"][0];
    assert_eq!(media["videoResolution"], "720p", "with a p");
    assert_eq!(
        (&media["height"], &media["bitrate"], &media["audioChannels"]),
        (&json!(720), &json!(4000), &json!(2))
    );
    assert_eq!(
        (&media["protocol"], &media["container"]),
        (&json!("dash"), &json!("mp4"))
    );
    let part = &media["Part"][0];
    assert!(part.get("file").is_none() && part.get("size").is_none() && part.get("key").is_none());
    assert_eq!(
        part["Stream"][0]["displayTitle"], "4K (HEVC Main 10 HDR10)",
        "the source is in the title"
    );
    let converter = &entry["TranscodeSession"];
    assert_eq!(
        (&converter["sourceVideoCodec"], &converter["videoCodec"]),
        (&json!("hevc"), &json!("h264"))
    );
    assert_eq!(converter["transcodeHwEncoding"], "vaapi");
    assert!(
        converter["key"]
            .as_str()
            .unwrap()
            .starts_with("/transcode/sessions/")
    );
    assert!(converter.get("width").is_none());
}

#[tokio::test]
async fn the_second_version_is_the_selected_one() {
    let entry = entry(SessionSeed::movie("A").second_version(Version::hevc_4k())).await;
    let media = entry["Media"].as_array().unwrap();
    assert_eq!(media.len(), 2);
    assert!(media[0].get("selected").is_none());
    assert_eq!(
        (&media[1]["selected"], &media[1]["videoResolution"]),
        (&json!(true), &json!("4k"))
    );
    assert_eq!(media[1]["Part"][0]["selected"], true);
}

#[tokio::test]
async fn special_sessions_lack_what_real_ones_lack() {
    let live = entry(SessionSeed::live_tv("KHLV", "4.1")).await;
    assert_eq!((&live["live"], &live["type"]), (&json!("1"), &json!("clip")));
    assert!(live["key"].as_str().unwrap().starts_with("/livetv/sessions/"));
    for absent in ["ratingKey", "duration", "librarySectionID"] {
        assert!(live.get(absent).is_none(), "{absent}");
    }
    assert!(live["Media"][0].get("selected").is_none());
    let converter = &live["TranscodeSession"];
    assert_eq!(
        (&converter["videoCodec"], &converter["sourceVideoCodec"]),
        (&json!("*"), &json!(""))
    );
    assert_eq!(
        (&converter["progress"], &converter["duration"]),
        (&json!(-1.0), &json!(7_200_000))
    );

    let guided = entry(SessionSeed::of(
        Item::live_tv("KHLV", "4.1").programme(Some("News"), "Tuesday"),
    ))
    .await;
    assert_eq!(
        (&guided["type"], &guided["grandparentTitle"]),
        (&json!("episode"), &json!("News"))
    );

    let preroll = entry(
        SessionSeed::of(Item::preroll("Hi"))
            .player(Player::dlna("d"))
            .no_user(),
    )
    .await;
    assert_eq!(
        (&preroll["type"], &preroll["librarySectionID"]),
        (&json!("clip"), &json!("-2"))
    );
    assert_eq!(preroll["User"], json!({"id": "", "thumb": "", "title": ""}));
    assert!(preroll["Player"].get("userID").is_none());

    let photo = entry(SessionSeed::of(Item::photo("P"))).await;
    assert!(photo.get("Session").is_none() && photo.get("duration").is_none());

    let trailer = entry(SessionSeed::of(Item::trailer("T"))).await;
    assert_eq!(
        (&trailer["type"], &trailer["subtype"]),
        (&json!("clip"), &json!("trailer"))
    );
}

#[tokio::test]
async fn networks() {
    for (network, location, local, relayed) in [
        (Network::Lan, "lan", true, false),
        (Network::Wan, "wan", false, false),
        (Network::Relay, "wan", false, true),
        (Network::Cellular, "cellular", false, false),
    ] {
        let entry = entry(SessionSeed::movie("A").network(network)).await;
        assert_eq!(entry["Session"]["location"], location);
        assert_eq!(
            (&entry["Player"]["local"], &entry["Player"]["relayed"]),
            (&json!(local), &json!(relayed))
        );
    }
}

#[tokio::test]
async fn parts_can_be_left_out_or_printed_differently() {
    let seed = SessionSeed::movie("A")
        .omit("Session")
        .omit("Player.local")
        .omit("librarySectionID");
    let entry = entry(
        seed.print("Media", "bitrate", "a lot")
            .print("Metadata", "extra", 5),
    )
    .await;
    assert!(entry.get("Session").is_none() && entry.get("librarySectionID").is_none());
    assert!(entry["Player"].get("local").is_none() && entry["Player"].get("relayed").is_some());
    assert_eq!(
        (&entry["Media"][0]["bitrate"], &entry["extra"]),
        (&json!("a lot"), &json!(5))
    );
}

#[tokio::test]
async fn changes_are_seen_at_once_although_entries_are_kept_encoded() {
    let house = House::still().await;
    let world = house.world();
    let key = world.start(
        SessionSeed::movie("A")
            .state(PlayState::Paused)
            .position_ms(1_000),
    );
    assert_eq!(
        (
            &only(&house).await["Player"]["state"],
            &only(&house).await["viewOffset"]
        ),
        (&json!("paused"), &json!(1000))
    );
    world.buffer(&key);
    assert_eq!(only(&house).await["Player"]["state"], "buffering");
    world.seek(&key, 60_000);
    assert_eq!(only(&house).await["viewOffset"], 60_000);
    world.set_quality(&key, Quality::P480_1500);
    let converted = only(&house).await;
    assert_eq!(converted["Media"][0]["videoResolution"], "480p");
    assert_eq!(converted["TranscodeSession"]["minOffsetAvailable"], 60.0);
    world.set_quality(&key, Quality::ORIGINAL);
    assert!(only(&house).await.get("TranscodeSession").is_none());
    world.set_delivery(
        &key,
        Delivery::direct_stream().subtitle(SubtitleDecision::Transcode),
    );
    assert_eq!(
        only(&house).await["TranscodeSession"]["subtitleDecision"],
        "transcode"
    );
    world.play_next(&key, Item::episode("S", 1, 2, "Next"));
    let next = only(&house).await;
    assert_eq!(
        (&next["sessionKey"], &next["title"], &next["viewOffset"]),
        (&json!(key), &json!("Next"), &json!(0))
    );
    world.vanish(&key);
    assert_eq!(house.container("/status/sessions").await, json!({ "size": 0 }));
}

#[tokio::test]
async fn downloads_convert_but_are_no_sessions() {
    let house = House::still().await;
    let world = house.world();
    world.start(SessionSeed::movie("A").delivery(Delivery::transcode(Quality::P720_2M)));
    let seed = DownloadSeed {
        item: Item::movie("B"),
        speed: 4.0,
        percent: 50.0,
        size_bytes: 1 << 33,
    };
    let key = world.start_download(seed);
    let converters = house.container("/transcode/sessions").await;
    let [streaming, offline] = converters["TranscodeSession"].as_array().unwrap().as_slice() else {
        panic!("{converters}")
    };
    assert!(!streaming["key"].as_str().unwrap().contains('/'), "a bare key");
    assert_eq!(
        (&offline["offlineTranscode"], &offline["context"]),
        (&json!(true), &json!("static"))
    );
    assert!(offline["size"].as_u64().unwrap() >= 1 << 32);
    assert_eq!(house.container("/status/sessions").await["size"], 1);
    assert_eq!(house.container("/").await["transcoderActiveVideoSessions"], 1);
    world.end_download(&key);
    assert_eq!(house.container("/transcode/sessions").await["size"], 1);
}

#[tokio::test]
async fn old_servers_spell_every_scalar_as_text() {
    let seed = Seed {
        string_sessions: true,
        ..Seed::default().still()
    };
    let house = House::new(seed).await;
    house
        .world()
        .start(SessionSeed::live_tv("KHLV", "4.1").state(PlayState::Paused));
    let container = house.container("/status/sessions").await;
    assert_eq!(container["size"], "1");
    let entry = &container["Metadata"][0];
    assert_eq!((&entry["live"], &entry["viewOffset"]), (&json!("1"), &json!("0")));
    assert_eq!(entry["TranscodeSession"]["throttled"], "0");
    assert!(
        house.container("/").await["transcoderActiveVideoSessions"].is_u64(),
        "only there"
    );
}

#[tokio::test]
async fn a_session_can_be_terminated_by_its_client_run() {
    let house = House::still().await;
    house.world().start(SessionSeed::movie("A"));
    let id = only(&house).await["Session"]["id"].as_str().unwrap().to_owned();
    let owner = house.plex.token().to_owned();
    let terminate = |id: &str| format!("/status/sessions/terminate?sessionId={id}&reason=bye");
    assert_eq!(house.status(&terminate("nobody"), Some(&owner)).await.0, 404);
    assert_eq!(house.status(&terminate(""), Some(&owner)).await.0, 403);
    assert_eq!(
        house.status(&terminate(&id), Some(&owner)).await,
        (200, String::new())
    );
    assert_eq!(house.world().session_count(), 0);
}
