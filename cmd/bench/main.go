// Command bench measures the product: it starts the real binary with a private PostgreSQL and durable commits in a
// folder that it removes afterwards, loads the demo county, and places orders and reads pages over HTTP as logged-in
// buyers, with all checks on. Beside the orders it measures the floor: the same rows written by bare SQL on the same
// PostgreSQL in the same run.
//
// Invariants: load goes to the loopback address only and ends by itself; everything it starts ends with it;
// every order that was acknowledged is in the database afterwards, and `banmuyuan verify` passes after every scenario,
// or the run fails.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var scenarios = []struct {
	name, what string
	run        func(*bench, context.Context) error
}{
	{"start", "first and warm start, idle memory, loading the county", (*bench).benchStart},
	{"contract", "88,120 geese in one order, and a dry run of 881,200", (*bench).benchContract},
	{"sellout", "500 units, 20,000 attempts", (*bench).benchSellout},
	{"read", "catalogue, income page, county's totals", (*bench).benchRead},
	{"orders", "placing orders spread over the presales, and a buyer's whole path", (*bench).benchOrders},
	{"hot", "placing orders on one presale", (*bench).benchHot},
	{"money", "postings, webhooks and a payout batch of the whole county", (*bench).benchMoney},
	{"growth", "placing orders beside many earlier ones", (*bench).benchGrowth},
}

type options struct {
	bin, out, compare, dir string
	document               string
	run                    []string
	levels                 []int
	warmUp, length         time.Duration
	rate                   float64
	growth                 []int
	quick, keep            bool
	profile                bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	var o options
	var names []string
	for _, s := range scenarios {
		names = append(names, s.name)
	}
	run := f.String("run", strings.Join(names, ","), "scenarios, separated by commas")
	levels := f.String("buyers", "1,8,32,128,512", "numbers of buyers at once")
	growth := f.String("earlier", "10000,1000000", "numbers of earlier orders in growth; 5000000 takes some ten minutes and 6 GB more")
	f.StringVar(&o.bin, "bin", "bin/banmuyuan", "the product")
	f.StringVar(&o.out, "out", ".cache/bench", "folder for report.json and chart.svg")
	f.StringVar(&o.compare, "compare", "", "report.json of an earlier run to compare with")
	f.StringVar(&o.document, "doc", "", "Markdown file to write the figures into, e.g. docs/performance.md")
	f.StringVar(&o.dir, "dir", "", "folder to make the data folder in (default: the system's for temporary files)")
	f.DurationVar(&o.warmUp, "warmup", 3*time.Second, "warm-up of each measurement")
	f.DurationVar(&o.length, "time", 10*time.Second, "length of each measurement")
	f.Float64Var(&o.rate, "rate", 0, "orders a second in the open loop (default: half of what the closed loop reached)")
	f.BoolVar(&o.quick, "quick", false, "short: 1 s + 3 s, up to 128 buyers, 10,000 and 100,000 earlier orders")
	f.BoolVar(&o.keep, "keep", false, "keep the data folder")
	f.BoolVar(&o.profile, "profile", false, "write the product's CPU profile of each measurement into the output folder")
	f.Usage = func() {
		fmt.Fprintln(stderr, "Measures bin/banmuyuan on this machine. Scenarios:")
		for _, s := range scenarios {
			fmt.Fprintf(stderr, "  %-9s %s\n", s.name, s.what)
		}
		fmt.Fprintln(stderr, "Flags:")
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return o, err
	}
	set := map[string]bool{}
	f.Visit(func(f *flag.Flag) { set[f.Name] = true })
	if o.quick {
		if !set["warmup"] {
			o.warmUp = time.Second
		}
		if !set["time"] {
			o.length = 3 * time.Second
		}
		if !set["buyers"] {
			*levels = "1,32,128"
		}
		if !set["earlier"] {
			*growth = "10000,100000"
		}
	}
	o.run = strings.Split(*run, ",")
	for _, name := range o.run {
		if !slices.Contains(names, name) {
			return o, fmt.Errorf("there is no scenario %q: choose from %s", name, strings.Join(names, ", "))
		}
	}
	var err error
	if o.levels, err = numbers(*levels, 4096); err != nil {
		return o, fmt.Errorf("-buyers: %w", err)
	}
	if o.growth, err = numbers(*growth, 5_000_000); err != nil {
		return o, fmt.Errorf("-earlier: %w", err)
	}
	if o.length <= 0 || o.length > 5*time.Minute || o.warmUp < 0 || o.warmUp > time.Minute {
		return o, errors.New("-time is up to 5m and -warmup up to 1m")
	}
	return o, nil
}

// numbers reads whole numbers from 1 to most, each larger than the one before.
func numbers(list string, most int) ([]int, error) {
	var all []int
	for one := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(one))
		if err != nil || n < 1 || n > most {
			return nil, fmt.Errorf("%q is no number from 1 to %d", one, most)
		}
		all = append(all, n)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, stdout io.Writer) (err error) {
	var before *report
	if o.compare != "" {
		if before, err = loadReport(o.compare); err != nil {
			return err
		}
	}
	b, err := newBench(o, stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	for _, s := range scenarios {
		if !slices.Contains(o.run, s.name) {
			continue
		}
		fmt.Fprintf(stdout, "\n%s: %s\n", s.name, s.what)
		if err := s.run(b, ctx); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", s.name, err), b.conclude(stdout, before))
		}
		if err := b.verify(ctx, s.name); err != nil {
			return errors.Join(err, b.conclude(stdout, before))
		}
	}
	return b.conclude(stdout, before)
}

// conclude prints and writes the results.
func (b *bench) conclude(stdout io.Writer, before *report) error {
	b.report.weigh()
	b.report.print(stdout, before)
	path, chart := filepath.Join(b.out, "report.json"), filepath.Join(b.out, "chart.svg")
	if err := errors.Join(b.report.save(path), b.report.charts(chart)); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\n%s and %s\n", path, chart)
	if len(b.profiles) > 0 {
		if err := saveProfile(filepath.Join(b.out, "product.pgo"), b.profiles); err != nil {
			return err
		}
	}
	if b.options.document == "" {
		return nil
	}
	return b.report.document(b.options.document)
}
