package directory

import (
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
)

// Parts keep all rows in order, and stay below what a request takes.
func TestBatchParts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ rows, size, parts int }{
		"none":       {0, 1, 0},
		"one":        {1, 1, 1},
		"full":       {catalog.MaxBatchRows, 1, 1},
		"one more":   {catalog.MaxBatchRows + 1, 1, 2},
		"long texts": {300, 8_000, 4},
		"giant rows": {3, batchPartBytes + 1, 3},
	} {
		rows := make([]entry.Row, c.rows)
		for i := range rows {
			rows[i] = entry.Row{Line: i + 2, Cells: map[string]string{"story": strings.Repeat("x", c.size)}}
		}
		parts, next := 0, 2
		for part, err := range batchParts(rows) {
			if err != nil || len(part) == 0 || len(part) > catalog.MaxBatchRows {
				t.Fatalf("%s: %d rows, %v", name, len(part), err)
			}
			parts++
			for _, row := range part {
				if row.Line != next {
					t.Fatalf("%s: row %d instead of %d", name, row.Line, next)
				}
				next++
			}
		}
		if parts != c.parts || next != c.rows+2 {
			t.Errorf("%s: %d parts with %d rows", name, parts, next-2)
		}
	}
}
