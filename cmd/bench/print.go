package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// number writes a figure with three digits that count, and thousands apart.
func number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case a == math.Trunc(a) && a < 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	digits := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// print writes the report as tables; before, if not nil, is an earlier run to compare with.
func (r *report) print(w io.Writer, before *report) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")+"\t") }
	if len(r.Results) > 0 {
		fmt.Fprintln(w)
		row("", "clients", "done/s", "p50 ms", "p95 ms", "p99 ms", "refused", "failed", "server", "postgres", "generator", "MB", "of floor", "before")
		for _, x := range r.Results {
			name := x.Scenario + ": " + x.Case
			if x.Rate > 0 {
				name += fmt.Sprintf(" (open, %s/s asked)", number(x.Rate))
			}
			row(name, strconv.Itoa(x.Buyers), number(x.PerSecond), number(x.P50), number(x.P95), number(x.P99),
				number(float64(x.Refused)), number(float64(x.Failed)),
				cores(x.ServerCores), cores(x.PostgresCores), cores(x.GeneratorCores), number(math.Round(x.ServerMB+x.PostgresMB)),
				ofFloor(x.OfFloor), against(before, x))
		}
		_ = t.Flush() // the terminal is gone: nobody reads on
		for _, x := range r.Results {
			if x.Note != "" {
				fmt.Fprintf(w, "  %s: %s, %d clients: %s\n", x.Scenario, x.Case, x.Buyers, x.Note)
			}
		}
		fmt.Fprintln(w, "\nserver, postgres, generator: cores used. of floor: done/s as a ratio to bare SQL (spread / one hot row / batched).")
	}
	if len(r.Single) > 0 {
		fmt.Fprintln(w)
		row("", "value", "")
		for _, m := range r.Single {
			row(m.Scenario+": "+m.Name, number(m.Value)+" "+m.Unit, m.Note)
		}
		_ = t.Flush()
	}
	if len(r.Targets) > 0 {
		fmt.Fprintln(w)
		row("what to reach", "want", "got", "")
		for _, x := range r.Targets {
			word := "reached"
			if !x.Reached {
				word = "NOT REACHED"
			}
			row(x.Name, x.Want, number(x.Got)+" "+x.Unit, word)
		}
		_ = t.Flush()
	}
	fmt.Fprintln(w)
	for _, c := range r.Checks {
		word := "everything holds"
		if !c.Passed {
			word = "FAILED: " + c.Report
		}
		fmt.Fprintf(w, "banmuyuan verify after %s (%ss): %s\n", c.After, number(c.Took), word)
	}
}

func cores(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

func ofFloor(of map[string]float64) string {
	var parts []string
	for _, name := range []string{floorSpread, floorHot, floorBatched} {
		if v, ok := of[name]; ok {
			parts = append(parts, number(v))
		} else {
			parts = append(parts, "–")
		}
	}
	if len(of) == 0 {
		return ""
	}
	return strings.Join(parts, " / ")
}

// against is how much of an earlier run's throughput this is.
func against(before *report, x result) string {
	if before == nil {
		return ""
	}
	i := slices.IndexFunc(before.Results, func(b result) bool {
		return b.Scenario == x.Scenario && b.Case == x.Case && b.Buyers == x.Buyers && b.Rate == x.Rate
	})
	if i < 0 || before.Results[i].PerSecond == 0 {
		return ""
	}
	return number(x.PerSecond/before.Results[i].PerSecond) + "×"
}
