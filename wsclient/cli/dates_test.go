package cli

import (
	"testing"
	"time"
)

func TestDaysAreThoseOfTheZoneAndUntilIncludesItsDay(t *testing.T) {
	zone, err := time.LoadLocation("America/Tijuana") // has daylight saving time
	if err != nil {
		zone = time.FixedZone("PST", -8*3600)
	}
	for _, c := range []struct {
		text         string
		since, until string // RFC 3339, UTC
	}{
		{"2026-07-28", "2026-07-28T07:00:00Z", "2026-07-29T07:00:00Z"},
		{"2026-03-08", "2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"}, // a day of 23 hours
		{"2026-12-31", "2026-12-31T08:00:00Z", "2027-01-01T08:00:00Z"},
		{"2026-07-28T09:30:00-06:00", "2026-07-28T15:30:00Z", "2026-07-28T15:30:00Z"},
		{"2026-07-28T15:30:00.25Z", "2026-07-28T15:30:00.25Z", "2026-07-28T15:30:00.25Z"},
	} {
		since, err := sinceTime(c.text, zone)
		if err != nil || zone.String() != "PST" && since.UTC().Format(time.RFC3339Nano) != c.since {
			t.Errorf("since %s: %v, %v, want %s", c.text, since.UTC(), err, c.since)
		}
		until, err := untilTime(c.text, zone)
		if err != nil || zone.String() != "PST" && until.UTC().Format(time.RFC3339Nano) != c.until {
			t.Errorf("until %s: %v, %v, want %s", c.text, until.UTC(), err, c.until)
		}
	}
	if none, err := sinceTime("", zone); err != nil || !none.IsZero() {
		t.Errorf("no date: %v, %v", none, err)
	}
}
