package main

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// drawings returns the plots by their names.
func drawings(r results) map[string]string {
	all := map[string]*plot{
		"concurrency": {
			title: "Calls a second over TLS to a server 2 ms away", x: "callers at once", y: "calls/s",
			lines: []curve{
				r.curve("client of Get", "Concurrency/transport=tls/callers=%s/by=get", "callers", "calls/s", 1),
				r.curve("SDK's default client", "Concurrency/transport=tls/callers=%s/by=sdk", "callers", "calls/s", 1),
			},
		},
		"connections": {
			title: "Connections opened by callers at once over TLS", x: "callers at once", y: "connections",
			lines: []curve{
				r.curve("client of Get", "Concurrency/transport=tls/callers=%s/by=get", "callers", "connections", 1),
				r.curve("SDK's default client", "Concurrency/transport=tls/callers=%s/by=sdk", "callers", "connections", 1),
			},
		},
		"growth": {
			title: "The embedded engine as its tables grow", x: "items stored", y: "µs of processor time",
			lines: []curve{
				r.curve("get", "Growth/operation=GetItem/items=%s", "items", "cpu-ns/op", microsecond),
				r.curve("query of 100 items", "Growth/operation=Query/items=%s", "items", "cpu-ns/op", microsecond),
			},
		},
		"delete-memory": {
			title: "Keys that a delete holds at most", x: "items of the user", y: "keys",
			lines: []curve{r.curve("keys held", "DeleteMemory/items=%s", "items", "keys-held", 1)},
		},
	}
	drawn := map[string]string{}
	for name, p := range all {
		if p.isDrawable() {
			drawn[name] = p.svg()
		}
	}
	return drawn
}

// curve is a line of a plot.
type curve struct {
	name   string
	points []point
}

type point struct{ x, y float64 }

// curve is what the benchmarks measured whose names have a number in the place of %s.
func (r results) curve(name, pattern, part, unit string, scale float64) curve {
	c := curve{name: name}
	prefix, _, _ := strings.Cut(pattern, "%s")
	for _, number := range r.names(prefix[:strings.LastIndex(prefix, "/")+1], part) {
		x, err := strconv.ParseFloat(number, 64)
		f := r.median(strings.Replace(pattern, "%s", number, 1), unit)
		if err == nil && f.exists {
			c.points = append(c.points, point{x, f.value / scale})
		}
	}
	return c
}

// plot has logarithmic axes.
type plot struct {
	title, x, y string
	lines       []curve
}

func (p *plot) isDrawable() bool {
	for _, line := range p.lines {
		if len(line.points) < 2 {
			return false
		}
	}
	return len(p.lines) > 0
}

// The measures of a plot in pixels.
const (
	width, height      = 640, 360
	left, right        = 80, 620
	top, bottom        = 50, 300
	background, pencil = "#ffffff", "#333333"
)

var colours = []string{"#0b6e99", "#d9730d", "#4d6461"}

// axis is a logarithmic scale between two powers of ten.
type axis struct{ low, high float64 }

func (p *plot) axes() (x, y axis) {
	x, y = axis{math.Inf(1), math.Inf(-1)}, axis{math.Inf(1), math.Inf(-1)}
	for _, line := range p.lines {
		for _, at := range line.points {
			x.include(at.x)
			y.include(at.y)
		}
	}
	return x, y
}

func (a *axis) include(value float64) {
	exponent := math.Log10(value)
	a.low = min(a.low, math.Floor(exponent))
	a.high = max(a.high, math.Ceil(exponent), a.low+1)
}

// at is where between two pixels a value lies.
func (a axis) at(value, from, to float64) float64 {
	return from + (to-from)*(math.Log10(value)-a.low)/(a.high-a.low)
}

func (p *plot) svg() string {
	var out strings.Builder
	draw := func(format string, arguments ...any) { _, _ = fmt.Fprintf(&out, format+"\n", arguments...) }
	text := func(x, y float64, anchor, words string) {
		draw(`<text x="%.0f" y="%.0f" text-anchor="%s">%s</text>`, x, y, anchor, html.EscapeString(words))
	}
	draw(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" fill="%s">`, width, height, pencil)
	draw(`<rect width="%d" height="%d" fill="%s"/>`, width, height, background)
	draw(`<text x="%d" y="24" font-size="15">%s</text>`, left, html.EscapeString(p.title))
	x, y := p.axes()
	for exponent := x.low; exponent <= x.high; exponent++ {
		at := x.at(math.Pow(10, exponent), left, right)
		draw(`<path d="M%.1f %d V%d" stroke="#dddddd"/>`, at, top, bottom)
		text(at, bottom+16, "middle", thousands(exponent))
	}
	for exponent := y.low; exponent <= y.high; exponent++ {
		at := y.at(math.Pow(10, exponent), bottom, top)
		draw(`<path d="M%d %.1f H%d" stroke="#dddddd"/>`, left, at, right)
		text(left-6, at+4, "end", thousands(exponent))
	}
	text((left+right)/2, bottom+34, "middle", p.x)
	text(left, top-8, "middle", p.y)
	for i, line := range p.lines {
		colour := colours[i%len(colours)]
		var path []string
		for _, at := range line.points {
			atX, atY := x.at(at.x, left, right), y.at(at.y, bottom, top)
			path = append(path, fmt.Sprintf("%.1f,%.1f", atX, atY))
			draw(`<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`, atX, atY, colour)
		}
		draw(`<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`, strings.Join(path, " "), colour)
		draw(`<rect x="%d" y="%d" width="12" height="4" fill="%s"/>`, left+i*200, bottom+46, colour)
		text(float64(left+i*200+18), bottom+52, "start", line.name)
	}
	draw(`</svg>`)
	return out.String()
}

// thousands prints a power of ten.
func thousands(exponent float64) string {
	if exponent < 0 {
		return strconv.FormatFloat(math.Pow(10, exponent), 'f', int(-exponent), 64)
	}
	digits := strconv.FormatFloat(math.Pow(10, exponent), 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
