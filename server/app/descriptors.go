package app

import (
	"context"
	"fmt"
	"log/slog"

	"caudal/server/config"
	"caudal/server/conn"
)

const (
	// descriptorsKept are for everything but customers' connections: the pages' sockets, which conn.Server.Guard bounds, the
	// database's files, a backup, the admin's and the operator's sockets.
	descriptorsKept = conn.SpareSockets + 256
	// connectionsLeast is a bank that is of use to anybody.
	connectionsLeast = 64
)

// fitConnections lowers the bound on connections to the files that the process may open: else a flood would reach that
// limit first, and take from the database what it needs.
func fitConnections(ctx context.Context, c *config.Config, descriptors int, log *slog.Logger) error {
	fit := descriptors - descriptorsKept
	if c.Connections <= fit {
		return nil
	}
	if fit < connectionsLeast {
		return fmt.Errorf("this process may open %d files, and a bank needs %d; see ulimit -n", descriptors, descriptorsKept+connectionsLeast)
	}
	level := slog.LevelInfo
	if c.Asked("connections") {
		level = slog.LevelWarn
	}
	log.Log(ctx, level, "fewer connections than configured: this process may open no more files", "connections", fit, "files", descriptors)
	c.Connections = fit
	return nil
}
