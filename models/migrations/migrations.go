// Package migrations holds the schema of the bank's database as SQL, a folder for each dialect.
package migrations

import (
	"embed"
	"io/fs"
)

var (
	//go:embed sqlite/*.sql
	sqliteFiles embed.FS
	//go:embed postgres/*.sql
	postgresFiles embed.FS
)

// SQLite returns the migrations for SQLite, in goose's format.
func SQLite() fs.FS { return sub(sqliteFiles, "sqlite") }

// Postgres returns the migrations for PostgreSQL, in goose's format: the same versions, tables and columns.
func Postgres() fs.FS { return sub(postgresFiles, "postgres") }

func sub(files embed.FS, folder string) fs.FS {
	sub, err := fs.Sub(files, folder)
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}
