//! `/status/sessions` and `/library/metadata`: items, their files and who plays them.

use super::super::decode::{Str, wire};

wire! {
    struct Container<'a> {
        library_id: Str<'a> = "librarySectionID",
        items: Vec<Item<'a>> = "Metadata",
    }

    /// One playback, or one item of a library.
    struct Item<'a> {
        session_key: Str<'a> = "sessionKey",
        rating_key: Str<'a> = "ratingKey",
        key: Str<'a> = "key",
        guid: Str<'a> = "guid",
        kind: Str<'a> = "type",
        subtype: Str<'a> = "subtype",
        extra_type: Str<'a> = "extraType",
        title: Str<'a> = "title",
        original_title: Str<'a> = "originalTitle",
        parent_title: Str<'a> = "parentTitle",
        grandparent_title: Str<'a> = "grandparentTitle",
        parent_rating_key: Str<'a> = "parentRatingKey",
        grandparent_rating_key: Str<'a> = "grandparentRatingKey",
        index: Option<u64> = "index",
        parent_index: Option<u64> = "parentIndex",
        year: Option<u64> = "year",
        duration_ms: Option<u64> = "duration",
        view_offset_ms: Option<u64> = "viewOffset",
        library_id: Str<'a> = "librarySectionID",
        library_title: Str<'a> = "librarySectionTitle",
        thumb: Str<'a> = "thumb",
        parent_thumb: Str<'a> = "parentThumb",
        grandparent_thumb: Str<'a> = "grandparentThumb",
        art: Str<'a> = "art",
        content_rating: Str<'a> = "contentRating",
        studio: Str<'a> = "studio",
        originally_available_at: Str<'a> = "originallyAvailableAt",
        added_at_s: Option<i64> = "addedAt",
        live: Option<bool> = "live",
        channel_call_sign: Str<'a> = "channelCallSign",
        channel_title: Str<'a> = "channelTitle",
        channel_number: Str<'a> = "channelVcn",
        media: Vec<Media<'a>> = "Media",
        user: Option<Box<User<'a>>> = "User",
        player: Option<Box<Player<'a>>> = "Player",
        session: Option<Box<ClientRun<'a>>> = "Session",
        transcode: Option<Box<Transcode<'a>>> = "TranscodeSession",
    }

    /// One version of an item. While converting, it describes what is delivered.
    struct Media<'a> {
        id: Str<'a> = "id",
        selected: Option<bool> = "selected",
        origin: Str<'a> = "origin",
        container: Str<'a> = "container",
        protocol: Str<'a> = "protocol",
        bitrate_kbps: Option<u64> = "bitrate",
        duration_ms: Option<u64> = "duration",
        width: Option<u64> = "width",
        height: Option<u64> = "height",
        video_codec: Str<'a> = "videoCodec",
        video_resolution: Str<'a> = "videoResolution",
        video_frame_rate: Str<'a> = "videoFrameRate",
        audio_codec: Str<'a> = "audioCodec",
        audio_channels: Option<u64> = "audioChannels",
        channel_call_sign: Str<'a> = "channelCallSign",
        channel_title: Str<'a> = "channelTitle",
        channel_number: Str<'a> = "channelVcn",
        parts: Vec<Part<'a>> = "Part",
    }

    struct Part<'a> {
        selected: Option<bool> = "selected",
        decision: Str<'a> = "decision",
        container: Str<'a> = "container",
        protocol: Str<'a> = "protocol",
        bitrate_kbps: Option<u64> = "bitrate",
        streams: Vec<Stream<'a>> = "Stream",
    }

    struct Stream<'a> {
        id: Option<u64> = "id",
        index: Option<u64> = "index",
        /// 1 video, 2 audio, 3 subtitle, 4 lyrics.
        kind: Option<u64> = "streamType",
        selected: Option<bool> = "selected",
        default: Option<bool> = "default",
        decision: Str<'a> = "decision",
        burn: Option<bool> = "burn",
        codec: Str<'a> = "codec",
        bitrate_kbps: Option<u64> = "bitrate",
        width: Option<u64> = "width",
        height: Option<u64> = "height",
        channels: Option<u64> = "channels",
        language: Str<'a> = "language",
        language_code: Str<'a> = "languageCode",
        /// `1080p (HEVC Main 10)`, `English (DTS 5.1)`: names the source, even while converting.
        display_title: Str<'a> = "displayTitle",
        color_transfer: Str<'a> = "colorTrc",
        color_primaries: Str<'a> = "colorPrimaries",
        bit_depth: Option<u64> = "bitDepth",
        dolby_vision: Option<bool> = "DOVIPresent",
    }

    struct User<'a> {
        id: Str<'a> = "id",
        title: Str<'a> = "title",
    }

    struct Player<'a> {
        address: Str<'a> = "address",
        remote_public_address: Str<'a> = "remotePublicAddress",
        machine_id: Str<'a> = "machineIdentifier",
        title: Str<'a> = "title",
        product: Str<'a> = "product",
        platform: Str<'a> = "platform",
        device: Str<'a> = "device",
        model: Str<'a> = "model",
        version: Str<'a> = "version",
        state: Str<'a> = "state",
        local: Option<bool> = "local",
        relayed: Option<bool> = "relayed",
        secure: Option<bool> = "secure",
    }

    /// `Session`: one run of a client, with what the server reserved for it.
    struct ClientRun<'a> {
        id: Str<'a> = "id",
        bandwidth_kbps: Option<u64> = "bandwidth",
        location: Str<'a> = "location",
    }

    /// `TranscodeSession`. Its presence alone does not prove that anything is transcoded.
    struct Transcode<'a> {
        key: Str<'a> = "key",
        throttled: Option<bool> = "throttled",
        complete: Option<bool> = "complete",
        /// −1 for live television.
        progress_percent: Option<f64> = "progress",
        speed: Option<f64> = "speed",
        /// `streaming`, or `static` for a file that is made whole.
        context: Str<'a> = "context",
        offline: Option<bool> = "offlineTranscode",
        source_video_codec: Str<'a> = "sourceVideoCodec",
        source_audio_codec: Str<'a> = "sourceAudioCodec",
        video_decision: Str<'a> = "videoDecision",
        audio_decision: Str<'a> = "audioDecision",
        subtitle_decision: Str<'a> = "subtitleDecision",
        protocol: Str<'a> = "protocol",
        container: Str<'a> = "container",
        video_codec: Str<'a> = "videoCodec",
        audio_codec: Str<'a> = "audioCodec",
        audio_channels: Option<u64> = "audioChannels",
        width: Option<u64> = "width",
        height: Option<u64> = "height",
        hw_requested: Option<bool> = "transcodeHwRequested",
        hw_decoding: Str<'a> = "transcodeHwDecoding",
        hw_encoding: Str<'a> = "transcodeHwEncoding",
        hw_full_pipeline: Option<bool> = "transcodeHwFullPipeline",
        /// From the start of the item. Absent in `.end` notifications.
        max_offset_s: Option<f64> = "maxOffsetAvailable",
    }

    /// `/transcode/sessions`.
    struct Transcodes<'a> {
        sessions: Vec<Transcode<'a>> = "TranscodeSession",
    }
}
