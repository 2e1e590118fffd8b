//! How long the answers that come often take to decode and map.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use sources::plex::captures::bench;

fn main() {
    divan::main();
}

/// A busy server: films and episodes, every third one transcoded, with the tags that servers send along.
fn sessions_reply(count: usize) -> String {
    let items: Vec<String> = (0..count).map(session).collect();
    format!(
        r#"{{"MediaContainer":{{"size":{count},"Metadata":[{}]}}}}"#,
        items.join(",")
    )
}

fn session(n: usize) -> String {
    let tags: Vec<String> = (0..14)
        .map(|t| format!(r#"{{"filter":"actor={t}","id":"{t}","role":"Part {t} of {n}","tag":"Player {t}","thumb":"https://images.example/people/{t}.jpg"}}"#))
        .collect();
    let converted = n.is_multiple_of(3);
    let (decision, stream_decision) = if converted {
        (
            "transcode",
            r#""decision":"transcode","location":"segments-video","#,
        )
    } else {
        ("directplay", "")
    };
    let transcode = if converted {
        format!(
            r#","TranscodeSession":{{"key":"/transcode/sessions/t{n}","throttled":false,"complete":false,"progress":12.300000190734863,"size":-22,"speed":4.5,"error":false,"duration":5400000,"remaining":93,"context":"streaming","sourceVideoCodec":"hevc","sourceAudioCodec":"eac3","videoDecision":"transcode","audioDecision":"copy","protocol":"dash","container":"mp4","videoCodec":"h264","audioCodec":"eac3","audioChannels":6,"transcodeHwRequested":true,"transcodeHwEncoding":"vaapi","timeStamp":1790000000.5,"maxOffsetAvailable":739.25,"minOffsetAvailable":0}}"#
        )
    } else {
        String::new()
    };
    format!(
        r#"{{"addedAt":1690000000,"art":"/library/metadata/{n}/art/1690000001","contentRating":"TV-14","duration":5400000,"grandparentTitle":"Show {n}","guid":"plex://episode/{n:024}","index":{n},"key":"/library/metadata/{n}","librarySectionID":"2","librarySectionKey":"/library/sections/2","librarySectionTitle":"Series","parentIndex":1,"parentTitle":"Season 1","ratingKey":"{n}","sessionKey":"{n}","summary":"{summary}","thumb":"/library/metadata/{n}/thumb/1690000001","title":"Episode {n}","type":"episode","viewOffset":600000,"year":2024,"Media":[{{"id":"{n}","audioChannels":6,"audioCodec":"eac3","bitrate":8000,"container":"mkv","duration":5400000,"height":1080,"videoCodec":"h264","videoFrameRate":"24p","videoResolution":"1080","width":1920,"selected":true,"Part":[{{"id":"{n}","container":"mkv","duration":5400000,"decision":"{decision}","selected":true,"Stream":[{{"bitDepth":8,"bitrate":7400,"codec":"h264",{stream_decision}"displayTitle":"1080p (HEVC Main)","frameRate":23.975999832153320,"height":1080,"id":"1","index":0,"streamType":1,"width":1920}},{{"bitrate":640,"channels":6,"codec":"eac3","displayTitle":"English (EAC3 5.1)","id":"2","index":1,"language":"English","selected":true,"streamType":2}},{{"codec":"srt","displayTitle":"English (SRT)","id":"3","index":2,"language":"English","streamType":3}}]}}]}}],"Role":[{tags}],"User":{{"id":"{n}","thumb":"https://plex.example/u/{n}","title":"user {n}"}},"Player":{{"address":"192.168.1.2","device":"Roku","machineIdentifier":"machine-{n}","model":"Express","platform":"Roku","platformVersion":"12","product":"Plex for Roku","profile":"Roku","remotePublicAddress":"203.0.113.9","state":"playing","title":"Living room","vendor":"Roku","version":"7.1","local":true,"relayed":false,"secure":true,"userID":{n}}},"Session":{{"id":"run-{n}","bandwidth":9000,"location":"lan"}}{transcode}}}"#,
        summary = "A long evening in which much is said and little is done. ".repeat(8),
        tags = tags.join(","),
    )
}

#[divan::bench]
fn sessions_500(bencher: Bencher<'_, '_>) {
    let reply = sessions_reply(500);
    assert_eq!(bench::sessions(reply.as_bytes()), 500);
    bencher
        .counter(BytesCount::of_str(&reply))
        .bench(|| bench::sessions(divan::black_box(reply.as_bytes())));
}

const PLAYING: &str = r#"{"NotificationContainer":{"type":"playing","size":1,"PlaySessionStateNotification":[{"sessionKey":"29","clientIdentifier":"machine-29","guid":"","ratingKey":"144504","url":"","key":"/library/metadata/144504","viewOffset":154000,"playQueueItemID":17659,"state":"playing","transcodeSession":"t29"}]}}"#;

#[divan::bench]
fn playing_frame(bencher: Bencher<'_, '_>) {
    assert_eq!(bench::notifications(PLAYING.as_bytes()), 1);
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench(|| bench::notifications(divan::black_box(PLAYING.as_bytes())));
}

/// One of the thousands that a scan sends.
#[divan::bench]
fn timeline_frame(bencher: Bencher<'_, '_>) {
    let frame = r#"{"NotificationContainer":{"type":"timeline","size":1,"TimelineEntry":[{"identifier":"com.plexapp.plugins.library","sectionID":"1","itemID":"10141","type":1,"title":"A film","state":5,"metadataState":"created","updatedAt":1790301266}]}}"#;
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench(|| bench::notifications(divan::black_box(frame.as_bytes())));
}
