-- Who the bank is, who its users are, and what they did. Times are microseconds since the Unix epoch, UTC.

-- +goose Up

-- One row. identity is the Ed25519 key that the first head of every account binds; handle_key makes ids opaque.
CREATE TABLE bank (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    identity   BLOB    NOT NULL CHECK (length(identity) = 32),
    handle_key BLOB    NOT NULL CHECK (length(handle_key) = 32),
    demo       INTEGER NOT NULL CHECK (demo IN (0, 1)),
    created_at INTEGER NOT NULL CHECK (created_at > 0)
) STRICT;

CREATE TABLE users (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    username   TEXT    NOT NULL UNIQUE CHECK (length(username) BETWEEN 3 AND 30 AND username NOT GLOB '*[^a-z0-9_]*'),
    owner      TEXT    NOT NULL CHECK (length(owner) BETWEEN 1 AND 80),
    password   TEXT    NOT NULL CHECK (password GLOB '$argon2id$*'),
    role       TEXT    NOT NULL CHECK (role IN ('holder', 'teller', 'admin')),
    status     TEXT    NOT NULL CHECK (status IN ('active', 'closed')),
    created_at INTEGER NOT NULL CHECK (created_at > 0)
) STRICT;

-- algorithm: 1 Ed25519 (32 bytes), 2 ECDSA on P-256 (uncompressed point, 65 bytes).
CREATE TABLE devices (
    id           INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    public_id    BLOB    NOT NULL UNIQUE CHECK (length(public_id) = 16),
    user_id      INTEGER NOT NULL REFERENCES users (id),
    algorithm    INTEGER NOT NULL,
    public_key   BLOB    NOT NULL UNIQUE,
    name         TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    created_at   INTEGER NOT NULL CHECK (created_at > 0),
    last_seen_at INTEGER NOT NULL CHECK (last_seen_at >= created_at),
    revoked_at   INTEGER CHECK (revoked_at >= created_at),
    CHECK (algorithm = 1 AND length(public_key) = 32 OR algorithm = 2 AND length(public_key) = 65)
) STRICT;

CREATE INDEX devices_user ON devices (user_id);

-- id is the CLABE as a number. A holder's account has an owner and no class; a system account has a class, and is one of
-- that class's shards.
CREATE TABLE accounts (
    id              INTEGER NOT NULL PRIMARY KEY CHECK (id BETWEEN 1 AND 999999999999999999),
    owner           INTEGER REFERENCES users (id),
    class           TEXT    CHECK (class IN ('cash', 'gifts', 'fees')),
    shard           INTEGER NOT NULL CHECK (shard BETWEEN 0 AND 15),
    name            TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    currency        TEXT    NOT NULL CHECK (length(currency) = 3),
    status          TEXT    NOT NULL CHECK (status IN ('active', 'frozen')),
    overdraft_minor INTEGER NOT NULL CHECK (overdraft_minor BETWEEN 0 AND 9007199254740991),
    opened_at       INTEGER NOT NULL CHECK (opened_at > 0),
    CHECK ((owner IS NULL) <> (class IS NULL)),
    CHECK (class IS NOT NULL OR shard = 0)
) STRICT;

CREATE INDEX accounts_owner ON accounts (owner) WHERE owner IS NOT NULL;
CREATE UNIQUE INDEX accounts_shard ON accounts (class, currency, shard) WHERE class IS NOT NULL;

-- What staff, operators and users did. actor is a user's id, or 0 for the bank itself (a local command).
CREATE TABLE audit (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    at      INTEGER NOT NULL CHECK (at > 0),
    actor   INTEGER NOT NULL CHECK (actor >= 0),
    action  TEXT    NOT NULL CHECK (length(action) BETWEEN 1 AND 40),
    subject TEXT    NOT NULL CHECK (length(subject) <= 80),
    detail  TEXT    NOT NULL CHECK (json_valid(detail) AND length(detail) <= 4000)
) STRICT;

CREATE INDEX audit_subject ON audit (subject);

-- Append-only. INSERT OR REPLACE deletes without asking these triggers unless recursive_triggers is on, which the store sees to.
-- +goose StatementBegin
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
-- +goose StatementEnd

-- Rows that money or the audit log point at stay, and stay what they are.
-- +goose StatementBegin
CREATE TRIGGER bank_no_delete BEFORE DELETE ON bank BEGIN SELECT RAISE(ABORT, 'the bank is not deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER bank_no_update BEFORE UPDATE ON bank BEGIN SELECT RAISE(ABORT, 'the bank stays what it is'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_no_delete BEFORE DELETE ON users BEGIN SELECT RAISE(ABORT, 'users are closed, not deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_fixed BEFORE UPDATE OF id, created_at ON users BEGIN SELECT RAISE(ABORT, 'a user stays who it is'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER devices_no_delete BEFORE DELETE ON devices BEGIN SELECT RAISE(ABORT, 'devices are revoked, not deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER devices_fixed BEFORE UPDATE OF id, public_id, user_id, algorithm, public_key, created_at ON devices
BEGIN SELECT RAISE(ABORT, 'a device stays what it is'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER devices_stay_revoked BEFORE UPDATE OF revoked_at ON devices WHEN OLD.revoked_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a revoked device stays revoked'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER accounts_no_delete BEFORE DELETE ON accounts BEGIN SELECT RAISE(ABORT, 'accounts are not deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER accounts_fixed BEFORE UPDATE OF id, owner, class, shard, currency, opened_at ON accounts
BEGIN SELECT RAISE(ABORT, 'an account stays what it is'); END;
-- +goose StatementEnd
-- UPDATE OF id does not see the other names that SQLite has for a row's id: rowid, oid, _rowid_.
-- +goose StatementBegin
CREATE TRIGGER users_same_row BEFORE UPDATE ON users WHEN OLD.id IS NOT NEW.id
BEGIN SELECT RAISE(ABORT, 'a row stays the one it is'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER devices_same_row BEFORE UPDATE ON devices WHEN OLD.id IS NOT NEW.id
BEGIN SELECT RAISE(ABORT, 'a row stays the one it is'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER accounts_same_row BEFORE UPDATE ON accounts WHEN OLD.id IS NOT NEW.id
BEGIN SELECT RAISE(ABORT, 'a row stays the one it is'); END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE audit;
DROP TABLE accounts;
DROP TABLE devices;
DROP TABLE users;
DROP TABLE bank;
