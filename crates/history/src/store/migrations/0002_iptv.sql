-- Stream managers: feeds over time (runs), who watched them (viewings), counters. Times are milliseconds since 1970,
-- UTC. Ids of texts and channels are not declared as references: each text swept away would have every run and viewing
-- looked through. `history verify` looks whether all of them are there.

CREATE TABLE iptv_text (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

-- What was shown, as it was told; equal content stands once.
CREATE TABLE iptv_channel (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,          -- first 16 bytes of SHA-256 over the body
    body TEXT NOT NULL                    -- JSON
) STRICT;

-- One feed from start to end.
CREATE TABLE feed_run (
    id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES server (id),
    run_text INTEGER NOT NULL,            -- model::RunId
    feed_text INTEGER NOT NULL,           -- model::FeedKey
    kind INTEGER NOT NULL,                -- place in model::iptv::FeedKind::ALL
    channel_id INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    stopped_ms INTEGER,                   -- absent while it runs
    seen_ms INTEGER NOT NULL,             -- last look that saw it; `stopped_ms` once it is over
    span INTEGER NOT NULL,                -- class of its length, see store/iptv.rs; -1 while it runs
    active_ms INTEGER NOT NULL,
    buffering_ms INTEGER NOT NULL,
    error_ms INTEGER NOT NULL,
    viewer_ms INTEGER NOT NULL,
    peak_viewers INTEGER NOT NULL,
    failovers INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    received_bytes INTEGER,
    sent_bytes INTEGER,
    -- As the manager told last.
    told_uptime_ms INTEGER,
    told_received_bytes INTEGER,
    told_sent_bytes INTEGER
) STRICT;

CREATE UNIQUE INDEX feed_run_key ON feed_run (server_id, run_text);
CREATE INDEX feed_run_window ON feed_run (span, started_ms);

-- Runs that are not over: what else is needed to go on with them.
CREATE TABLE open_feed (
    run_id INTEGER PRIMARY KEY REFERENCES feed_run (id) ON DELETE CASCADE,
    body TEXT NOT NULL                    -- JSON
) STRICT;

-- A stretch of a run on one stream and one login. It ends where the next begins, or with the run.
CREATE TABLE feed_segment (
    run_id INTEGER NOT NULL REFERENCES feed_run (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    stream_id INTEGER,
    stream_text INTEGER,
    stream_index INTEGER,
    profile INTEGER,                      -- model::iptv::ProfileId
    profile_text INTEGER,
    account_text INTEGER,
    max_connections INTEGER,              -- 0: no limit
    buffering_ms INTEGER NOT NULL,
    error_ms INTEGER NOT NULL,
    received_bytes INTEGER NOT NULL,
    PRIMARY KEY (run_id, n)
) STRICT, WITHOUT ROWID;

-- One viewer of a feed from start to end.
CREATE TABLE viewing (
    id INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES server (id),
    viewing_key TEXT NOT NULL,            -- model::ViewingId
    run_text INTEGER NOT NULL,            -- as in feed_run, whose row may be written later or never
    feed_text INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    profile INTEGER,
    account_text INTEGER,
    client TEXT NOT NULL,                 -- the manager's own name of the connection
    user_id INTEGER,
    user_text INTEGER,
    address_text INTEGER,
    agent_text INTEGER,
    connected_ms INTEGER,
    started_ms INTEGER NOT NULL,
    stopped_ms INTEGER,
    seen_ms INTEGER NOT NULL,
    span INTEGER NOT NULL,
    sent_bytes INTEGER,
    told_sent_bytes INTEGER
) STRICT;

CREATE UNIQUE INDEX viewing_key ON viewing (server_id, viewing_key);
CREATE INDEX viewing_window ON viewing (span, started_ms);

-- Counters of /metrics, which go on across restarts.
CREATE TABLE iptv_provider_counter (
    server_id INTEGER NOT NULL REFERENCES server (id),
    profile INTEGER NOT NULL,
    connection_ms INTEGER NOT NULL,
    received_bytes INTEGER NOT NULL,
    failovers INTEGER NOT NULL,
    buffering_ms INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    PRIMARY KEY (server_id, profile)
) STRICT, WITHOUT ROWID;

CREATE TABLE iptv_view_counter (
    server_id INTEGER NOT NULL REFERENCES server (id),
    labels TEXT NOT NULL,                 -- JSON
    views INTEGER NOT NULL,
    viewed_ms INTEGER NOT NULL,
    PRIMARY KEY (server_id, labels)
) STRICT, WITHOUT ROWID;
