package bench

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// fileMax bounds a result's file: an hour, with six histograms a second, is below 5 MB.
	fileMax = 32 << 20
	// seriesMax bounds the seconds of a result that is read: a day.
	seriesMax = 24 * 3600
	// digitsMax bounds a histogram's precision, and with it the memory that its header asks for: three digits over all of
	// int64 are 440 KB, five are 50 MB.
	digitsMax = 3
)

// ErrResult means that a file is not a result of this tester. Errors of ReadResult wrap it and say what is wrong.
var ErrResult = errors.New("not a result of caudal bench")

// latencyNames are the histograms that there can be, in the order in which they are shown.
var latencyNames = []string{HistTLS, HistChannel, HistSignIn, HistResponse, HistService, HistEvent}

// MarshalJSON is the whole result, its histograms included; what is empty is [] or {}, never null, but for bank.
func (r Result) MarshalJSON() ([]byte, error) {
	type plain Result // without this method
	p := plain(r)
	if len(r.histograms) > 0 {
		p.Histograms = make(map[string]string, len(r.histograms))
		for name, h := range r.histograms {
			encoded, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
			if err != nil {
				return nil, fmt.Errorf("histogram %s: %w", name, err)
			}
			p.Histograms[name] = string(encoded)
		}
	}
	if p.Bank != nil {
		bank := *p.Bank
		p.Bank = &bank
		finite(&bank.CPUSeconds, &bank.CPUMicrosPerOperation, &bank.ResidentKBPerConnection)
	}
	finite(&p.DurationS, &p.RatePerS, &p.Tester.CPUSeconds, &p.Tester.CPUMicrosPerOperation, &p.Tester.ResidentKBPerConnection,
		&p.Machine.FsyncUs, &p.Machine.SHA256MBPerS)
	p.Flags = present(p.Flags)
	p.Errors = present(p.Errors)
	p.LatencyMs = present(p.LatencyMs)
	p.Histograms = present(p.Histograms)
	p.Notes = append([]string{}, p.Notes...)
	p.Thresholds = append([]Verdict{}, p.Thresholds...)
	p.Series = append([]Second{}, p.Series...)
	for i := range p.Series {
		s := &p.Series[i]
		s.LatencyMs = present(s.LatencyMs)
		finite(&s.At, &s.LagMs, &s.BankCPU, &s.TesterCPU)
	}
	return json.Marshal(p)
}

// finite makes 0 of what JSON has no number for: a figure over nothing, in a run in which nothing happened, must not take
// the whole result with it.
func finite(figures ...*float64) {
	for _, f := range figures {
		if math.IsNaN(*f) || math.IsInf(*f, 0) {
			*f = 0
		}
	}
}

func present[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// ReadResult reads what the tester printed with --format json. Errors wrap ErrResult, or are the file's own.
func ReadResult(path string) (*Result, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, fileMax+1))
	if err != nil {
		return nil, err
	}
	r, err := parseResult(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// parseResult takes nothing on trust: a file may come from anybody's machine.
func parseResult(text []byte) (*Result, error) {
	if len(text) > fileMax {
		return nil, fmt.Errorf("%w: it has more than %d MB", ErrResult, fileMax>>20)
	}
	r := &Result{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrResult, err)
	}
	if r.Scenario == "" || r.Model != "closed" && r.Model != "open" {
		return nil, fmt.Errorf("%w: it names no scenario or no model", ErrResult)
	}
	if r.DurationS < 0 || r.RatePerS < 0 || len(r.Series) > seriesMax {
		return nil, fmt.Errorf("%w: its times or rates cannot be", ErrResult)
	}
	before := 0.0
	for _, s := range r.Series {
		if s.At <= before {
			return nil, fmt.Errorf("%w: its seconds are out of order", ErrResult)
		}
		before = s.At
	}
	r.histograms = make(map[string]*hdrhistogram.Histogram, len(latencyNames))
	for _, name := range latencyNames {
		encoded, ok := r.Histograms[name]
		if !ok {
			continue
		}
		h, err := decodeHistogram(encoded)
		if err != nil {
			return nil, fmt.Errorf("%w: histogram %s: %w", ErrResult, name, err)
		}
		r.histograms[name] = h
	}
	return r, nil
}

// decodeHistogram reads HdrHistogram's V2 compressed encoding, after a look at how much memory its header asks for.
func decodeHistogram(encoded string) (*hdrhistogram.Histogram, error) {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(raw) < 8 {
		return nil, errors.New("it is not base64 of HdrHistogram's encoding")
	}
	inflated, err := zlib.NewReader(bytes.NewReader(raw[8:])) // after the cookie and the length
	if err != nil {
		return nil, err
	}
	var header [16]byte // cookie, length, index offset, digits
	if _, err := io.ReadFull(inflated, header[:]); err != nil {
		return nil, err
	}
	if digits := binary.BigEndian.Uint32(header[12:]); digits > digitsMax {
		return nil, fmt.Errorf("it has %d digits of precision, of which at most %d are read", digits, digitsMax)
	}
	return hdrhistogram.Decode([]byte(encoded))
}

// names returns the histograms that r has anything in, in the order in which they are shown.
func (r *Result) names() []string {
	var names []string
	for _, name := range latencyNames {
		if l, ok := r.LatencyMs[name]; ok && l.Count > 0 {
			names = append(names, name)
		}
	}
	return names
}

// main is the histogram that stands for the run where only one can; "" where there is none. How long connections took to
// open stands only for runs that are about that: elsewhere it would pass for an answer.
func (r *Result) main() string {
	order := []string{HistResponse, HistService}
	switch r.Scenario {
	case Watch:
		order = []string{HistEvent}
	case Connect, Idle:
		order = []string{HistService, HistSignIn}
	}
	for _, name := range order {
		if r.LatencyMs[name].Count > 0 {
			return name
		}
	}
	return ""
}

// about returns the histograms of what the scenario is about: all, but for how connections were opened before it began.
func (r *Result) about() []string {
	return slices.DeleteFunc(r.names(), func(name string) bool {
		return r.Scenario != Connect && r.Scenario != Idle && (name == HistTLS || name == HistChannel || name == HistSignIn)
	})
}

// errors is how many operations failed, of all codes.
func (r *Result) errors() uint64 {
	var sum uint64
	for _, n := range r.Errors {
		sum += n
	}
	return sum
}
