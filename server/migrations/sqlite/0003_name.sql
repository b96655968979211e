-- What tells this store from every other: a place in one store's order means nothing in another's.
CREATE TABLE store (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    name TEXT    NOT NULL
) STRICT;

INSERT INTO store (one, name) VALUES (1, lower(hex(randomblob(16))));
