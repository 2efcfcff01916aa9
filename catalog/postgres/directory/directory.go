package directory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/internal/search"
)

const (
	defaultEntries = 50
	mostEntries    = 200
)

// kindTable finds a kind by its name. NotFound.
func kindTable(name string) (*table, error) {
	t, ok := directoryTables[name]
	if !ok {
		return nil, link.E(link.NotFound, "directory.kind", "kind")
	}
	return t, nil
}

// show returns an entry as cells, with personal numbers masked.
func (t *table) show(s stored) catalog.Entry {
	e := catalog.Entry{Kind: t.kind.Name, ID: s.id, Cells: make(map[string]string, len(t.kind.Fields))}
	for i := range t.kind.Fields {
		f := &t.kind.Fields[i]
		e.Cells[f.Name] = f.Show(s.values[f.Name])
	}
	if s.retired.Valid {
		at := s.retired.Time.UTC()
		e.Retired = &at
	}
	return e
}

// search returns the condition that an entry contains the text $1 in a field that people know it by, or the key $2 in a text that
// a name is found in.
func (t *table) search() string {
	var parts []string
	for i := range t.kind.Fields {
		f := &t.kind.Fields[i]
		switch f.Type {
		case entry.Line, entry.Code, entry.Ref, entry.Phone:
			expr, ok := t.fields[f.Name]
			if !ok {
				expr = "e." + pq.QuoteIdentifier(f.Name)
			}
			parts = append(parts, expr+" ILIKE $1")
		}
	}
	for _, alias := range t.found {
		parts = append(parts, fmt.Sprintf("$2 <> '' AND strpos(%c.search, $2) > 0", alias))
	}
	if len(parts) == 0 {
		return "($1::text IS NOT NULL AND $2::text IS NOT NULL)"
	}
	return "($2::text IS NULL OR " + strings.Join(parts, " OR ") + ")"
}

// Entries lists entries of a kind in the order in which they were added.
func (m *Room) Entries(ctx context.Context, f catalog.EntryFilter) (catalog.EntryPage, error) {
	page := catalog.EntryPage{Items: []catalog.Entry{}}
	if _, err := desk.RequireCounty(ctx); err != nil {
		return page, err
	}
	t, err := kindTable(f.Kind)
	if err != nil {
		return page, err
	}
	limit, err := paging.Size(f.Limit, defaultEntries, mostEntries)
	if err != nil {
		return page, err
	}
	where := " WHERE " + t.search()
	if !t.kind.Stays {
		where += " AND (e.retired_at IS NOT NULL) = " + map[bool]string{true: "true", false: "false"}[f.Retired]
	} else if f.Retired {
		return page, nil
	}
	query := strings.TrimSpace(f.Query)
	like, key := desk.Pattern(query), search.Key(query)
	err = desk.InSnapshot(ctx, m.DB, func(tx *sqlx.Tx) error {
		page.Items = page.Items[:0]
		if err := tx.GetContext(ctx, &page.Total, `SELECT count(*) FROM `+t.from+where, like, key); err != nil {
			return fmt.Errorf("count %s: %w", f.Kind, err)
		}
		rows, err := tx.QueryContext(ctx, t.selectSQL()+where+` AND e.id > $3 ORDER BY e.id LIMIT $4`, like, key, f.After, limit+1)
		if err != nil {
			return fmt.Errorf("read %s: %w", f.Kind, err)
		}
		defer rows.Close()
		for rows.Next() {
			s, err := t.scanEntry(rows.Scan)
			if err != nil {
				return err
			}
			page.Items = append(page.Items, t.show(s))
		}
		return rows.Err()
	})
	if err != nil {
		return catalog.EntryPage{}, err
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.Next = page.Items[limit-1].ID
	}
	return page, nil
}

// Entry returns an entry with its history.
func (m *Room) Entry(ctx context.Context, ref catalog.EntryRef) (catalog.Entry, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.Entry{}, err
	}
	t, err := kindTable(ref.Kind)
	if err != nil {
		return catalog.Entry{}, err
	}
	var e catalog.Entry
	err = desk.InSnapshot(ctx, m.DB, func(tx *sqlx.Tx) error {
		e, err = m.entry(ctx, tx, t, ref.ID)
		return err
	})
	return e, err
}

