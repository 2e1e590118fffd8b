//! Answers in, model out. Payloads are written here, after what servers were seen to send.

mod catalog;
mod delivery;
mod items;
mod others;
mod properties;
mod tv;
mod viewers;

use std::collections::HashMap;

use model::{LibraryId, LibraryKind, LibraryRef, Session, SourceMedia, Text};
use serde_json::{Value, json};

use super::super::decode::Decoded;
use super::{ItemMetadata, Known, MappedSessions, Version, sessions};

/// What the poller knows, as plain lists.
#[derive(Default)]
struct Shelf {
    libraries: HashMap<LibraryId, LibraryRef>,
    metadata: HashMap<Text, ItemMetadata>,
}

impl Shelf {
    fn library(mut self, id: &str, title: &str, kind: LibraryKind) -> Self {
        let id = LibraryId::from(id);
        self.libraries.insert(
            id.clone(),
            LibraryRef {
                id,
                title: title.into(),
                kind,
            },
        );
        self
    }

    fn item(mut self, rating_key: &str, library: &str, versions: &[(&str, &str)]) -> Self {
        let versions = versions.iter().map(|(id, resolution)| Version {
            media_id: Some((*id).into()),
            source: SourceMedia {
                video_resolution: Some((*resolution).into()),
                ..SourceMedia::default()
            },
        });
        let item = ItemMetadata {
            library_id: Some(library.into()),
            versions: versions.collect(),
        };
        self.metadata.insert(rating_key.into(), item);
        self
    }

    fn map(&self, items: &[Value]) -> Decoded<MappedSessions> {
        let body = json!({"MediaContainer": {"size": items.len(), "Metadata": items}}).to_string();
        sessions(
            body.as_bytes(),
            &Known {
                libraries: &self.libraries,
                metadata: &self.metadata,
            },
        )
        .unwrap()
    }

    fn one(&self, item: Value) -> Session {
        let mut mapped = self.map(&[item]).value.sessions;
        assert_eq!(mapped.len(), 1);
        mapped.remove(0)
    }

    /// The rating keys to look up for these items.
    fn lookups(&self, items: &[Value]) -> Vec<String> {
        self.map(items)
            .value
            .lookups
            .iter()
            .map(|l| l.rating_key.to_string())
            .collect()
    }
}

fn one(item: Value) -> Session {
    Shelf::default().one(item)
}

/// `base` with the fields of `changes` put over it, objects merged, `null` removing a field.
fn with(mut base: Value, changes: Value) -> Value {
    merge(&mut base, changes);
    base
}

fn merge(base: &mut Value, changes: Value) {
    match (base, changes) {
        (Value::Object(base), Value::Object(changes)) => {
            for (key, change) in changes {
                if change.is_null() {
                    base.remove(&key);
                } else {
                    merge(base.entry(key).or_insert(Value::Null), change);
                }
            }
        }
        (base, changes) => *base = changes,
    }
}

/// An episode played directly, typed as current servers do.
fn episode() -> Value {
    let media = json!({
        "id": "861", "selected": true, "container": "mkv", "bitrate": 8000, "width": 1920, "height": 800,
        "videoCodec": "hevc", "videoResolution": "1080", "audioCodec": "eac3", "audioChannels": 6,
        "Part": [{
            "id": "862", "selected": true, "decision": "directplay", "container": "mkv",
            "Stream": [
                {"id": "1", "index": 0, "streamType": 1, "codec": "hevc", "bitDepth": 10, "colorTrc": "smpte2084",
                 "displayTitle": "1080p HDR10 (HEVC Main 10)", "location": "direct"},
                {"id": "2", "index": 1, "streamType": 2, "codec": "eac3", "channels": 6, "selected": true,
                 "language": "English", "displayTitle": "English (EAC3 5.1)", "location": "direct"},
                {"id": "3", "index": 2, "streamType": 3, "codec": "srt", "decision": "ignore",
                 "language": "English", "displayTitle": "English (SRT)"},
            ],
        }],
    });
    json!({
        "sessionKey": "203", "ratingKey": "6263", "key": "/library/metadata/6263", "type": "episode",
        "guid": "plex://episode/5d", "title": "Pilot", "parentTitle": "Season 1", "grandparentTitle": "Attic",
        "parentRatingKey": "6262", "grandparentRatingKey": "6261",
        "index": 1, "parentIndex": 1, "year": 2024, "duration": 2_700_000, "viewOffset": 60_000,
        "librarySectionID": "2", "librarySectionTitle": "Series",
        "thumb": "/library/metadata/6263/thumb/1", "grandparentThumb": "/library/metadata/6261/thumb/1",
        "Media": [media],
        "User": {"id": "1", "title": "ada", "thumb": "https://plex.example/ada"},
        "Player": {
            "address": "192.168.1.2", "remotePublicAddress": "203.0.113.9", "machineIdentifier": "client-1",
            "title": "Living room", "product": "Plex for Roku", "platform": "Roku", "device": "Roku Express",
            "version": "7.1", "state": "playing", "local": true, "relayed": false, "secure": true, "userID": 1,
        },
        "Session": {"id": "run-1", "bandwidth": 9000, "location": "lan"},
    })
}

