package bench

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseStages reads "0:500@10s,500@1m": from 0 to 500 a second within 10 s, then 500 for a minute.
func ParseStages(text string) ([]Stage, error) {
	var stages []Stage
	for part := range strings.SplitSeq(text, ",") {
		rates, length, ok := strings.Cut(strings.TrimSpace(part), "@")
		from, to, ramp := strings.Cut(rates, ":")
		if !ramp {
			to = from
		}
		stage, err := parseStage(from, to, length)
		if !ok || err != nil {
			return nil, fmt.Errorf("%q is not RATE@TIME or FROM:TO@TIME, such as 500@1m or 0:500@10s", part)
		}
		stages = append(stages, stage)
		if len(stages) > StagesMax {
			return nil, fmt.Errorf("there are more than %d stages", StagesMax)
		}
	}
	return stages, nil
}

func parseStage(from, to, length string) (s Stage, err error) {
	if s.FromPerS, err = parseRate(from); err != nil {
		return s, err
	}
	if s.ToPerS, err = parseRate(to); err != nil {
		return s, err
	}
	s.For, err = time.ParseDuration(length)
	return s, err
}

func parseRate(text string) (float64, error) {
	rate, err := strconv.ParseFloat(text, 64)
	if err == nil && !(rate >= 0 && rate <= RateMax) { // NaN is neither
		err = strconv.ErrRange
	}
	return rate, err
}
