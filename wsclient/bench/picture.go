package bench

import (
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strings"
)

//go:embed picture.svg
var pictureText string

// The same escaping as the report's: what it writes as entities are numbers, which XML knows as well as HTML.
var pictureFile = template.Must(template.New("picture").Parse(pictureText))

const (
	pictureWidth  = 760
	pictureMargin = 24
	plotGap       = 28
	plotWidth     = (pictureWidth - 2*pictureMargin - plotGap) / 2
	plotHeight    = 200
)

// WritePicture writes one SVG for a README: the headline, and throughput and latency over time (for idle: connections and
// memory). It brings its own ground, and follows the reader's theme.
func WritePicture(w io.Writer, r *Result) error {
	return pictureFile.Execute(w, newPicture(r))
}

type picture struct {
	Width, Height, InnerWidth, InnerHeight, Edge, Rule int
	Figure, Words, Desc                                string
	Values                                             []pictureValue
	Check, CheckClass, Errors                          string
	Plots                                              []picturePlot
	Foot                                               []footLine
}

type (
	pictureValue struct {
		X                 int
		Name, Value, Unit string
	}
	picturePlot struct {
		X           int
		Title, Unit string
		Drawing     drawing
	}
	footLine struct {
		Y    int
		Text string
	}
)

func newPicture(r *Result) picture {
	p := picture{Width: pictureWidth, Height: 390, Edge: pictureWidth - pictureMargin, Rule: 336}
	p.InnerWidth, p.InnerHeight = p.Width-1, p.Height-1
	p.Figure, p.Words = headline(r)
	p.values(r)
	check := moneyPill(r)
	p.Check, p.CheckClass = clip(check.Text, 60), map[string]string{"good": "good", "bad": "bad"}[check.Class]
	if n := r.errors(); n > 0 {
		p.Errors = plural(n, "error")
	}
	p.plots(r)
	p.Desc = p.Figure + " " + p.Words + ". " + percentileSentence(r) + " " + p.Check + ", " + plural(r.errors(), "error") + "."
	m := r.Machine
	about := title(r.Scenario) + ": " + shape(r) + ", " + lasting(r.DurationS)
	where := []string{m.CPU, plural(uint64(m.Cores), "core") + " for bank and tester together", r.Started.UTC().Format("2 January 2006"), m.Commit}
	if r.Bank == nil { // then it is elsewhere
		where[1] = plural(uint64(m.Cores), "core")
	}
	where = slices.DeleteFunc(where, func(s string) bool { return s == "" })
	p.Foot = []footLine{{356, clip(about, 120)}, {373, clip(strings.Join(where, ", "), 120)}}
	return p
}

// clip keeps a text from running out of the picture.
func clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

func (p *picture) values(r *Result) {
	list := tiles(r)
	list = list[:min(len(list), 4)]
	for i, t := range list {
		p.Values = append(p.Values, pictureValue{p.Edge - (len(list)-1-i)*112, t.Name, t.Value, t.Meaning})
	}
}

func (p *picture) plots(r *Result) {
	wanted := []string{"rate", r.main()}
	if r.Scenario == Idle {
		wanted = []string{"open", "memory"}
	}
	list, each := moments(r, pointsShown)
	all := timeCharts(r, list, each)
	for i, id := range wanted {
		at := slices.IndexFunc(all, func(t timeChart) bool { return t.id == id })
		if at >= 0 {
			p.Plots = append(p.Plots, picturePlot{pictureMargin + i*(plotWidth+plotGap), all[at].title, all[at].unit,
				all[at].drawing(plotWidth, plotHeight, false)})
		}
	}
}