/// The same, everything transcoded: the session describes the output.
fn transcoded() -> Value {
    let mut item = with(
        episode(),
        json!({"TranscodeSession": {
            "key": "/transcode/sessions/abc", "throttled": false, "complete": false, "progress": 5.3, "size": -22,
            "speed": 4.5, "error": false, "duration": 2_700_000, "remaining": 93, "context": "streaming",
            "sourceVideoCodec": "hevc", "sourceAudioCodec": "eac3", "videoDecision": "transcode",
            "audioDecision": "transcode", "protocol": "dash", "container": "mp4", "videoCodec": "h264",
            "audioCodec": "aac", "audioChannels": 2, "transcodeHwRequested": true, "transcodeHwEncoding": "vaapi",
            "transcodeHwFullPipeline": false, "timeStamp": 1_790_000_000.5, "maxOffsetAvailable": 84.5,
            "minOffsetAvailable": 0,
        }}),
    );
    item["Media"] = json!([{
        "id": "861", "selected": true, "container": "mp4", "protocol": "dash", "bitrate": 2000,
        "width": 1280, "height": 534, "videoCodec": "h264", "videoResolution": "720p", "audioCodec": "aac",
        "audioChannels": 2,
        "Part": [{
            "id": "862", "selected": true, "decision": "transcode", "container": "mp4", "protocol": "dash",
            "Stream": [
                {"id": "1", "streamType": 1, "codec": "h264", "decision": "transcode", "width": 1280, "height": 534,
                 "displayTitle": "1080p HDR10 (HEVC Main 10)", "location": "segments-video"},
                {"id": "2", "streamType": 2, "codec": "aac", "channels": 2, "decision": "transcode", "selected": true,
                 "language": "English", "displayTitle": "English (EAC3 5.1)", "location": "segments-audio"},
            ],
        }],
    }]);
    item
}

fn track() -> Value {
    with(
        episode(),
        json!({
            "type": "track", "guid": "plex://track/5d", "librarySectionID": "3", "librarySectionTitle": "Music",
            "Media": [{
                "id": "9", "selected": true, "container": "flac", "bitrate": 920, "audioCodec": "flac",
                "audioChannels": 2,
                "Part": [{"decision": "directplay", "selected": true, "Stream": [
                    {"id": "1", "streamType": 2, "codec": "flac", "channels": 2, "selected": true,
                     "displayTitle": "FLAC (Stereo)"},
                ]}],
            }],
        }),
    )
}

fn live() -> Value {
    json!({
        "sessionKey": "449", "key": "/livetv/sessions/e782", "live": "1", "type": "clip", "title": "Live Session ",
        "index": 1, "viewOffset": 0,
        "Media": [{
            "origin": "livetv", "protocol": "hls", "container": "mpegts", "uuid": "e782", "height": 720,
            "width": 1280, "videoCodec": "mpeg2video", "videoResolution": "720", "audioCodec": "ac3",
            "audioChannels": 6, "channelCallSign": "WGCE", "channelTitle": "6.5 WGCE", "channelVcn": "6.5",
            "Part": [{"container": "mpegts", "protocol": "hls", "size": 0}],
        }],
        "User": {"id": "1", "title": "ada"},
        "Player": {"address": "1.1.1.1", "machineIdentifier": "client-2", "state": "playing", "local": true},
    })
}
