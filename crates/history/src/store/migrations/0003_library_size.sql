-- How large libraries were, one row a day: the last that was seen on it. Kept for ever; a library takes some 40 kB in a
-- year.

CREATE TABLE library_size (
    server_id INTEGER NOT NULL REFERENCES server (id),
    library TEXT NOT NULL,                -- model::LibraryId
    day TEXT NOT NULL,                    -- 2026-11-21, in the configured time zone
    counts TEXT NOT NULL,                 -- JSON: model::ContentKind to items; what was not counted is absent
    storage_bytes INTEGER,
    duration_ms INTEGER,
    PRIMARY KEY (server_id, library, day)
) STRICT, WITHOUT ROWID;
