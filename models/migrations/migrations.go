// Package migrations holds the schema of the bank's database as SQL, a folder for each dialect.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed sqlite/*.sql
var sqliteFiles embed.FS

// SQLite returns the migrations for SQLite, in goose's format.
func SQLite() fs.FS { return sub(sqliteFiles, "sqlite") }

func sub(files embed.FS, folder string) fs.FS {
	sub, err := fs.Sub(files, folder)
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}
