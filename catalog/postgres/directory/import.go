package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
)

// ImportHouseholds adds or changes households row by row. A row that is wrong is listed and left out; fields that a row leaves
// empty keep the registered values, so that the same file twice changes nothing. Rows are matched by code. Lots stay as
// they are: a household or its helper changes its offer. Where more was sold than is registered now, the county looks.
func (m *Room) ImportHouseholds(ctx context.Context, r catalog.ImportRequest) (catalog.ImportResult, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.ImportResult{}, err
	}
	if len(r.Rows) > catalog.MaxImportRows {
		return catalog.ImportResult{}, link.E(link.TooLarge, "import.rows.many", "rows", "max", strconv.Itoa(catalog.MaxImportRows))
	}
	var res catalog.ImportResult
	err := link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
		im := &importer{room: m, tx: tx, result: catalog.ImportResult{Problems: []catalog.RowProblem{}}}
		if err := im.run(ctx, r); err != nil {
			return err
		}
		res = im.result
		return desk.Did(ctx, tx, link.Act{Kind: "load.households", Detail: strconv.Itoa(len(r.Rows))})
	})
	if err != nil {
		return catalog.ImportResult{}, fmt.Errorf("import households: %w", err)
	}
	m.Relay.Notify()
	return res, nil
}

type importer struct {
	room   *Room
	tx     *sqlx.Tx
	result catalog.ImportResult

	register *catalog.HouseholdRegister
	places   map[int64][2]string // township and name, by village
	helpers  map[int64]string    // names with their units
	changed  []int64             // households that were added or changed
	levels   []int64             // households that memory has to read
	doubles  []double            // rows with somebody else's id number
	resized  []desk.Resized      // households with another flock or garden

	expected int     // new households, at most
	ids      []int64 // drawn for new households
	fresh    [][]any // new households, of householdColumns
	heads    [][]any // persons, of personColumns
	actions  []desk.Action
	history  []directoryChange
	given    handovers
}

// double is a row that has the id number of another household.
type double struct{ code, holder string }

func (im *importer) run(ctx context.Context, r catalog.ImportRequest) error {
	rows, wrong := catalog.ParseRows(r.Rows, im.room.Now())
	im.result.Problems = append(im.result.Problems, wrong...)
	if err := im.read(ctx, rows); err != nil {
		return err
	}
	for _, row := range rows {
		res := im.register.Resolve(row, im.index(row))
		if res.TakenBy != "" {
			im.doubles = append(im.doubles, double{code: row.Code, holder: res.TakenBy})
		}
		if len(res.Problems) > 0 {
			im.result.Problems = append(im.result.Problems, res.Problems...)
			continue
		}
		switch {
		case res.Before == nil:
			im.result.Added++
		case res.Before.Same(res.After):
			im.result.Unchanged++
			continue
		default:
			im.result.Changed++
		}
		if r.DryRun {
			continue
		}
		if _, err := im.store(ctx, row, res.Before, res.After); err != nil {
			return fmt.Errorf("store row %d: %w", row.Line, err)
		}
	}
	slices.SortStableFunc(im.result.Problems, func(a, b catalog.RowProblem) int { return a.Line - b.Line })
	if r.DryRun {
		return nil
	}
	return im.finish(ctx, im.room.newLoad())
}

// finish writes the history, stores the rows, opens the reviews that they ask for, and has memory and other modules learn the changes.
func (im *importer) finish(ctx context.Context, l *load) error {
	if err := l.note(ctx, im.tx, kindOf(catalog.KindHousehold), im.history); err != nil {
		return err
	}
	if err := l.note(ctx, im.tx, kindOf(catalog.KindHelper), im.given.changes(im.helpers)); err != nil {
		return err
	}
	if err := im.flush(ctx); err != nil {
		return err
	}
	if err := desk.HouseholdsChanged(ctx, im.tx, im.changed); err != nil {
		return err
	}
	if err := im.holdDoubles(ctx); err != nil {
		return err
	}
	if err := im.room.store.HoldOversold(ctx, im.tx, im.resized); err != nil {
		return err
	}
	return im.noteLevels(ctx)
}

