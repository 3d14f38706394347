-- What a teller needs at the counter: holders by a part of their name, and one's own lines of the audit log.

-- +goose Up

-- The words by which a user is found: the username, and the words of the holder's name, folded by the program (fold.go), so
-- that case and accents do not count. A later migration that changes how words are folded empties this table: a server that
-- finds it empty fills it.
CREATE TABLE holder_words (
    word    TEXT    NOT NULL CHECK (length(word) BETWEEN 1 AND 80),
    user_id INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (word, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX holder_words_user ON holder_words (user_id, word);

CREATE INDEX audit_actor ON audit (actor, id);

-- +goose Down
DROP INDEX audit_actor;
DROP TABLE holder_words;
