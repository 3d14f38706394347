package bench

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// noun is what a scenario does many of.
func noun(scenario string) string {
	switch scenario {
	case Connect, Idle:
		return "connections"
	case Ping:
		return "pings"
	case Transfer:
		return "transfers"
	case Watch:
		return "events"
	}
	return "operations"
}

// each is "a transfer", for figures of one.
func each(scenario string) string {
	if scenario == Idle {
		return "a connection and second"
	}
	one := strings.TrimSuffix(noun(scenario), "s")
	if strings.ContainsRune("aeio", rune(one[0])) {
		return "an " + one
	}
	return "a " + one
}

// latencyTitles say what a histogram measures, in a few words.
var latencyTitles = map[string]string{
	HistTLS:      "TCP and TLS",
	HistChannel:  "channel",
	HistSignIn:   "sign-in",
	HistResponse: "response",
	HistService:  "service",
	HistEvent:    "event",
}

// meaning says in full what a histogram measures.
func meaning(r *Result, name string) string {
	if r.Scenario == Connect && name == HistService {
		return "from the dial to the answer to the sign-in"
	}
	return latencyMeanings[name]
}

var latencyMeanings = map[string]string{
	HistTLS:      "from the dial to the end of the TLS handshake",
	HistChannel:  "the WebSocket's upgrade and the channel's handshake",
	HistSignIn:   "hello and sign-in by device key, to the answer",
	HistResponse: "from when a command was due by the schedule to its reply",
	HistService:  "from a command's writing to its reply",
	HistEvent:    "from the bank's date of a transfer, before its commit, to its event on the other holder's connection",
}

// grouped writes an integer with commas between thousands.
func grouped[N int | int64 | uint64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	start := 0
	if strings.HasPrefix(digits, "-") {
		start = 1
	}
	for at := len(digits) - 3; at > start; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// short writes a figure with three digits that count: 0.0123, 0.123, 1.23, 12.3, 123, 1,230 in full.
func short(v float64) string {
	size := math.Abs(v)
	switch {
	case v == 0:
		return "0"
	case size >= 99.95:
		return grouped(int64(math.Round(v)))
	case size >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case size >= 0.9995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// lasting writes a time in seconds as people say it: 850 ms, 10 s, 2 min, 1 h 30 min.
func lasting(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
	switch {
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 2*time.Minute:
		return strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', -1, 64) + " s"
	case d < time.Hour && d%time.Minute == 0:
		return strconv.Itoa(int(d.Minutes())) + " min"
	}
	return strings.TrimSuffix(strings.TrimSuffix(d.Round(time.Second).String(), "0s"), "0m")
}

// harmless replaces what a terminal would obey, or a reader could not see: texts come from the bank and from files.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
