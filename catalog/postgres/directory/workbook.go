package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
)

// workbook holds the households of a batch that is checked and not loaded, as they will be registered.
type workbook struct {
	busy   bool // it is being checked or loaded
	rows   bool // its good rows count: it is checked and not loaded
	byCode map[string]*workbookHousehold
	byID   map[string]*workbookHousehold // by the head's id number
}

type workbookHousehold struct {
	line    int
	code    string
	head    string
	id      string   // number of the head
	members []string // of the workbook's own sheet
}

// lookAtWorkbook finds out whether the good rows of a batch count. They do not in one that is loaded, given up or not checked.
func (m *Room) lookAtWorkbook(ctx context.Context, id int64) (workbook, error) {
	w := workbook{byCode: map[string]*workbookHousehold{}, byID: map[string]*workbookHousehold{}}
	if id == 0 {
		return w, nil
	}
	b, err := readBatch(ctx, m.DB, id, "")
	if err != nil {
		return w, err
	}
	switch catalog.BatchState(b.State) {
	case catalog.BatchMachine.To(catalog.BatchStepCheck), catalog.BatchMachine.To(catalog.BatchStepLoad):
		w.busy = true
		return w, nil
	case catalog.BatchMachine.To(catalog.BatchStepChecked):
		w.rows = true
	}
	return w, nil
}

// openWorkbook reads the households in the good rows of a batch.
func (m *Room) openWorkbook(ctx context.Context, id int64) (workbook, error) {
	w, err := m.lookAtWorkbook(ctx, id)
	if err != nil || !w.rows {
		return w, err
	}
	err = m.goodRows(ctx, id, catalog.KindHousehold, func(line int, v entry.Values) {
		h := &workbookHousehold{line: line, code: strings.ToUpper(v.Text("code")), head: v.Text("head"), id: v.Text("id_number")}
		w.byCode[h.code] = h
		if h.id != "" {
			w.byID[h.id] = h
		}
	})
	if err != nil {
		return w, err
	}
	return w, m.goodRows(ctx, id, catalog.KindMember, func(_ int, v entry.Values) {
		code := strings.ToUpper(v.Text("household"))
		if w.byCode[code] == nil { // registered, and only its members are in the workbook
			w.byCode[code] = &workbookHousehold{code: code}
		}
		w.byCode[code].members = append(w.byCode[code].members, v.Text("name"))
	})
}

// goodRows calls fn with the rows of a kind in which the last check found nothing wrong.
func (m *Room) goodRows(ctx context.Context, id int64, kind string, fn func(line int, v entry.Values)) error {
	k := kindOf(kind)
	var wrong []int
	if err := m.DB.SelectContext(ctx, &wrong, wrongLines, id, kind); err != nil {
		return fmt.Errorf("read wrong lines: %w", err)
	}
	slices.Sort(wrong)
	var after int64
	for {
		rows, err := m.readRows(ctx, id, kind, after, batchChunk, "")
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			after = int64(row.Line)
			if _, found := slices.BinarySearch(wrong, row.Line); found {
				continue
			}
			if v, faults := k.Parse(row, false, m.Now()); len(faults) == 0 {
				fn(row.Line, v)
			}
		}
	}
}

// over lays the workbook's household of a key over the registered one.
func (w workbook) over(k catalog.RegistryKey, e catalog.RegistryEntry) catalog.RegistryEntry {
	h := w.byCode[strings.ToUpper(k.Code)]
	if k.Code == "" {
		if h = w.byID[k.HeadID]; h == nil {
			h = w.byCode[e.Code] // found by the registered number
			if h != nil && h.id != "" {
				return catalog.RegistryEntry{} // which the workbook replaces
			}
		}
	}
	if h == nil || (h.line == 0 && e.ID == 0) { // members of nobody
		return e
	}
	if e.ID == 0 {
		e.ID, e.Code = -int64(h.line), h.code
	}
	if h.head != "" {
		e.Head = h.head
	}
	for _, name := range h.members {
		if !slices.Contains(e.Members, name) {
			e.Members = append(e.Members, name)
		}
	}
	if k.HeadID != "" && h.id != "" {
		e.HeadID = catalog.HeadIDOther
		if k.HeadID == h.id {
			e.HeadID = catalog.HeadIDSame
		}
	} else if k.HeadID != "" && e.HeadID == "" {
		e.HeadID = catalog.HeadIDUnknown
	}
	return e
}
