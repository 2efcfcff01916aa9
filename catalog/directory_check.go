package catalog

import (
	"strconv"
	"strings"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
)

// Check reports a faulty request to add rows.
func (r BatchRows) Check() error {
	if len(r.Rows) > MaxBatchRows {
		return link.E(link.TooLarge, "import.rows.many", "rows", "max", strconv.Itoa(MaxBatchRows))
	}
	lines := map[int]bool{}
	for _, row := range r.Rows {
		if row.Line < 1 || lines[row.Line] {
			return link.E(link.Invalid, "batch.line", "rows")
		}
		lines[row.Line] = true
	}
	return nil
}

// Check reports a reason that is too long.
func (r SaveEntry) Check() error { return checkReason(r.Reason, false) }

// Check reports a missing reason.
func (r RetireEntry) Check() error { return checkReason(r.Reason, true) }

// Check reports a missing reason or helper.
func (r ReplaceHelper) Check() error {
	if strings.TrimSpace(r.By) == "" {
		return link.E(link.Invalid, "entry.missing", "by")
	}
	return checkReason(r.Reason, true)
}

func checkReason(reason string, need bool) error {
	n := len([]rune(strings.TrimSpace(reason)))
	if n > 200 || (need && n == 0) {
		return link.E(link.Invalid, "directory.reason", "reason")
	}
	return nil
}

// FaultsOf returns the problems of a form's row as the error of its fields, nil where there are none.
func FaultsOf(problems []entry.Problem) error {
	var all link.Problems
	for _, p := range problems {
		e := link.E(link.Invalid, p.Key, p.Field)
		e.Args = p.Args
		all = append(all, e)
	}
	return all.Err()
}
