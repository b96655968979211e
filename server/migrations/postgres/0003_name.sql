-- What tells this store from every other: a place in one store's order means nothing in another's.
CREATE TABLE store (
    one  integer PRIMARY KEY CHECK (one = 1),
    name text    NOT NULL
);

INSERT INTO store (one, name) VALUES (1, replace(gen_random_uuid()::text, '-', ''));
