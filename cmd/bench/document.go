package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// The lines of a document that enclose the latest report.
const (
	figuresBegin = "<!-- figures: written by make bench -->\n"
	figuresEnd   = "<!-- end of figures -->\n"
)

// document writes a report into a Markdown file, in the place of the one before.
func (r *report) document(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	head, rest, begins := strings.Cut(string(text), figuresBegin)
	_, tail, ends := strings.Cut(rest, figuresEnd)
	if !begins || !ends {
		return fmt.Errorf("write figures: %s has no place for them", path)
	}
	var b strings.Builder
	b.WriteString(head + figuresBegin)
	r.markdown(&b)
	b.WriteString(figuresEnd + tail)
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}

func (r *report) markdown(w io.Writer) {
	fmt.Fprintf(w, "\nMeasured on %s", r.Began.Format("2006-01-02"))
	for _, k := range slices.Sorted(maps.Keys(r.Machine)) {
		fmt.Fprintf(w, "; %s: %s", k, r.Machine[k])
	}
	if r.Quick {
		fmt.Fprint(w, "; short measurements (`-quick`)")
	}
	fmt.Fprintln(w, ".")
	row := func(cells ...string) { fmt.Fprintln(w, "| "+strings.Join(cells, " | ")+" |") }
	if len(r.Targets) > 0 {
		fmt.Fprintln(w)
		row("what to reach", "target", "measured", "")
		row("---", "---:", "---:", "---")
		for _, x := range r.Targets {
			word := "reached"
			if !x.Reached {
				word = "**not reached**"
			}
			row(x.Name, x.Want, number(x.Got)+" "+x.Unit, word)
		}
	}
	if len(r.Results) > 0 {
		fmt.Fprintln(w)
		row("", "clients", "a second", "p50 ms", "p95 ms", "p99 ms", "refused", "failed", "cores: server, PostgreSQL, generator", "CPU each, ms", "of the floors: spread, hot row, batched")
		row("---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:")
		for _, x := range r.Results {
			name := x.Scenario + ": " + x.Case
			if x.Rate > 0 {
				name += fmt.Sprintf(" (open loop, %s/s asked)", number(x.Rate))
			}
			row(name, fmt.Sprint(x.Buyers), number(x.PerSecond), number(x.P50), number(x.P95), number(x.P99), number(float64(x.Refused)), number(float64(x.Failed)),
				cores(x.ServerCores)+", "+cores(x.PostgresCores)+", "+cores(x.GeneratorCores), x.cpuEach(), ofFloor(x.OfFloor))
		}
	}
	if len(r.Single) > 0 {
		fmt.Fprintln(w)
		row("", "", "")
		row("---", "---:", "---")
		for _, m := range r.Single {
			row(m.Scenario+": "+m.Name, number(m.Value)+" "+m.Unit, m.Note)
		}
	}
	if len(r.Checks) > 0 {
		fmt.Fprintln(w)
		for _, c := range r.Checks {
			word := "everything holds"
			if !c.Passed {
				word = "**failed**"
			}
			fmt.Fprintf(w, "`banmuyuan verify` after %s (%s s): %s.  \n", c.After, number(c.Took), word)
		}
	}
	fmt.Fprintln(w)
}

// cpuEach is the processor time that the product and PostgreSQL took for one: beside other load it tells more than how
// many there were.
func (x result) cpuEach() string {
	if x.PerSecond == 0 {
		return ""
	}
	return number((x.ServerCores + x.PostgresCores) / x.PerSecond * 1000)
}
