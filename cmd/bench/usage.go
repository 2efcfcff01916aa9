package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// usage is the processor time that the three parties of a measurement have used since they began.
type usage struct{ server, postgres, generator time.Duration }

func (u usage) minus(v usage) usage {
	return usage{u.server - v.server, u.postgres - v.postgres, u.generator - v.generator}
}

// The kernel counts in hundredths of a second on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// stat holds the fields of /proc/PID/stat of a process.
type stat struct {
	parent   int
	own      time.Duration // its threads
	children time.Duration // children that ended and were waited for
}

func readStat(pid int) (stat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, fmt.Errorf("read process %d: %w", pid, err)
	}
	return parseStat(string(text))
}

func parseStat(text string) (stat, error) {
	// The name may hold blanks and brackets: fields count from the last bracket.
	_, rest, ok := strings.Cut(text[strings.LastIndexByte(text, ')')+1:], " ")
	f := strings.Fields(rest)
	if !ok || len(f) < 15 {
		return stat{}, fmt.Errorf("read process: %q is no stat line", text)
	}
	var n [15]int64
	for _, i := range []int{1, 11, 12, 13, 14} {
		v, err := strconv.ParseInt(f[i], 10, 64)
		if err != nil {
			return stat{}, fmt.Errorf("read process: %w", err)
		}
		n[i] = v
	}
	return stat{parent: int(n[1]), own: time.Duration(n[11]+n[12]) * tick, children: time.Duration(n[13]+n[14]) * tick}, nil
}

// childrenOf lists the processes that a process has now.
func childrenOf(pid int) []int {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // the pattern is well formed
	var all []int
	for _, t := range tasks {
		text, err := os.ReadFile(t)
		if err != nil {
			continue // the thread has ended
		}
		for one := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(one); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}

// used reads the time and memory of the product, its PostgreSQL and this process.
func used(server, postmaster int) (usage, error) {
	var u usage
	if server != 0 {
		s, err := readStat(server)
		if err != nil {
			return u, err
		}
		u.server = s.own
	}
	if postmaster != 0 {
		s, err := readStat(postmaster)
		if err != nil {
			return u, err
		}
		u.postgres = s.own + s.children
		for _, child := range childrenOf(postmaster) {
			if s, err := readStat(child); err == nil { // else it ended meanwhile and counts as waited for next time
				u.postgres += s.own
			}
		}
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return u, fmt.Errorf("read own usage: %w", err)
	}
	u.generator = time.Duration(own.Utime.Nano() + own.Stime.Nano())
	return u, nil
}

// memory is the RAM of processes in bytes, shared pages counted once (PSS).
type memory struct{ server, postgres int64 }

func memoryOf(server, postmaster int) memory {
	m := memory{server: pss(server), postgres: pss(postmaster)}
	for _, child := range childrenOf(postmaster) {
		m.postgres += pss(child)
	}
	return m
}

func pss(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0 // it has ended
	}
	return parsePSS(text)
}

func parsePSS(text []byte) int64 {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "Pss:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}

// machine describes the machine of the measurement.
func machine() map[string]string {
	m := map[string]string{}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m["cpu"] = strings.TrimSpace(value)
				break
			}
		}
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		first, _, _ := strings.Cut(string(text), "\n")
		m["memory"] = strings.TrimSpace(strings.TrimPrefix(first, "MemTotal:"))
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m["load before"] = strings.Join(strings.Fields(string(text))[:3], " ")
	}
	return m
}
