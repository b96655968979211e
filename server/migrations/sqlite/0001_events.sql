-- "TRIQ": a file with tables and another application id belongs to another program and is left alone.
PRAGMA application_id = 1414678865;

-- One row an event. AUTOINCREMENT: a watermark is never given twice, even after the newest rows were deleted.
CREATE TABLE events (
    watermark   INTEGER PRIMARY KEY AUTOINCREMENT,
    id          BLOB    NOT NULL UNIQUE,
    device      BLOB    NOT NULL,
    sent_at_ms  INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    payload     TEXT    NOT NULL
) STRICT;

CREATE INDEX events_by_device ON events (device);

-- What each device said of its own counting, so that loss can be estimated.
CREATE TABLE devices (
    device         BLOB    PRIMARY KEY,
    first_sequence INTEGER NOT NULL,
    last_sequence  INTEGER NOT NULL,
    stored         INTEGER NOT NULL,
    dropped        INTEGER NOT NULL,
    seen_ms        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Digests of devices whose consent was withdrawn: a batch that was still on its way is not stored after all.
CREATE TABLE withdrawals (
    digest       BLOB    PRIMARY KEY,
    withdrawn_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Written to by the readiness check.
CREATE TABLE probe (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    checked_ms INTEGER NOT NULL,
    padding    BLOB    NOT NULL
) STRICT;