func (m *Room) entry(ctx context.Context, tx *sqlx.Tx, t *table, id int64) (catalog.Entry, error) {
	s, err := t.scanEntry(tx.QueryRowContext(ctx, t.selectSQL()+` WHERE e.id = $1`, id).Scan)
	if err != nil {
		return catalog.Entry{}, desk.NotFound(err, "directory.entry", "id")
	}
	e := t.show(s)
	rows, err := tx.QueryContext(ctx, `
		SELECT at, login, account = 0, what, reason, before, after FROM directory_change WHERE kind = $1 AND entry_id = $2 ORDER BY id DESC LIMIT 100`,
		t.kind.Name, id)
	if err != nil {
		return e, fmt.Errorf("read history: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var ch catalog.EntryChange
		var from, to desk.AsJSON[map[string]string]
		if err := rows.Scan(&ch.At, &ch.By, &ch.Command, &ch.What, &ch.Reason, &from, &to); err != nil {
			return e, fmt.Errorf("read history: %w", err)
		}
		ch.At, ch.From, ch.To = ch.At.UTC(), from.V, to.V
		e.History = append(e.History, ch)
	}
	if err := rows.Err(); err != nil {
		return e, fmt.Errorf("read history: %w", err)
	}
	return e, nameProgrammes(ctx, tx, t.kind, e.History)
}

// nameProgrammes puts the names of programmes into a history, which keeps their codes.
func nameProgrammes(ctx context.Context, tx *sqlx.Tx, k *entry.Kind, history []catalog.EntryChange) error {
	field, ok := k.Field("programmes")
	if !ok || len(history) == 0 {
		return nil
	}
	var programmes []struct {
		Code string `db:"code"`
		Name string `db:"name"`
	}
	if err := tx.SelectContext(ctx, &programmes, `SELECT code, name FROM programme`); err != nil {
		return fmt.Errorf("read programmes: %w", err)
	}
	names := make(map[string]string, len(programmes))
	for _, p := range programmes {
		names[p.Code] = p.Name
	}
	for _, ch := range history {
		for _, cells := range []map[string]string{ch.From, ch.To} {
			codes := strings.Split(cells[field.Name], entry.Between)
			for i, code := range codes {
				codes[i] = cmp.Or(names[code], code)
			}
			if cells[field.Name] != "" {
				cells[field.Name] = strings.Join(codes, entry.Between)
			}
		}
	}
	return nil
}

// SaveEntry adds or changes an entry as a form sends it.
func (m *Room) SaveEntry(ctx context.Context, r catalog.SaveEntry) (catalog.Entry, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.Entry{}, err
	}
	t, err := kindTable(r.Kind)
	if err != nil {
		return catalog.Entry{}, err
	}
	if err := r.Check(); err != nil {
		return catalog.Entry{}, err
	}
	var e catalog.Entry
	err = link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
		l := m.newLoad()
		l.whole, l.id, l.reason = true, r.ID, r.Reason
		row := entry.Row{Line: 1, Cells: r.Cells}
		if row.Cells, err = t.staysWith(ctx, tx, r); err != nil {
			return err
		}
		if r.Kind == catalog.KindHousehold && r.ID != 0 { // its code never changes: id numbers are sealed with it
			var code string
			if err := tx.GetContext(ctx, &code, `SELECT code FROM household WHERE id = $1`, r.ID); err != nil {
				return desk.NotFound(fmt.Errorf("find household: %w", err), "directory.entry", "id")
			}
			if entry.Clean(r.Cells["code"]) != code {
				return link.E(link.Conflict, "directory.household.code", "code")
			}
		}
		if err := l.rows(ctx, tx, t.kind, []entry.Row{row}); err != nil {
			return err
		}
		if err := catalog.FaultsOf(l.problems); err != nil {
			return err
		}
		e, err = m.entry(ctx, tx, t, l.saved)
		return err
	})
	if err != nil {
		return catalog.Entry{}, err
	}
	m.Relay.Notify()
	return e, m.store.RefreshReference(ctx)
}

// staysWith refuses to give an entry of a household to another one: shares and id numbers would change hands without a trace
// in the first household's history. It returns the cells with the household's code.
func (t *table) staysWith(ctx context.Context, tx *sqlx.Tx, r catalog.SaveEntry) (map[string]string, error) {
	if _, ok := t.kind.Field("household"); !ok || r.ID == 0 {
		return r.Cells, nil
	}
	var code string
	if err := tx.GetContext(ctx, &code, `SELECT h.code FROM `+t.from+` WHERE e.id = $1`, r.ID); err != nil {
		return nil, desk.NotFound(fmt.Errorf("find %s: %w", r.Kind, err), "directory.entry", "id")
	}
	cells := maps.Clone(r.Cells)
	given, sent := cells["household"]
	if sent && strings.ToUpper(entry.Clean(given)) != code {
		return nil, link.E(link.Conflict, "directory.household.other", "household", "code", code)
	}
	if !sent && cells != nil {
		cells["household"] = code
	}
	return cells, nil
}

// users are queries that name what in use depends on an entry, by kind.
var users = map[string]string{
	catalog.KindTownship: `SELECT name FROM village WHERE township_id = $1 AND retired_at IS NULL`,
	catalog.KindVillage: `SELECT name FROM collection_point WHERE village_id = $1 AND retired_at IS NULL
		UNION ALL SELECT name FROM solar_station WHERE village_id = $1 AND retired_at IS NULL
		UNION ALL SELECT code FROM household WHERE village_id = $1 AND retired_at IS NULL`,
	catalog.KindHelper: `SELECT code FROM household WHERE helper_id = $1 AND retired_at IS NULL`,
	catalog.KindOrganisation: `SELECT name FROM collection_point WHERE org_id = $1 AND retired_at IS NULL
		UNION ALL SELECT code FROM household WHERE raiser_org = $1 AND retired_at IS NULL
		UNION ALL SELECT code FROM presale WHERE seller_org = $1 AND state <> $2`,
	catalog.KindProgramme: `SELECT p.name ->> 'zh' FROM product p JOIN programme g ON g.code = p.programme WHERE g.id = $1 AND p.retired_at IS NULL
		UNION ALL SELECT h.code FROM household h JOIN programme g ON g.code = ANY(h.programmes) WHERE g.id = $1 AND h.retired_at IS NULL`,
	catalog.KindProduct: `SELECT code FROM presale WHERE product_id = $1 AND state <> $2`,
}

