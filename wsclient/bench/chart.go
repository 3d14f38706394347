package bench

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

const (
	// pointsShown is how many points a line over time has at most: more are narrower than what draws them.
	pointsShown = 150
	// labelGap keeps labels at the ends of lines apart, in pixels.
	labelGap = 14.0
)

// A chart is one picture, drawn for a wide place and for a narrow one: an SVG that is merely scaled has letters that nobody
// can read on a phone.
type chart struct {
	ID, Title, Desc string
	Unit            string // of the y axis
	Note            string
	Wide, Narrow    drawing
}

// A drawing is a chart in pixels. Its strings are numbers that this package made.
type drawing struct {
	Width, Height            int
	Left, Right, Top, Bottom string // the plot's edges
	Tall                     string // from Top to Bottom
	Y, X                     []tick
	Areas, Lines             []path
	Labels                   []label
	Dots                     []dot
	Errors                   []dot
	Bands                    []band
}

type (
	tick  struct{ At, Text string }
	path  struct{ Class, D string }
	label struct{ Class, X, Y, Text string }
	dot   struct{ Class, X, Y, Title string }
	band  struct{ X, Width, Title string }
)

// px writes a coordinate to a tenth of a pixel.
func px(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// An axis maps values to pixels.
type axis struct {
	low, high float64 // values
	from, to  float64 // pixels
	log       bool
}

func (a axis) at(v float64) float64 {
	low, high := a.low, a.high
	if a.log {
		v, low, high = math.Log10(max(v, a.low)), math.Log10(low), math.Log10(high)
	}
	return a.from + (v-low)/(high-low)*(a.to-a.from)
}

// linearAxis goes from 0 to the round number over highest, in at most five steps.
func linearAxis(highest, from, to float64) (axis, []float64) {
	if highest <= 0 {
		highest = 1
	}
	step := niceStep(highest / 5)
	top := math.Ceil(highest/step-1e-9) * step
	var steps []float64
	for i := 0; float64(i)*step <= top*1.0001; i++ {
		steps = append(steps, float64(i)*step)
	}
	return axis{low: 0, high: top, from: from, to: to}, steps
}

// niceStep is the next of 1, 2, 2.5, 5, 10 ... from v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)+1e-9))
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if v <= m*power*1.0001 {
			return m * power
		}
	}
	return 10 * power
}

// logAxis holds lowest and highest; its steps are 1, 2, 5 ... or, over more than three decades, powers of ten.
func logAxis(lowest, highest, from, to float64) (axis, []float64) {
	if lowest <= 0 {
		lowest = 0.001
	}
	highest = max(highest, lowest*1.01)
	multiples := []float64{1, 2, 5}
	if math.Log10(highest/lowest) > 2.2 {
		multiples = []float64{1}
	}
	var all []float64
	for power := math.Floor(math.Log10(lowest)); power <= math.Ceil(math.Log10(highest)); power++ {
		for _, m := range multiples {
			all = append(all, m*math.Pow(10, power))
		}
	}
	first, last := 0, len(all)-1
	for first+1 < len(all) && all[first+1] <= lowest*1.0001 {
		first++
	}
	for last > first+1 && all[last-1] >= highest*0.9999 {
		last--
	}
	steps := all[first : last+1]
	return axis{low: steps[0], high: steps[len(steps)-1], from: from, to: to, log: true}, steps
}

// timeSteps are round times up to seconds.
func timeSteps(seconds float64, most int) []float64 {
	for _, step := range []float64{0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400} {
		if seconds/step <= float64(most) {
			var steps []float64
			for i := 0; float64(i)*step <= seconds*1.0001; i++ {
				steps = append(steps, float64(i)*step)
			}
			return steps
		}
	}
	return []float64{0, seconds}
}

// timeText writes a time on an axis.
func timeText(seconds float64) string {
	if seconds >= 120 && math.Mod(seconds, 60) == 0 {
		return strconv.Itoa(int(seconds/60)) + " min"
	}
	return strconv.FormatFloat(seconds, 'f', -1, 64) + " s"
}

// axisText writes a figure on an axis: 0.05, 5, 1,000, 40k, 1.5M.
func axisText(v float64) string {
	unit := ""
	switch {
	case v >= 1e6:
		v, unit = v/1e6, "M"
	case v >= 1e4:
		v, unit = v/1e3, "k"
	case v >= 1e3 && v == math.Trunc(v):
		return grouped(int64(v))
	}
	return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64) + unit
}

// A line of a chart over time; NaN is a gap.
type trace struct {
	class  string // of the stroke and of its label
	name   string // at its end
	area   bool
	dots   bool
	values []float64
}

// A timeChart is lines over the seconds of a run.
type timeChart struct {
	id, title, desc, unit, note string
	log                         bool
	atLeast                     float64 // what the y axis goes up to at least
	times                       []float64
	traces                      []trace
	errors                      []uint64
	say                         func(v float64) string
}

