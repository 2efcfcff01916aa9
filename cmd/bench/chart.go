package main

import (
	"fmt"
	"html"
	"io"
	"math"
	"os"
	"slices"
	"strings"
)

// line is one curve of a chart: y by number of clients.
type line struct {
	name   string
	dashed bool // a floor
	points map[int]float64
}

// charts draws throughput and p99 over the number of clients, as far as they were measured, into one SVG file.
func (r *report) charts(path string) error {
	var through, slow []line
	for _, x := range r.Results {
		if x.Rate > 0 || x.Scenario != "orders" && x.Scenario != "hot" && x.Scenario != "floor" {
			continue
		}
		name := x.Scenario + ": " + x.Case
		through = addPoint(through, name, x.Scenario == "floor", x.Buyers, x.PerSecond)
		slow = addPoint(slow, name, x.Scenario == "floor", x.Buyers, x.P99)
	}
	if len(through) == 0 {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("draw chart: %w", err)
	}
	fmt.Fprintf(f, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12">`+"\n", 2*chartWidth, chartHeight)
	fmt.Fprintf(f, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", 2*chartWidth, chartHeight)
	draw(f, 0, "done per second", through)
	draw(f, chartWidth, "p99, milliseconds", slow)
	fmt.Fprintln(f, "</svg>")
	if err := f.Close(); err != nil {
		return fmt.Errorf("draw chart: %w", err)
	}
	return nil
}

func addPoint(lines []line, name string, dashed bool, x int, y float64) []line {
	i := slices.IndexFunc(lines, func(l line) bool { return l.name == name })
	if i < 0 {
		lines, i = append(lines, line{name: name, dashed: dashed, points: map[int]float64{}}), len(lines)
	}
	lines[i].points[x] = y
	return lines
}

const (
	chartWidth, chartHeight = 640, 420
	marginLeft, marginRight = 64, 16
	marginTop, marginBottom = 40, 110
)

var colours = []string{"#7a4b00", "#1f6f4a", "#8a1c3b", "#2b4c8c", "#6b5b95", "#00707a", "#a0522d"}

// draw draws a chart with two logarithmic axes: clients and figures range over several powers of ten.
func draw(w io.Writer, offset int, title string, lines []line) {
	var xs []int
	low, high := math.Inf(1), 0.0
	for _, l := range lines {
		for x, y := range l.points {
			if y > 0 {
				xs, low, high = append(xs, x), min(low, y), max(high, y)
			}
		}
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	if len(xs) == 0 {
		return
	}
	first, last := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	if first == last {
		last++
	}
	px := func(x int) float64 {
		span := math.Log2(float64(xs[len(xs)-1])) - math.Log2(float64(xs[0]))
		if span == 0 {
			span = 1
		}
		return float64(offset+marginLeft) + (math.Log2(float64(x))-math.Log2(float64(xs[0])))/span*float64(chartWidth-marginLeft-marginRight)
	}
	py := func(y float64) float64 {
		return float64(chartHeight-marginBottom) - (math.Log10(y)-first)/(last-first)*float64(chartHeight-marginTop-marginBottom)
	}
	fmt.Fprintf(w, `<text x="%d" y="24" font-size="15">%s</text>`+"\n", offset+marginLeft, html.EscapeString(title))
	for p := first; p <= last; p++ {
		y := py(math.Pow(10, p))
		fmt.Fprintf(w, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			offset+marginLeft, y, offset+chartWidth-marginRight, offset+marginLeft-6, y+4, number(math.Pow(10, p)))
	}
	for _, x := range xs {
		fmt.Fprintf(w, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", px(x), chartHeight-marginBottom+18, x)
	}
	for i, l := range lines {
		colour, dash := colours[i%len(colours)], ""
		if l.dashed {
			dash = ` stroke-dasharray="5 4"`
		}
		var path strings.Builder
		for _, x := range xs {
			if y := l.points[x]; y > 0 {
				command := "L"
				if path.Len() == 0 {
					command = "M"
				}
				fmt.Fprintf(&path, "%s%.1f %.1f", command, px(x), py(y))
				fmt.Fprintf(w, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", px(x), py(y), colour)
			}
		}
		fmt.Fprintf(w, `<path d="%s" fill="none" stroke="%s" stroke-width="2"%s/>`+"\n", path.String(), colour, dash)
		x, y := offset+marginLeft+i%2*(chartWidth-marginLeft-marginRight)/2, chartHeight-marginBottom+44+i/2*18
		fmt.Fprintf(w, `<path d="M%d %dh20" stroke="%s" stroke-width="2"%s/><text x="%d" y="%d">%s</text>`+"\n",
			x, y-4, colour, dash, x+26, y, html.EscapeString(l.name))
	}
}
