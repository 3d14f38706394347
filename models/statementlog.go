package models

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// slowStatement is from when on a statement is worth a warning: a hundred times what the slowest usual one takes.
const slowStatement = 200 * time.Millisecond

// statementLog is GORM's way into slog. Statements are shown with their placeholders: the values, among them password
// hashes, names and amounts, are in no log. An error is the caller's to report, so here it is a matter for debugging.
type statementLog struct{ log *slog.Logger }

var (
	_ logger.Interface  = statementLog{}
	_ gorm.ParamsFilter = statementLog{}
)

// ParamsFilter keeps values out of the statements that GORM explains.
func (statementLog) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// Trace hears of every statement after it ran.
func (l statementLog) Trace(ctx context.Context, begin time.Time, statement func() (sql string, rows int64), err error) {
	elapsed := time.Since(begin)
	level := slog.LevelDebug
	switch {
	case err != nil && !errors.Is(err, gorm.ErrRecordNotFound):
	case elapsed >= slowStatement:
		level = slog.LevelWarn
	default:
		return
	}
	if !l.log.Enabled(ctx, level) {
		return
	}
	sql, rows := statement()
	attributes := []slog.Attr{slog.String("sql", sql), slog.Int64("rows", rows), slog.Duration("elapsed", elapsed)}
	if err != nil {
		attributes = append(attributes, slog.Any("error", err))
	}
	l.log.LogAttrs(ctx, level, "statement", attributes...)
}

// LogMode keeps the level where slog has it.
func (l statementLog) LogMode(logger.LogLevel) logger.Interface { return l }

// Info, Warn and Error have texts that GORM composed, with values perhaps, so only that there was one is kept.
func (l statementLog) Info(ctx context.Context, _ string, _ ...any) {
	l.log.DebugContext(ctx, "gorm has a note")
}
func (l statementLog) Warn(ctx context.Context, _ string, _ ...any) {
	l.log.WarnContext(ctx, "gorm warns")
}
func (l statementLog) Error(ctx context.Context, _ string, _ ...any) {
	l.log.ErrorContext(ctx, "gorm reports an error")
}
