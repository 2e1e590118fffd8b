-- Times are milliseconds since 1970, UTC. Texts that repeat stand once and are pointed to.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE server (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL UNIQUE,          -- our own name for it
    machine_id TEXT,
    name TEXT,
    seen_ms INTEGER                       -- last known to be up and watched
) STRICT;

CREATE TABLE person (
    user_id INTEGER PRIMARY KEY,          -- plex.tv id
    username TEXT,
    friendly_name TEXT,
    thumb TEXT,
    fields TEXT NOT NULL DEFAULT '{}'     -- JSON, by Tautulli's column names
) STRICT;

CREATE TABLE library (
    id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES server (id),
    section_id INTEGER NOT NULL,
    name TEXT,
    kind TEXT,
    fields TEXT NOT NULL DEFAULT '{}',
    UNIQUE (server_id, section_id)
) STRICT;

CREATE TABLE word (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

-- Digests are the first 16 bytes of SHA-256 over the content: equal content stands once. The ids of items and clients
-- are never given again, because columns in memory may still know those that were pruned.
CREATE TABLE item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('movie', 'episode', 'track')),
    live INTEGER NOT NULL,
    rating_key INTEGER,
    parent_rating_key INTEGER,
    grandparent_rating_key INTEGER,
    guid TEXT,
    title TEXT,
    parent_title TEXT,
    grandparent_title TEXT,
    original_title TEXT,
    full_title TEXT NOT NULL,
    media_index INTEGER,
    parent_media_index INTEGER,
    year INTEGER,
    duration_ms INTEGER,
    thumb TEXT,
    originally_available_at TEXT,
    marker_credits_first_ms INTEGER,
    marker_credits_final_ms INTEGER,
    extra TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE TABLE client (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    machine_id TEXT,
    player TEXT,
    product TEXT,
    product_version TEXT,
    platform TEXT,
    platform_version TEXT,
    profile TEXT
) STRICT;

-- How plays were delivered, without the numbers that differ from file to file: those stand in `play`.
CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    decision TEXT CHECK (decision IN ('direct play', 'copy', 'transcode')),
    source_resolution TEXT,
    stream_resolution TEXT,
    marks INTEGER NOT NULL,               -- rules::Marks
    fields TEXT NOT NULL DEFAULT '{}'
) STRICT;

-- One play, over. Ids ascend in the order of writing.
CREATE TABLE play (
    id INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL,            -- id of the first play of its group
    server_id INTEGER NOT NULL REFERENCES server (id),
    origin INTEGER NOT NULL,              -- place in model::Origin::ALL
    origin_key TEXT NOT NULL,
    origin_group INTEGER,                 -- the group its origin names, where no play of that key leads to ours
    item_id INTEGER NOT NULL REFERENCES item (id),
    client_id INTEGER NOT NULL REFERENCES client (id),
    stream_id INTEGER NOT NULL REFERENCES stream (id),
    section_id INTEGER,
    user_id INTEGER,
    user_word INTEGER REFERENCES word (id),
    ip_word INTEGER REFERENCES word (id),
    quality_word INTEGER REFERENCES word (id),
    location_word INTEGER REFERENCES word (id),
    started_ms INTEGER NOT NULL,
    stopped_ms INTEGER,
    paused_ms INTEGER,
    buffering_ms INTEGER,
    view_offset_ms INTEGER,
    secure INTEGER,
    relayed INTEGER,
    bandwidth_kbps INTEGER,
    bytes INTEGER,
    -- Numbers of the stream's fields, by those names.
    duration INTEGER,
    bitrate INTEGER,
    width INTEGER,
    height INTEGER,
    video_bitrate INTEGER,
    video_width INTEGER,
    video_height INTEGER,
    audio_bitrate INTEGER,
    stream_bitrate INTEGER,
    stream_video_bitrate INTEGER,
    stream_video_width INTEGER,
    stream_video_height INTEGER,
    stream_audio_bitrate INTEGER
) STRICT;

CREATE UNIQUE INDEX play_origin ON play (server_id, origin, origin_key);
CREATE INDEX play_origin_group ON play (server_id, origin, origin_group) WHERE origin_group IS NOT NULL;

CREATE TABLE segment (
    play_id INTEGER NOT NULL REFERENCES play (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    played_ms INTEGER NOT NULL,
    decision TEXT,
    resolution TEXT,
    bitrate_bps INTEGER,
    video_codec TEXT,
    audio_codec TEXT,
    reasons TEXT NOT NULL DEFAULT '',     -- words joined by spaces
    PRIMARY KEY (play_id, n)
) STRICT, WITHOUT ROWID;

-- Plays that run, as last known; one that ends moves to `play` in one transaction.
CREATE TABLE open_play (
    server_id INTEGER NOT NULL REFERENCES server (id),
    play_key TEXT NOT NULL,               -- model::PlayId
    seen_ms INTEGER NOT NULL,
    body TEXT NOT NULL,                   -- JSON
    PRIMARY KEY (server_id, play_key)
) STRICT, WITHOUT ROWID;

-- Counters of /metrics, which go on across restarts.
CREATE TABLE counter (
    server_id INTEGER NOT NULL REFERENCES server (id),
    labels TEXT NOT NULL,                 -- JSON
    plays INTEGER NOT NULL,
    played_ms INTEGER NOT NULL,
    paused_ms INTEGER NOT NULL,
    buffering_ms INTEGER NOT NULL,
    PRIMARY KEY (server_id, labels)
) STRICT, WITHOUT ROWID;

-- Roll-ups: sums per family of question and stretch of time, packed; see rollup/mod.rs.
CREATE TABLE rollup (
    family INTEGER NOT NULL,
    level INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    cells BLOB NOT NULL,
    PRIMARY KEY (family, level, bucket)
) STRICT, WITHOUT ROWID;

-- Texts that roll-ups are keyed by.
CREATE TABLE rollup_label (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

-- Highest concurrency per local day; see rollup/mod.rs.
CREATE TABLE peak (
    kind INTEGER NOT NULL,
    day INTEGER NOT NULL,
    cells BLOB NOT NULL,
    PRIMARY KEY (kind, day)
) STRICT, WITHOUT ROWID;

-- Snapshots of collections and what was watched of them.
CREATE TABLE collection_analytics (
    id INTEGER PRIMARY KEY,
    collection_name TEXT NOT NULL,
    server_id INTEGER NOT NULL REFERENCES server (id),
    library TEXT NOT NULL,
    section_id INTEGER,
    rating_key INTEGER,
    media_type TEXT,
    window_days INTEGER NOT NULL,
    total_plays INTEGER NOT NULL,
    total_duration_s INTEGER NOT NULL,
    unique_users INTEGER NOT NULL,
    rotation_id TEXT,
    collected_ms INTEGER NOT NULL,
    extra TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE INDEX collection_analytics_key ON collection_analytics (server_id, rating_key, collected_ms);
CREATE INDEX collection_analytics_rotation ON collection_analytics (rotation_id);
