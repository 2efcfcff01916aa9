package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestNumber(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		0: "0", 5: "5", 0.123: "0.12", 9.876: "9.88", 42.42: "42.4", 500: "500", 999.6: "1,000", 12345.6: "12,346", 1e6: "1,000,000", -1234.5: "-1,235",
	} {
		if got := number(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	if got := number(math.Inf(1)); got != "–" {
		t.Errorf("infinite: %s", got)
	}
}

// A document gets the figures in their place, twice as well as once, and keeps everything else.
func TestDocument(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "performance.md")
	if err := os.WriteFile(path, []byte("# Performance\n\n"+figuresBegin+"yesterday\n"+figuresEnd+"\n## Learned\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := &report{Machine: map[string]string{"cpu": "two cores"},
		Results: []result{{Scenario: "orders", Case: "spread", Buyers: 128, PerSecond: 5000, ServerCores: 1, PostgresCores: 0.5}},
		Checks:  []check{{After: "orders", Passed: true}}}
	r.weigh()
	for range 2 {
		if err := r.document(path); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Performance\n", "two cores", "| orders: spread | 128 | 5,000 |", "| 0.30 |", "everything holds", "\n## Learned\n"} {
		if strings.Count(string(text), want) != 1 {
			t.Errorf("%q is not there once in:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "yesterday") {
		t.Error("the earlier figures are still there")
	}
	if err := os.WriteFile(path, []byte("# Something else\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := r.document(path); err == nil {
		t.Error("a document without a place for figures is written")
	}
}

func TestStatCountsPastAnyName(t *testing.T) {
	t.Parallel()
	s, err := parseStat("4711 (a) b (c) S 12 4711 4711 0 -1 4194560 100 200 0 0 150 50 30 20 20 0 9 0 100 1 2 3")
	if err != nil {
		t.Fatal(err)
	}
	if want := (stat{parent: 12, own: 2 * time.Second, children: 500 * time.Millisecond}); s != want {
		t.Errorf("%+v, want %+v", s, want)
	}
	if _, err := parseStat("4711 (x) S 1"); err == nil {
		t.Error("a short line is taken")
	}
	if got := parsePSS([]byte("Rss: 2000 kB\nPss:            1500 kB\nPss_Dirty: 7 kB\n")); got != 1500<<10 {
		t.Errorf("PSS %d", got)
	}
}

func TestUsageOfThisProcess(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here")
	}
	before, err := used(os.Getpid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if before.server <= 0 && before.generator <= 0 {
		t.Errorf("nothing used: %+v", before)
	}
	if m := memoryOf(os.Getpid(), 0); m.server <= 0 {
		t.Errorf("no memory: %+v", m)
	}
}

func sample() *report {
	f := floors{}
	f.set(floorSpread, 128, 10_000)
	f.set(floorHot, 128, 1_000)
	f.set(floorBatched, 8, 50_000)
	r := &report{}
	for _, x := range []struct {
		scenario, name string
		buyers         int
		per, p99       float64
	}{{"orders", "spread", 1, 200, 6}, {"orders", "spread", 128, 6000, 30}, {"hot", "one presale", 128, 5100, 120}, {"floor", "spread", 128, 10_000, 20}} {
		one := result{Scenario: x.scenario, Case: x.name, Buyers: x.buyers, PerSecond: x.per, P99: x.p99}
		if x.scenario != "floor" {
			one.OfFloor = f.ratios(x.buyers, x.per)
		}
		r.Results = append(r.Results, one)
	}
	r.Single = []measured{{Scenario: "start", Name: "warm start to ready", Value: 1.2, Unit: "s"}}
	r.Checks = []check{{After: "orders", Passed: true, Report: "everything holds"}}
	return r
}

func TestRatiosTakeTheFloorOfAsManyClients(t *testing.T) {
	t.Parallel()
	r := sample()
	if got, want := r.find("hot", "one presale", 128).OfFloor, map[string]float64{floorSpread: 0.51, floorHot: 5.1, floorBatched: 0.102}; !reflect.DeepEqual(got, want) {
		t.Errorf("ratios %v, want %v", got, want)
	}
	f := floors{}
	f.set(floorHot, 32, 10)
	f.set(floorHot, 128, 10)
	if got := f.ratios(512, 100); got != nil {
		t.Errorf("compared with a floor of other clients: %v", got)
	}
}

func TestTargetsAreWeighed(t *testing.T) {
	t.Parallel()
	r := sample()
	r.weigh()
	got := map[string]bool{}
	for _, x := range r.Targets {
		got[x.Name] = x.Reached
	}
	want := map[string]bool{
		"durable orders over HTTP, 128 buyers":                  true,
		"one hot presale against spread, 128 buyers":            false,
		"p99 on one hot presale, 128 buyers":                    false,
		"hot intake against bare SQL on a hot row, 128 clients": true,
		"warm start": true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestReportIsPrintedKeptAndCompared(t *testing.T) {
	t.Parallel()
	r := sample()
	r.weigh()
	path := filepath.Join(t.TempDir(), "report.json")
	if err := r.save(path); err != nil {
		t.Fatal(err)
	}
	before, err := loadReport(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(before, r) {
		t.Errorf("read again it is %+v", before)
	}
	r.Results[1].PerSecond = 9000
	var out bytes.Buffer
	r.print(&out, before)
	for _, want := range []string{"9,000", "1.50×", "NOT REACHED", "0.60 / 6 / 0.12", "banmuyuan verify after orders", "everything holds"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, out.String())
		}
	}
}

func TestChartIsXMLWithEveryCurve(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "chart.svg")
	if err := sample().charts(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"orders: spread", "hot: one presale", "floor: spread", "stroke-dasharray"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("the chart has no %q", want)
		}
	}
	if bytes.Contains(text, []byte("NaN")) || bytes.Contains(text, []byte("Inf")) {
		t.Error("the chart has points nowhere")
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-quick", "-run", "hot,read"}, io.Discard)
	if err != nil || !reflect.DeepEqual(o.run, []string{"hot", "read"}) || !reflect.DeepEqual(o.levels, []int{1, 32, 128}) || o.length != 3*time.Second {
		t.Errorf("%+v %v", o, err)
	}
	for _, wrong := range [][]string{{"-run", "all"}, {"-buyers", "0"}, {"-earlier", "x"}, {"-time", "1h"}} {
		if _, err := parse(wrong, io.Discard); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}
