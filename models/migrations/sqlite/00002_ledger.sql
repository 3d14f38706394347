-- Where the money is, and how it got there. Times are microseconds since the Unix epoch, UTC; amounts are minor units.

-- +goose Up

-- Where each account stands. Every transfer rewrites two of these rows, so they are narrow, and apart from accounts: with
-- wide rows a bank of a million accounts moves half as much. last and last_at are 0 before the first leg.
CREATE TABLE heads (
    account       INTEGER NOT NULL PRIMARY KEY REFERENCES accounts (id),
    balance_minor INTEGER NOT NULL,
    held_minor    INTEGER NOT NULL CHECK (held_minor >= 0),
    floor_minor   INTEGER NOT NULL CHECK (floor_minor <= 0),
    seq           INTEGER NOT NULL CHECK (seq >= 0),
    version       INTEGER NOT NULL CHECK (version >= seq),
    last          INTEGER NOT NULL CHECK (last >= 0),
    last_at       INTEGER NOT NULL CHECK (last_at >= 0),
    head          BLOB    NOT NULL CHECK (length(head) = 32),
    CHECK (balance_minor - held_minor >= floor_minor),
    CHECK ((seq = 0) = (last = 0) AND (seq = 0) = (last_at = 0))
) STRICT;

-- Double entry: one row debits one account and credits another, and holds both legs: the leg's number in its account, the
-- balance after it, the account's transfer before it (0 at the first) and the account's chain head after it. Nothing
-- orders by id: an account's legs are ordered by their seq. No foreign keys: the ledger reads both accounts before it
-- writes, and verify asks again.
CREATE TABLE transfers (
    id                   INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    kind                 INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 255),
    debit                INTEGER NOT NULL,
    credit               INTEGER NOT NULL CHECK (credit <> debit),
    amount_minor         INTEGER NOT NULL CHECK (amount_minor BETWEEN 1 AND 9007199254740991),
    currency             TEXT    NOT NULL CHECK (length(currency) = 3),
    debit_seq            INTEGER NOT NULL CHECK (debit_seq > 0),
    credit_seq           INTEGER NOT NULL CHECK (credit_seq > 0),
    debit_balance_minor  INTEGER NOT NULL,
    credit_balance_minor INTEGER NOT NULL,
    debit_prev           INTEGER NOT NULL CHECK ((debit_prev = 0) = (debit_seq = 1)),
    credit_prev          INTEGER NOT NULL CHECK ((credit_prev = 0) = (credit_seq = 1)),
    debit_head           BLOB    NOT NULL CHECK (length(debit_head) = 32),
    credit_head          BLOB    NOT NULL CHECK (length(credit_head) = 32),
    at                   INTEGER NOT NULL CHECK (at > 0),
    actor                INTEGER NOT NULL CHECK (actor >= 0),
    key                  BLOB    NOT NULL CHECK (length(key) = 16),
    memo_hash            BLOB    CHECK (length(memo_hash) = 32),
    group_id             INTEGER,
    reverses             INTEGER,
    encoding_version     INTEGER NOT NULL CHECK (encoding_version = 1)
) STRICT;

CREATE UNIQUE INDEX transfers_reverses ON transfers (reverses) WHERE reverses IS NOT NULL;

-- What people wrote beside a transfer. A memo may be erased: the chain holds only its salted hash.
CREATE TABLE memos (
    transfer INTEGER NOT NULL PRIMARY KEY,
    salt     BLOB    NOT NULL CHECK (length(salt) = 16),
    text     TEXT    NOT NULL CHECK (length(text) BETWEEN 1 AND 140)
) STRICT;

-- Every 256th leg of an account: where a page in the middle of a long history, or at a date, starts its walk.
CREATE TABLE marks (
    account  INTEGER NOT NULL,
    seq      INTEGER NOT NULL CHECK (seq > 0 AND seq % 256 = 0),
    transfer INTEGER NOT NULL CHECK (transfer > 0),
    at       INTEGER NOT NULL CHECK (at > 0),
    PRIMARY KEY (account, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX marks_date ON marks (account, at);

-- The first decision on an idempotency key: a transfer, a refusal by its number, or an account that was opened. The key
-- leads, because keys are ordered by time. digest stands for what was asked, except where the transfer itself says it;
-- so an erased memo cannot be guessed from it.
CREATE TABLE outcomes (
    key      BLOB    NOT NULL CHECK (length(key) = 16),
    actor    INTEGER NOT NULL CHECK (actor >= 0),
    digest   BLOB    CHECK (length(digest) = 32),
    transfer INTEGER CHECK (transfer > 0),
    refusal  INTEGER CHECK (refusal > 0),
    account  INTEGER CHECK (account > 0),
    at       INTEGER NOT NULL CHECK (at > 0),
    PRIMARY KEY (key, actor),
    CHECK ((transfer IS NOT NULL) + (refusal IS NOT NULL) + (account IS NOT NULL) = 1),
    CHECK ((transfer IS NULL) = (digest IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Refusals are swept after two days.
CREATE INDEX outcomes_refused ON outcomes (at) WHERE refusal IS NOT NULL;

-- What a member of staff has taken in and paid out in a day (days since the Unix epoch, UTC).
CREATE TABLE staff_totals (
    actor        INTEGER NOT NULL CHECK (actor > 0),
    day          INTEGER NOT NULL CHECK (day > 0),
    currency     TEXT    NOT NULL CHECK (length(currency) = 3),
    kind         INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 255),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (actor, day, currency, kind)
) STRICT, WITHOUT ROWID;

-- Append-only. INSERT OR REPLACE deletes without asking these triggers unless recursive_triggers is on, which the store sees to.
-- +goose StatementBegin
CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER marks_no_update BEFORE UPDATE ON marks BEGIN SELECT RAISE(ABORT, 'marks are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER marks_no_delete BEFORE DELETE ON marks BEGIN SELECT RAISE(ABORT, 'marks are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER memos_no_update BEFORE UPDATE ON memos BEGIN SELECT RAISE(ABORT, 'memos are erased, not changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER outcomes_no_update BEFORE UPDATE ON outcomes BEGIN SELECT RAISE(ABORT, 'the first decision stands'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER outcomes_no_delete BEFORE DELETE ON outcomes WHEN OLD.refusal IS NULL
BEGIN SELECT RAISE(ABORT, 'what was done stays done'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER heads_no_delete BEFORE DELETE ON heads BEGIN SELECT RAISE(ABORT, 'heads are not deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER heads_fixed BEFORE UPDATE OF account ON heads BEGIN SELECT RAISE(ABORT, 'a head stays with its account'); END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE staff_totals;
DROP TABLE outcomes;
DROP TABLE marks;
DROP TABLE memos;
DROP TABLE transfers;
DROP TABLE heads;
