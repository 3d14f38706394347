package cli

import "time"

// sinceTime reads the begin of a period: a day (its first moment in zone) or a moment (RFC 3339). Empty is no bound.
func sinceTime(text string, zone *time.Location) (time.Time, error) {
	return boundary(text, zone, 0)
}

// untilTime reads the end of a period, which the period does not include: the moment after a day's last one, so that a
// day that is named is in it, or a moment (RFC 3339). Empty is no bound.
func untilTime(text string, zone *time.Location) (time.Time, error) {
	return boundary(text, zone, 1)
}

func boundary(text string, zone *time.Location, days int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return time.Date(day.Year(), day.Month(), day.Day()+days, 0, 0, 0, 0, zone), nil
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at, nil
	}
	return time.Time{}, wrongUsage("%q is not a date", text).
		trying("a day: 2026-07-28", "a moment: 2026-07-28T09:30:00-06:00")
}
