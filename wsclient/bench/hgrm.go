package bench

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// hgrmTicks is how many points a half of what is left to 100 % has: 5 is HdrHistogram's custom.
const hgrmTicks = 5

// WriteHGRM writes the percentiles of each histogram as HdrHistogram's tools and its plotter read them, in milliseconds, and
// returns the files' names. Such a file holds one histogram: where a run has more of them, x.hgrm becomes x.service.hgrm,
// x.event.hgrm and so on.
func WriteHGRM(path string, r *Result) (written []string, err error) {
	names := r.names()
	for _, name := range names {
		h := r.histograms[name]
		if h == nil {
			continue
		}
		file := path
		if len(names) > 1 {
			extension := filepath.Ext(path)
			file = strings.TrimSuffix(path, extension) + "." + name + extension
		}
		if err := writeHGRM(file, h); err != nil {
			return written, err
		}
		written = append(written, file)
	}
	return written, nil
}

func writeHGRM(path string, h *hdrhistogram.Histogram) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := h.PercentilesPrint(file, hgrmTicks, 1000); err != nil { // from microseconds to milliseconds
		file.Close()
		return err
	}
	return file.Close()
}
