package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// result is one measurement, in the units that it is printed in.
type result struct {
	Scenario string  `json:"scenario"`
	Case     string  `json:"case"`
	Buyers   int     `json:"buyers"`
	Rate     float64 `json:"asked_per_second,omitempty"` // open loop
	Seconds  float64 `json:"seconds"`
	Done     int64   `json:"done"`
	Refused  int64   `json:"refused"`
	Failed   int64   `json:"failed"`

	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_ms"`
	P95       float64 `json:"p95_ms"`
	P99       float64 `json:"p99_ms"`
	Max       float64 `json:"max_ms"`

	// Processor time by party, in cores.
	ServerCores    float64 `json:"server_cores"`
	PostgresCores  float64 `json:"postgres_cores"`
	GeneratorCores float64 `json:"generator_cores"`
	ServerMB       float64 `json:"server_mb,omitempty"`
	PostgresMB     float64 `json:"postgres_mb,omitempty"`

	// OfFloor is PerSecond as a ratio to each floor that was measured at as many clients in the same run.
	OfFloor map[string]float64 `json:"of_floor,omitempty"`
	Note    string             `json:"note,omitempty"`
}

func resultOf(scenario, name string, p phase, f *figures, cpu usage, mem memory) result {
	r := result{
		Scenario: scenario, Case: name, Buyers: p.workers, Rate: p.rate, Seconds: f.seconds,
		Done: f.done, Refused: f.refused, Failed: f.failed, PerSecond: f.perSecond(),
		P50: millis(f.latency, 50), P95: millis(f.latency, 95), P99: millis(f.latency, 99), Max: millis(f.latency, 100),
		ServerMB: megabytes(mem.server), PostgresMB: megabytes(mem.postgres),
	}
	if took := f.measuredTil.Sub(f.startedAt).Seconds(); took > 0 {
		r.ServerCores, r.PostgresCores, r.GeneratorCores = cpu.server.Seconds()/took, cpu.postgres.Seconds()/took, cpu.generator.Seconds()/took
	}
	if f.firstError != nil {
		r.Note = "first failure: " + f.firstError.Error()
	}
	return r
}

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// floors are bare SQL's figures by case and number of clients.
type floors map[string]map[int]float64

func (f floors) set(name string, clients int, perSecond float64) {
	if f[name] == nil {
		f[name] = map[int]float64{}
	}
	f[name][clients] = perSecond
}

// ratios compares a figure with each floor at as many clients, or with the floor's only one.
func (f floors) ratios(clients int, perSecond float64) map[string]float64 {
	of := map[string]float64{}
	for name, by := range f {
		base, ok := by[clients]
		if !ok && len(by) == 1 {
			for _, base = range by {
				ok = true
			}
		}
		if ok && base > 0 {
			of[name] = perSecond / base
		}
	}
	if len(of) == 0 {
		return nil
	}
	return of
}

// target is a figure to reach, and the measured one.
type target struct {
	Name    string  `json:"name"`
	Want    string  `json:"want"`
	Got     float64 `json:"got"`
	Unit    string  `json:"unit"`
	Reached bool    `json:"reached"`
}

// check is a `banmuyuan verify` after a scenario.
type check struct {
	After  string  `json:"after"`
	Passed bool    `json:"passed"`
	Took   float64 `json:"seconds"`
	Report string  `json:"report"`
}

// report is everything a run has found; it is written as JSON and read again to compare runs.
type report struct {
	Began   time.Time         `json:"began"`
	Version string            `json:"version"`
	Quick   bool              `json:"quick"`
	Machine map[string]string `json:"machine"`
	Results []result          `json:"results"`
	Single  []measured        `json:"single"`
	Targets []target          `json:"targets"`
	Checks  []check           `json:"checks"`
}

// measured is one number with a name: a start, a size, a duration.
type measured struct {
	Scenario string  `json:"scenario"`
	Name     string  `json:"name"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
	Note     string  `json:"note,omitempty"`
}

func (r *report) find(scenario, name string, buyers int) *result {
	for i := range r.Results {
		if x := &r.Results[i]; x.Scenario == scenario && x.Case == name && x.Buyers == buyers && x.Rate == 0 {
			return x
		}
	}
	return nil
}

func (r *report) single(scenario, name string) (float64, bool) {
	for _, m := range r.Single {
		if m.Scenario == scenario && m.Name == name {
			return m.Value, true
		}
	}
	return 0, false
}

func (r *report) save(path string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func loadReport(path string) (*report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	r := &report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("read report %s: %w", path, err)
	}
	return r, nil
}

// weigh holds the measured figures against the targets: a target without a run of its scenario is left out.
func (r *report) weigh() {
	r.Targets = nil
	add := func(name, unit string, got, want float64, atLeast bool) {
		word := "at least"
		ok := got >= want
		if !atLeast {
			word, ok = "at most", got <= want
		}
		r.Targets = append(r.Targets, target{Name: name, Want: fmt.Sprintf("%s %s", word, number(want)), Got: got, Unit: unit, Reached: ok})
	}
	const at = 128
	if x := r.find("orders", "spread", at); x != nil {
		add("durable orders over HTTP, 128 buyers", "orders/s", x.PerSecond, 5000, true)
		if h := r.find("hot", "one presale", at); h != nil && x.PerSecond > 0 {
			add("one hot presale against spread, 128 buyers", "×", h.PerSecond/x.PerSecond, 0.9, true)
		}
	}
	if h := r.find("hot", "one presale", at); h != nil {
		add("p99 on one hot presale, 128 buyers", "ms", h.P99, 100, false)
		if of, ok := h.OfFloor[floorHot]; ok {
			add("hot intake against bare SQL on a hot row, 128 clients", "×", of, 5, true)
		}
	}
	if x := r.find("orders", "whole path", at); x != nil {
		add("whole path of a buyer, 128 buyers", "orders/s", x.PerSecond, 1000, true)
	}
	if v, ok := r.single("sellout", "accepted beyond 500"); ok {
		add("accepted beyond the 500 units there were", "orders", v, 0, false)
	}
	if v, ok := r.single("contract", "88,120 geese"); ok {
		add("88,120 geese in one order", "ms", v, 150, false)
	}
	if x := r.find("read", "list API", at); x != nil {
		add("catalogue list API, 128 clients", "requests/s", x.PerSecond, 8000, true)
	}
	if x := r.find("read", "detail API", at); x != nil {
		add("catalogue detail API, 128 clients", "requests/s", x.PerSecond, 10000, true)
	}
	for _, kind := range []string{"2 lines", "300 households"} {
		if v, ok := r.single("money", "postings of "+kind+" ÷ bare SQL"); ok {
			add("postings of "+kind+" against bare SQL", "×", v, 0.5, true)
		}
	}
	if v, ok := r.single("money", "payout batch of 11,187"); ok {
		add("payout batch of 11,187, from payable to file", "s", v, 2, false)
	}
	if v, ok := r.single("growth", "orders/s at the first size ÷ orders/s at the last"); ok {
		add("cost of the earlier orders", "×", v, 1.25, false)
	}
	if v, ok := r.single("start", "idle memory"); ok {
		add("memory when idle, PostgreSQL included", "MB", v, 150, false)
	}
	if v, ok := r.single("start", "warm start to ready"); ok {
		add("warm start", "s", v, 2, false)
	}
}