// namedUsers is how many of the entries that depend on another are named.
const namedUsers = 5

// RetireEntry takes an entry out of use or back into it.
func (m *Room) RetireEntry(ctx context.Context, r catalog.RetireEntry) (catalog.Entry, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.Entry{}, err
	}
	t, err := kindTable(r.Kind)
	if err != nil {
		return catalog.Entry{}, err
	}
	if err := r.Check(); err != nil {
		return catalog.Entry{}, err
	}
	if t.kind.Stays {
		return catalog.Entry{}, link.E(link.Conflict, "directory.stays", "kind")
	}
	var e catalog.Entry
	err = link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
		if err := m.retire(ctx, tx, t, r); err != nil {
			return err
		}
		e, err = m.entry(ctx, tx, t, r.ID)
		return err
	})
	if err != nil {
		return catalog.Entry{}, err
	}
	m.Relay.Notify()
	return e, m.store.RefreshReference(ctx)
}

func (m *Room) retire(ctx context.Context, tx *sqlx.Tx, t *table, r catalog.RetireEntry) error {
	var retired bool
	row := cmp.Or(t.row, "id = $1")
	err := tx.GetContext(ctx, &retired, `SELECT retired_at IS NOT NULL FROM `+t.own+` WHERE `+row+` FOR NO KEY UPDATE`, r.ID)
	if err != nil {
		return desk.NotFound(fmt.Errorf("find %s: %w", r.Kind, err), "directory.entry", "id")
	}
	if retired != r.Undo { // it is so already
		return nil
	}
	if query, ok := users[r.Kind]; ok && !r.Undo {
		args := []any{r.ID}
		if strings.Contains(query, "$2") {
			args = append(args, string(catalog.PresaleClosed))
		}
		var names []string
		if err := tx.SelectContext(ctx, &names, query, args...); err != nil {
			return fmt.Errorf("read what depends on %s %d: %w", r.Kind, r.ID, err)
		}
		if n := len(names); n > 0 {
			return link.E(link.Conflict, "directory.used", "id", "count", fmt.Sprint(n), "names", strings.Join(names[:min(n, namedUsers)], "、"))
		}
	}
	now := m.Now()
	if r.Kind == catalog.KindHousehold || r.Kind == catalog.KindMember {
		if err := retirePersons(ctx, tx, r, now); err != nil {
			return err
		}
	}
	what := "retired"
	var at any = now
	if r.Undo {
		what, at = "restored", nil
	}
	if _, err := tx.ExecContext(ctx, `UPDATE `+t.own+` SET retired_at = $2 WHERE `+row, r.ID, at); err != nil {
		return fmt.Errorf("retire %s %d: %w", r.Kind, r.ID, err)
	}
	if r.Kind == catalog.KindHousehold {
		if !r.Undo {
			if err := m.stopSelling(ctx, tx, r.ID); err != nil {
				return err
			}
		}
		if err := desk.HouseholdsChanged(ctx, tx, []int64{r.ID}); err != nil {
			return err
		}
	}
	l := m.newLoad()
	l.reason = r.Reason
	if err := l.note(ctx, tx, t.kind, []directoryChange{{id: r.ID, what: what, before: map[string]string{}, after: map[string]string{}}}); err != nil {
		return err
	}
	return desk.TouchReference(ctx, tx)
}

// stopSelling takes what a household has not sold out of its lots. Sold units stay: their orders are delivered, or the
// cooperative reports what is short.
func (m *Room) stopSelling(ctx context.Context, tx *sqlx.Tx, household int64) error {
	seasons, err := desk.LockSeasons(ctx, tx)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE household SET consent = false WHERE id = $1`, household); err != nil {
		return fmt.Errorf("end consent: %w", err)
	}
	for _, season := range seasons {
		var lots []int64
		err := tx.SelectContext(ctx, &lots, `
			UPDATE lot SET capacity = reserved + delivered FROM presale p
			WHERE p.id = lot.presale_id AND p.season = $2 AND p.contract_id = 0 AND lot.household_id = $1 AND capacity > reserved + delivered
			RETURNING lot.id`, household, season)
		if err != nil {
			return fmt.Errorf("stop selling: %w", err)
		}
		if len(lots) == 0 {
			continue
		}
		if err := desk.NoteChange(ctx, tx, season, desk.Change{Lots: lots}); err != nil {
			return err
		}
	}
	return nil
}
