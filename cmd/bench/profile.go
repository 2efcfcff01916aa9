package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// profileEnv has the product serve profiles where they were asked for.
func profileEnv(o options) []string {
	if !o.profile {
		return nil
	}
	return []string{"BANMU_PROFILE=true"}
}

// startProfile asks the product for a CPU profile of a measurement, where that was asked for, and returns the function to
// call when the measurement is over.
func (b *bench) startProfile(scenario, name string, p phase) (end func()) {
	if !b.profile || scenario == "floor" {
		return func() {}
	}
	path := filepath.Join(b.out, strings.NewReplacer(" ", "-", ",", "", "'", "").Replace(fmt.Sprintf("%s-%s-%d.pprof", scenario, name, p.workers)))
	finished := make(chan error, 1)
	go func() {
		time.Sleep(p.warmUp)
		c := &conn{addr: b.product.addr}
		defer c.close()
		res, err := c.do("GET", fmt.Sprintf("/debug/pprof/profile?seconds=%d", max(1, int(p.measure.Seconds()))), "", nil)
		if err == nil && res.status != 200 {
			err = fmt.Errorf("%d", res.status)
		}
		if err == nil {
			b.profiles = append(b.profiles, res.body)
			err = os.WriteFile(path, res.body, 0o644)
		}
		finished <- err
	}()
	return func() {
		if err := <-finished; err != nil {
			fmt.Fprintf(b.stdout, "    no profile: %v\n", err)
		}
	}
}

// saveProfile writes all that was profiled as one, for the compiler ('make profile'): it needs functions and lines, and
// nobody needs the folders of the machine that measured.
func saveProfile(path string, bodies [][]byte) error {
	var all []*profile.Profile
	for _, body := range bodies {
		p, err := profile.Parse(bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("read profile: %w", err)
		}
		for _, m := range p.Mapping {
			m.File, m.BuildID = "product", ""
		}
		for _, f := range p.Function {
			f.Filename = ""
		}
		all = append(all, p)
	}
	merged, err := profile.Merge(all)
	if err != nil {
		return fmt.Errorf("merge profiles: %w", err)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("save profile: %w", err)
	}
	defer f.Close()
	if err := merged.Write(f); err != nil {
		return fmt.Errorf("save profile: %w", err)
	}
	return f.Close()
}
