package catalog

import (
	"testing"
	"time"

	"banmuyuan/internal/entry"
)

// The declarations hold together: names are unique, keys and references exist, a kind refers to earlier ones only, and
// each example of the template is a cell that is understood.
func TestKinds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if seen[k.Name] || k.Title.Zh == "" || k.Title.En == "" || k.Hint.Zh == "" || k.Hint.En == "" {
			t.Errorf("%s: twice, or without title or hint", k.Name)
		}
		if len(k.Key) == 0 != k.One {
			t.Errorf("%s: key %v, one %v", k.Name, k.Key, k.One)
		}
		for _, name := range k.Key {
			if _, ok := k.Field(name); !ok {
				t.Errorf("%s: no field for key %s", k.Name, name)
			}
		}
		fields := map[string]bool{}
		for _, f := range k.Fields {
			if fields[f.Name] || f.Head.Zh == "" || f.Head.En == "" {
				t.Errorf("%s.%s: twice, or without heading", k.Name, f.Name)
			}
			fields[f.Name] = true
			if refers := f.Type == entry.Ref || f.Type == entry.Refs; refers != (f.Refers != "") || refers && !seen[f.Refers] {
				t.Errorf("%s.%s refers to %q", k.Name, f.Name, f.Refers)
			}
			if chooses := f.Type == entry.Choice || f.Type == entry.Choices; chooses != (len(f.Values) > 0) {
				t.Errorf("%s.%s has %d values", k.Name, f.Name, len(f.Values))
			}
			_, faults := k.Parse(entry.Row{Cells: map[string]string{f.Name: f.Example}}, false, now)
			if len(faults) > 0 {
				t.Errorf("%s.%s: example %q: %+v", k.Name, f.Name, f.Example, faults)
			}
			if f.Example == "" && f.Need && f.Type != entry.IDNumber { // an id number would be somebody's
				t.Errorf("%s.%s is needed and has no example", k.Name, f.Name)
			}
		}
		seen[k.Name] = true
	}
}