// any reports whether there is anything but zeros to show.
func (t timeChart) any() bool {
	for _, tr := range t.traces {
		for _, v := range tr.values {
			if v > 0 {
				return true
			}
		}
	}
	return false
}

// draw makes the chart; a band for each moment says its figures.
func (t timeChart) draw() chart {
	return chart{ID: t.id, Title: t.title, Desc: t.desc, Unit: t.unit, Note: t.note,
		Wide: t.drawing(500, 250, true), Narrow: t.drawing(330, 220, false)}
}

// range of everything shown.
func (t timeChart) extent() (low, high float64) {
	low, high = math.Inf(1), t.atLeast
	for _, tr := range t.traces {
		for _, v := range tr.values {
			if !math.IsNaN(v) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	return low, high
}

func (t timeChart) drawing(width, height int, bands bool) drawing {
	top, bottom := 12.0, float64(height)-26
	low, high := t.extent()
	y, steps := linearAxis(high, bottom, top)
	if t.log {
		y, steps = logAxis(low, high, bottom, top)
	}
	left := 8.0
	for _, s := range steps {
		left = max(left, 10+6.6*float64(len(axisText(s))))
	}
	right := float64(width) - 10
	for _, tr := range t.traces {
		right = min(right, float64(width)-14-6.8*float64(len(tr.name)))
	}
	last := t.times[len(t.times)-1]
	x := axis{low: 0, high: last, from: left, to: right}

	d := drawing{Width: width, Height: height, Left: px(left), Right: px(right), Top: px(top), Bottom: px(bottom), Tall: px(bottom - top)}
	for _, s := range steps {
		d.Y = append(d.Y, tick{px(y.at(s)), axisText(s)})
	}
	for _, s := range timeSteps(last, (int(right)-int(left))/52) {
		d.X = append(d.X, tick{px(x.at(s)), timeText(s)})
	}
	for _, tr := range t.traces {
		t.draft(&d, tr, x, y)
	}
	d.Labels = apart(d.Labels, top, bottom)
	for i, n := range t.errors {
		if n > 0 {
			d.Errors = append(d.Errors, dot{X: px(x.at(t.middle(i))), Y: px(bottom), Title: plural(n, "error")})
		}
	}
	if bands {
		d.Bands = t.bands(x)
	}
	return d
}

// middle is where the i-th moment stands on the time axis: a figure is of the time since the moment before.
func (t timeChart) middle(i int) float64 {
	if i == 0 {
		return t.times[0] / 2
	}
	return (t.times[i-1] + t.times[i]) / 2
}

func (t timeChart) draft(d *drawing, tr trace, x, y axis) {
	var line strings.Builder
	move, lastX, lastY := true, 0.0, math.NaN()
	firstX := math.NaN()
	for i, v := range tr.values {
		if math.IsNaN(v) {
			move = true
			continue
		}
		cx, cy := x.at(t.middle(i)), y.at(v)
		if tr.dots {
			d.Dots = append(d.Dots, dot{Class: tr.class, X: px(cx), Y: px(cy)})
		}
		if move {
			line.WriteString("M")
		} else {
			line.WriteString("L")
		}
		if math.IsNaN(firstX) {
			firstX = cx
		}
		line.WriteString(px(cx) + " " + px(cy))
		move, lastX, lastY = false, cx, cy
	}
	if math.IsNaN(lastY) {
		return
	}
	if tr.area {
		d.Areas = append(d.Areas, path{tr.class, line.String() + "L" + px(lastX) + " " + d.Bottom + "L" + px(firstX) + " " + d.Bottom + "Z"})
	}
	if !tr.dots {
		d.Lines = append(d.Lines, path{tr.class, line.String()})
	}
	if tr.name != "" {
		d.Labels = append(d.Labels, label{tr.class, px(x.to + 8), px(lastY), tr.name})
	}
}

func (t timeChart) bands(x axis) []band {
	var bands []band
	before := 0.0
	for i, at := range t.times {
		says := make([]string, 0, len(t.traces)+2)
		says = append(says, "to "+timeText(math.Round(at*10)/10))
		for _, tr := range t.traces {
			if v := tr.values[i]; !math.IsNaN(v) {
				says = append(says, strings.TrimSpace(tr.name+" "+t.say(v)))
			}
		}
		if t.errors != nil && t.errors[i] > 0 {
			says = append(says, plural(t.errors[i], "error"))
		}
		bands = append(bands, band{px(x.at(before)), px(x.at(at) - x.at(before)), strings.Join(says, ", ")})
		before = at
	}
	return bands
}

// apart moves labels from one another, and keeps their order.
func apart(labels []label, top, bottom float64) []label {
	type place struct {
		label
		y float64
	}
	places := make([]place, len(labels))
	for i, l := range labels {
		y, _ := strconv.ParseFloat(l.Y, 64) // px wrote it
		places[i] = place{l, y}
	}
	slices.SortStableFunc(places, func(a, b place) int {
		switch {
		case a.y < b.y:
			return -1
		case a.y > b.y:
			return 1
		}
		return 0
	})
	for i := range places {
		low := top
		if i > 0 {
			low = places[i-1].y + labelGap
		}
		places[i].y = max(places[i].y, low)
	}
	for i := len(places) - 1; i >= 0; i-- {
		high := bottom
		if i < len(places)-1 {
			high = places[i+1].y - labelGap
		}
		places[i].y = min(places[i].y, high)
	}
	out := make([]label, len(places))
	for i, p := range places {
		p.Y = px(p.y)
		out[i] = p.label
	}
	return out
}

// percentileChart has how late how many were: percentiles on an axis of nines, on which each step to the right leaves a tenth
// of the operations.
func percentileChart(r *Result) (chart, bool) {
	var curves []curve
	for i, name := range r.about() {
		if h := r.histograms[name]; h != nil && h.TotalCount() > 0 {
			c := curve{class: "c" + strconv.Itoa(i+1), name: latencyTitles[name]}
			total := math.Log10(float64(h.TotalCount()))
			for _, b := range h.CumulativeDistributionWithTicks(8) {
				if b.Quantile < 10 && h.TotalCount() > 10 { // the few fastest would take half of the height
					continue
				}
				nines := total
				if b.Quantile < 100 {
					nines = min(total, -math.Log10(1-b.Quantile/100))
				}
				c.nines = append(c.nines, nines)
				c.ms = append(c.ms, float64(max(b.ValueAt, 1))/1000)
			}
			curves = append(curves, c)
		}
	}
	if len(curves) == 0 {
		return chart{}, false
	}
	c := chart{ID: "percentiles", Title: "Percentiles", Unit: "ms, logarithmic",
		Desc: "Latency by percentile, on an axis on which each step to the right leaves a tenth of the operations: " + percentileSentence(r),
		Wide: percentileDrawing(curves, 500, 250), Narrow: percentileDrawing(curves, 330, 220)}
	return c, true
}

type curve struct {
	class, name string
	nines, ms   []float64
}

func percentileSentence(r *Result) string {
	var parts []string
	for _, name := range r.about() {
		l := r.LatencyMs[name]
		parts = append(parts, fmt.Sprintf("%s p50 %s ms, p99 %s ms, p99.9 %s ms, max %s ms", latencyTitles[name], short(l.P50),
			short(l.P99), short(l.P999), short(l.Max)))
	}
	return strings.Join(parts, "; ") + "."
}

func percentileDrawing(curves []curve, width, height int) drawing {
	top, bottom := 12.0, float64(height)-26
	low, high, most := math.Inf(1), 0.0, 1.0
	for _, c := range curves {
		low, high, most = min(low, slices.Min(c.ms)), max(high, slices.Max(c.ms)), max(most, slices.Max(c.nines))
	}
	y, steps := logAxis(low, high, bottom, top)
	left := 8.0
	for _, s := range steps {
		left = max(left, 10+6.6*float64(len(axisText(s))))
	}
	right := float64(width) - 10
	for _, c := range curves {
		right = min(right, float64(width)-16-6.8*float64(len(c.name)))
	}
	x := axis{low: 0, high: most, from: left, to: right}
	d := drawing{Width: width, Height: height, Left: px(left), Right: px(right), Top: px(top), Bottom: px(bottom), Tall: px(bottom - top)}
	for _, s := range steps {
		d.Y = append(d.Y, tick{px(y.at(s)), axisText(s)})
	}
	d.X = append(d.X, tick{px(x.at(math.Log10(2))), "50%"})
	free := x.at(math.Log10(2)) + 20
	for n, text := range []string{"90%", "99%", "99.9%", "99.99%", "99.999%", "99.9999%", "99.99999%"} {
		at, half := x.at(float64(n+1)), 3.6*float64(len(text))
		if float64(n+1) <= most && at-half > free+6 {
			d.X = append(d.X, tick{px(at), text})
			free = at + half
		}
	}
	for _, c := range curves {
		var line strings.Builder
		for i := range c.nines {
			if i == 0 {
				line.WriteString("M")
			} else {
				line.WriteString("L")
			}
			line.WriteString(px(x.at(c.nines[i])) + " " + px(y.at(c.ms[i])))
		}
		end := len(c.nines) - 1
		d.Lines = append(d.Lines, path{c.class, line.String()})
		d.Dots = append(d.Dots, dot{c.class, px(x.at(c.nines[end])), px(y.at(c.ms[end])), c.name + ", max " + short(c.ms[end]) + " ms"})
		d.Labels = append(d.Labels, label{c.class, px(right + 10), px(y.at(c.ms[end])), c.name})
	}
	d.Labels = apart(d.Labels, top, bottom)
	return d
}
