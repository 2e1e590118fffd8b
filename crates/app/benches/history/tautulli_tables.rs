//! The tables of a Tautulli database that the import reads.

use rusqlite::Connection;

pub(crate) const HISTORY: &[&str] = &[
    "id",
    "reference_id",
    "started",
    "stopped",
    "rating_key",
    "user_id",
    "user",
    "ip_address",
    "paused_counter",
    "player",
    "product",
    "product_version",
    "platform",
    "platform_version",
    "profile",
    "machine_id",
    "bandwidth",
    "location",
    "quality_profile",
    "secure",
    "relayed",
    "parent_rating_key",
    "grandparent_rating_key",
    "media_type",
    "section_id",
    "view_offset",
];

pub(crate) const METADATA: &[&str] = &[
    "id",
    "rating_key",
    "parent_rating_key",
    "grandparent_rating_key",
    "title",
    "parent_title",
    "grandparent_title",
    "original_title",
    "full_title",
    "media_index",
    "parent_media_index",
    "thumb",
    "parent_thumb",
    "grandparent_thumb",
    "art",
    "media_type",
    "year",
    "originally_available_at",
    "added_at",
    "updated_at",
    "content_rating",
    "summary",
    "tagline",
    "rating",
    "duration",
    "guid",
    "directors",
    "writers",
    "actors",
    "genres",
    "studio",
    "labels",
    "live",
    "channel_call_sign",
    "marker_credits_first",
    "marker_credits_final",
];

pub(crate) const MEDIA_INFO: &[&str] = &[
    "id",
    "rating_key",
    "video_decision",
    "audio_decision",
    "transcode_decision",
    "duration",
    "container",
    "bitrate",
    "width",
    "height",
    "video_bitrate",
    "video_bit_depth",
    "video_codec",
    "video_codec_level",
    "video_width",
    "video_height",
    "video_resolution",
    "video_framerate",
    "video_scan_type",
    "video_full_resolution",
    "video_dynamic_range",
    "aspect_ratio",
    "audio_bitrate",
    "audio_codec",
    "audio_channels",
    "audio_language",
    "audio_language_code",
    "subtitles",
    "subtitle_codec",
    "transcode_protocol",
    "transcode_container",
    "transcode_video_codec",
    "transcode_audio_codec",
    "transcode_width",
    "transcode_height",
    "transcode_hw_decode",
    "transcode_hw_decoding",
    "transcode_hw_encode",
    "transcode_hw_encoding",
    "stream_container",
    "stream_container_decision",
    "stream_bitrate",
    "stream_video_decision",
    "stream_video_bitrate",
    "stream_video_codec",
    "stream_video_height",
    "stream_video_width",
    "stream_video_resolution",
    "stream_video_full_resolution",
    "stream_video_dynamic_range",
    "stream_audio_decision",
    "stream_audio_codec",
    "stream_audio_bitrate",
    "stream_audio_channels",
];

const INDEXES: &[&str] = &[
    "media_type",
    "media_type, stopped",
    "rating_key",
    "parent_rating_key",
    "grandparent_rating_key",
    "user",
    "user_id",
    "user_id, stopped",
    "section_id",
    "section_id, stopped",
    "reference_id",
];

pub(crate) fn create(db: &Connection) {
    for (name, columns) in [
        ("session_history", HISTORY),
        ("session_history_metadata", METADATA),
        ("session_history_media_info", MEDIA_INFO),
    ] {
        let columns = columns.join(", ").replacen("id", "id INTEGER PRIMARY KEY", 1);
        db.execute_batch(&format!("CREATE TABLE {name} ({columns})"))
            .unwrap();
    }
    db.execute_batch(
        "CREATE TABLE version_info (key TEXT UNIQUE, value TEXT);
         INSERT INTO version_info VALUES ('version', 'v2.17.2');
         CREATE TABLE users (id INTEGER PRIMARY KEY, user_id INTEGER UNIQUE, username TEXT, friendly_name TEXT,
             thumb TEXT, email TEXT, is_active INTEGER, is_admin INTEGER, keep_history INTEGER DEFAULT 1,
             deleted_user INTEGER DEFAULT 0);
         CREATE TABLE library_sections (id INTEGER PRIMARY KEY, server_id TEXT, section_id INTEGER, section_name TEXT,
             section_type TEXT, is_active INTEGER DEFAULT 1, deleted_section INTEGER DEFAULT 0);
         INSERT INTO library_sections (server_id, section_id, section_name, section_type) VALUES
             ('feed', 1, 'Films', 'movie'), ('feed', 2, 'Series', 'show'), ('feed', 3, 'Music', 'artist'),
             ('feed', 4, 'Films in 4K', 'movie'), ('feed', 999999, 'Live TV', 'live');",
    )
    .unwrap();
}

/// The indexes that make Tautulli's file as large as it is.
pub(crate) fn index(db: &Connection) {
    for columns in INDEXES {
        let name = columns.replace(", ", "_");
        db.execute_batch(&format!(
            "CREATE INDEX idx_session_history_{name} ON session_history ({columns})"
        ))
        .unwrap();
    }
}
