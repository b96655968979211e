-- Everything lies in a schema of its own (made before this runs), so that a database may be shared.

-- A place in the store's order is never given twice.
CREATE SEQUENCE event_order;

-- One row an event. Ids are UUIDv7 and begin with their time: partitioned by ranges of ids, the key is unique over all
-- partitions, and what has expired goes with its partition. The server makes a partition for each week in time.
CREATE TABLE events (
    id          uuid   PRIMARY KEY,
    watermark   bigint NOT NULL DEFAULT nextval('event_order'),
    device      uuid   NOT NULL,
    sent_at_ms  bigint NOT NULL,
    received_ms bigint NOT NULL,
    payload     text   NOT NULL
) PARTITION BY RANGE (id);

CREATE INDEX events_by_watermark ON events (watermark);
CREATE INDEX events_by_device ON events (device);

-- Takes ids of clocks that are far off, and everything while no week could be made.
CREATE TABLE events_of_no_week PARTITION OF events DEFAULT;

-- What each device said of its own counting, so that loss can be estimated.
CREATE TABLE devices (
    device         uuid   PRIMARY KEY,
    first_sequence bigint NOT NULL,
    last_sequence  bigint NOT NULL,
    stored         bigint NOT NULL,
    dropped        bigint NOT NULL,
    seen_ms        bigint NOT NULL
);

-- Digests of devices whose consent was withdrawn: a batch that was still on its way is not stored after all.
CREATE TABLE withdrawals (
    digest       bytea  PRIMARY KEY,
    withdrawn_ms bigint NOT NULL
);

-- Written to by the readiness check.
CREATE TABLE probe (
    one        integer PRIMARY KEY CHECK (one = 1),
    checked_ms bigint  NOT NULL
);