// index returns the blind index of a row's id number, or "" where it has none.
func (im *importer) index(row catalog.ParsedRow) string {
	if row.IDNumber == "" {
		return ""
	}
	return string(im.room.Cipher.Index(row.IDNumber))
}

// learn adds a stored row to the register, so that later rows meet it.
func (im *importer) learn(row catalog.ParsedRow, id int64, as catalog.Registered) {
	as.ID = id
	im.register.Households[row.Code] = &as
	if row.IDNumber != "" {
		im.register.IDs[im.index(row)] = catalog.IDHolder{Code: row.Code, Position: 1}
	}
}

// values returns a household as the directory shows it.
func (im *importer) values(r catalog.Registered, code string) entry.Values {
	place, helper := im.places[r.Village], im.helpers[r.Helper]
	return entry.Values{"code": code, "head": r.Head, "persons": int64(r.Persons), "township": place[0], "village": place[1], "phone": r.Phone,
		"programmes": r.Programmes, "garden_m2": r.GardenM2, "geese": r.Geese, "helper": helper, "needs": r.Needs, "raiser": r.RaiserName,
		"mushroom_bags": r.Bags, "id_number": r.IDIndex}
}

// readRegister reads the names that rows may use, as the transaction sees them.
func (im *importer) readRegister(ctx context.Context) error {
	im.places, im.helpers = map[int64][2]string{}, map[int64]string{}
	err := desk.Each(ctx, im.tx, `SELECT name FROM township WHERE retired_at IS NULL`, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		im.register.Townships[name] = true
		return err
	})
	if err != nil {
		return fmt.Errorf("read townships: %w", err)
	}
	err = desk.Each(ctx, im.tx, `SELECT v.id, t.name, v.name, v.retired_at IS NULL FROM village v JOIN township t ON t.id = v.township_id`,
		func(scan func(...any) error) error {
			var id int64
			var township, name string
			var used bool
			err := scan(&id, &township, &name, &used)
			if im.places[id] = [2]string{township, name}; used {
				im.register.Villages[[2]string{township, name}] = id
			}
			return err
		})
	if err != nil {
		return fmt.Errorf("read villages: %w", err)
	}
	err = desk.Each(ctx, im.tx, `SELECT id, name, unit, retired_at IS NULL FROM helper ORDER BY id`, func(scan func(...any) error) error {
		var id int64
		var name, unit string
		var used bool
		if err := scan(&id, &name, &unit, &used); err != nil {
			return err
		}
		im.helpers[id] = name
		if unit != "" {
			im.helpers[id] += "（" + unit + "）" // two helpers may share a name
		}
		if used {
			im.register.AddHelper(id, name, unit)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read helpers: %w", err)
	}
	err = desk.Each(ctx, im.tx, `SELECT code, name, name_en FROM programme WHERE retired_at IS NULL ORDER BY id`, func(scan func(...any) error) error {
		var p catalog.Programme
		err := scan(&p.Code, &p.Name.Zh, &p.Name.En)
		im.register.AddProgramme(p)
		return err
	})
	if err != nil {
		return fmt.Errorf("read programmes: %w", err)
	}
	err = desk.Each(ctx, im.tx, `SELECT id, name, raiser_bp FROM organisation WHERE kind = 'raiser' AND retired_at IS NULL`, func(scan func(...any) error) error {
		var o catalog.Organisation
		err := scan(&o.ID, &o.Name, &o.RaiserBP)
		im.register.AddRaiser(o)
		return err
	})
	if err != nil {
		return fmt.Errorf("read raisers: %w", err)
	}
	return nil
}

// holdDoubles leaves a review for each row with somebody else's id number: one of the two is registered wrongly.
func (im *importer) holdDoubles(ctx context.Context) error {
	for _, d := range im.doubles {
		var id int64
		if err := im.tx.GetContext(ctx, &id, `SELECT id FROM household WHERE code = $1`, d.holder); err != nil {
			return fmt.Errorf("find household: %w", err)
		}
		if err := im.room.OpenReview(ctx, im.tx, catalog.ReviewDuplicateID, id, d.code, map[string]string{"other": d.code}, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

// read fetches the register that the rows are compared with, and locks its households.
func (im *importer) read(ctx context.Context, rows []catalog.ParsedRow) error {
	im.register = catalog.NewHouseholdRegister()
	if err := im.readRegister(ctx); err != nil {
		return err
	}
	codes, numbers := make([]string, len(rows)), pq.ByteaArray{}
	current := map[string]string{} // index by the current key, by the index of any key
	for i, row := range rows {
		codes[i] = row.Code
		if row.IDNumber == "" {
			continue
		}
		all := im.room.Cipher.Indexes(row.IDNumber)
		for _, index := range all {
			numbers = append(numbers, index)
			current[string(index)] = string(all[0])
		}
	}
	now := func(index []byte) string { return cmp.Or(current[string(index)], string(index)) }
	found, err := im.tx.QueryContext(ctx, `
		SELECT h.id, h.code, h.head, h.persons, h.village_id, coalesce(h.helper_id, 0), h.phone, h.programmes, h.garden_m2, h.geese,
		       coalesce(p.id_index, ''), h.kinds, coalesce(h.raiser_org, 0), h.raiser, coalesce(o.raiser_bp, 0), h.mushroom_bags,
		       (SELECT jsonb_object_agg(g.product_id, g.units) FROM holding g WHERE g.household_id = h.id), h.retired_at IS NOT NULL
		FROM household h LEFT JOIN person p ON p.household_id = h.id AND p.position = 1 LEFT JOIN organisation o ON o.id = h.raiser_org
		WHERE h.code = ANY($1) ORDER BY h.id FOR NO KEY UPDATE OF h`, pq.Array(codes))
	if err != nil {
		return fmt.Errorf("read households: %w", err)
	}
	defer found.Close()
	for found.Next() {
		var code string
		var number []byte
		var holdings desk.AsJSON[map[int64]int64]
		h := &catalog.Registered{}
		err := found.Scan(&h.ID, &code, &h.Head, &h.Persons, &h.Village, &h.Helper, &h.Phone, (*pq.StringArray)(&h.Programmes), &h.GardenM2, &h.Geese, &number,
			(*pq.StringArray)(&h.Needs), &h.RaiserOrg, &h.RaiserName, &h.RaiserBP, &h.Bags, &holdings, &h.Retired)
		if err != nil {
			return fmt.Errorf("read households: %w", err)
		}
		h.IDIndex, h.Holdings = now(number), holdings.V
		im.register.Households[code] = h
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("read households: %w", err)
	}
	im.expected = len(rows) - len(im.register.Households)
	taken, err := im.tx.QueryContext(ctx, `
		SELECT p.id_index, h.code, p.position FROM person p JOIN household h ON h.id = p.household_id WHERE p.id_index = ANY($1) AND p.retired_at IS NULL`, numbers)
	if err != nil {
		return fmt.Errorf("read id numbers: %w", err)
	}
	defer taken.Close()
	for taken.Next() {
		var number []byte
		var holder catalog.IDHolder
		if err := taken.Scan(&number, &holder.Code, &holder.Position); err != nil {
			return fmt.Errorf("read id numbers: %w", err)
		}
		im.register.IDs[now(number)] = holder
	}
	return taken.Err()
}

func (im *importer) store(ctx context.Context, row catalog.ParsedRow, before *catalog.Registered, w catalog.Registered) (int64, error) {
	id := w.ID
	if before == nil {
		var err error
		if id, err = im.newID(ctx); err != nil {
			return 0, err
		}
		im.fresh = append(im.fresh, []any{id, row.Code, w.Head, w.Persons, w.Village, desk.OrNull(w.Helper), w.Phone, desk.Texts(w.Programmes), w.GardenM2, w.Geese,
			desk.Texts(w.Needs), w.RaiserName, desk.OrNull(w.RaiserOrg), w.Bags})
		im.levels = append(im.levels, id)
	} else {
		// A new helper has not been agreed to.
		_, err := im.tx.ExecContext(ctx, `
			UPDATE household SET head = $2, persons = $3, village_id = $4, helper_id = $5, phone = $6, programmes = $7, garden_m2 = $8, geese = $9,
			       kinds = $10, raiser = $11, raiser_org = $12, mushroom_bags = $13,
			       consent = consent AND helper_id IS NOT DISTINCT FROM $5
			WHERE id = $1`,
			id, w.Head, w.Persons, w.Village, desk.OrNull(w.Helper), w.Phone, desk.Texts(w.Programmes), w.GardenM2, w.Geese, desk.Texts(w.Needs),
			w.RaiserName, desk.OrNull(w.RaiserOrg), w.Bags)
		if err != nil {
			return 0, fmt.Errorf("change household: %w", err)
		}
		im.resized = append(im.resized, desk.Resized{ID: id, Before: before.Produces(), After: w.Produces()})
		if before.Persons != w.Persons || before.Village != w.Village {
			im.levels = append(im.levels, id)
		}
	}
	switch {
	case row.IDNumber != "" && (before == nil || before.Head != w.Head || before.IDIndex != w.IDIndex):
		sealed, index := im.room.Seal(row.IDNumber, row.Code)
		im.heads = append(im.heads, []any{id, 1, w.Head, "户主", row.Born, row.Female, sealed, index})
	case before != nil && before.Head != w.Head:
		_, err := im.tx.ExecContext(ctx, `UPDATE person SET name = $2 WHERE household_id = $1 AND position = 1`, id, w.Head)
		if err != nil {
			return 0, fmt.Errorf("rename head: %w", err)
		}
	}
	im.changed = append(im.changed, id)
	im.actions = append(im.actions, desk.Action{Household: id, What: "import", Detail: map[string]any{"line": row.Line}})
	im.remember(row.Code, id, before, w)
	return id, nil
}

// remember notes the changes of a row for the history. before is nil for a new household.
func (im *importer) remember(code string, id int64, before *catalog.Registered, after catalog.Registered) {
	var was entry.Values
	if before != nil {
		was = im.values(*before, code)
		im.handOver(id, before.Helper, after.Helper)
	}
	k, is := kindOf(catalog.KindHousehold), im.values(after, code)
	im.history = append(im.history, newChange(k, id, was, is, was.Changed(k, is), before != nil))
}

var householdColumns = []string{"id", "code", "head", "persons", "village_id", "helper_id", "phone", "programmes", "garden_m2", "geese", "kinds", "raiser",
	"raiser_org", "mushroom_bags"}

// newID returns the id of a new household.
func (im *importer) newID(ctx context.Context) (int64, error) {
	if len(im.ids) == 0 {
		ids, err := desk.DrawIDs(ctx, im.tx, "household", max(1, im.expected-len(im.fresh)))
		if err != nil {
			return 0, err
		}
		im.ids = ids
	}
	id := im.ids[0]
	im.ids = im.ids[1:]
	return id, nil
}

// flush stores the new households, the heads and the actions.
func (im *importer) flush(ctx context.Context) error {
	if err := desk.InsertMany(ctx, im.tx, "household", householdColumns, im.fresh, ""); err != nil {
		return err
	}
	err := desk.InsertMany(ctx, im.tx, "person", personColumns, im.heads, `
		ON CONFLICT (household_id, position) DO UPDATE
		SET name = excluded.name, born = excluded.born, female = excluded.female, id_sealed = excluded.id_sealed, id_index = excluded.id_index`)
	if err != nil {
		return fmt.Errorf("store heads: %w", err)
	}
	return im.room.LogActions(ctx, im.tx, im.actions)
}

// noteLevels has memory read new households and households with another level or village, in every season.
func (im *importer) noteLevels(ctx context.Context) error {
	if len(im.levels) == 0 {
		return nil
	}
	seasons, err := desk.LockSeasons(ctx, im.tx)
	if err != nil {
		return err
	}
	for _, id := range seasons {
		if err := desk.NoteChange(ctx, im.tx, id, desk.Change{Households: im.levels}); err != nil {
			return err
		}
	}
	return desk.TouchReference(ctx, im.tx) // villages behind presales
}
