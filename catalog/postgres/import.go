package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// ImportHouseholds adds or changes households row by row. A row that is wrong is listed and left out; what a row leaves
// empty keeps what is registered, so that the same file twice changes nothing. Rows are matched by code. Lots stay as
// they are: a household or its helper changes its offer. Where more was sold than is registered now, the county looks.
func (c *Catalog) ImportHouseholds(ctx context.Context, r catalog.ImportRequest) (catalog.ImportResult, error) {
	if _, err := requireCounty(ctx); err != nil {
		return catalog.ImportResult{}, err
	}
	if len(r.Rows) > catalog.MaxImportRows {
		return catalog.ImportResult{}, link.E(link.TooLarge, "import.rows.many", "rows", "max", strconv.Itoa(catalog.MaxImportRows))
	}
	var res catalog.ImportResult
	err := link.InTx(ctx, c.db, nil, func(tx *sqlx.Tx) error {
		im := &importer{c: c, tx: tx, result: catalog.ImportResult{Problems: []catalog.RowProblem{}}}
		if err := im.run(ctx, r); err != nil {
			return err
		}
		res = im.result
		return nil
	})
	if err != nil {
		return catalog.ImportResult{}, fmt.Errorf("import households: %w", err)
	}
	return res, nil
}

type importer struct {
	c      *Catalog
	tx     *sqlx.Tx
	result catalog.ImportResult

	villages map[[2]string]int64 // by township and name
	towns    map[string]bool
	helpers  map[string][]int64 // by name and by name（unit）
	existing map[string]*registered
	numbers  map[string]holder // by blind index
	levels   []int64           // households that memory has to read
	doubles  []double          // rows with somebody else's id number
	resized  []resized         // households whose flock or garden changed
}

// double is a row that has the id number of another household.
type double struct{ code, holder string }

// holder is whose id number it is.
type holder struct {
	code     string
	position int
}

// registered is what a row is compared with.
type registered struct {
	id         int64
	head       string
	persons    int
	village    int64
	helper     int64
	phone      string
	programmes []string
	garden     int64
	geese      int64
	number     string // blind index of the head's
}

func (im *importer) problem(line int, e *link.Error) {
	im.result.Problems = append(im.result.Problems, catalog.RowProblem{Line: line, Field: e.Field, Key: e.Key, Args: e.Args})
}

func (im *importer) run(ctx context.Context, r catalog.ImportRequest) error {
	rows := im.parse(r.Rows)
	if err := im.read(ctx, rows); err != nil {
		return err
	}
	for _, row := range rows {
		wanted, ok := im.resolve(row)
		if !ok {
			continue
		}
		before := im.existing[row.Code]
		switch {
		case before == nil:
			im.result.Added++
		case before.same(wanted):
			im.result.Unchanged++
			continue
		default:
			im.result.Changed++
		}
		if r.DryRun {
			continue
		}
		if err := im.store(ctx, row, before, wanted); err != nil {
			return fmt.Errorf("store row %d: %w", row.Line, err)
		}
	}
	slices.SortStableFunc(im.result.Problems, func(a, b catalog.RowProblem) int { return a.Line - b.Line })
	if !r.DryRun {
		if err := im.holdDoubles(ctx); err != nil {
			return err
		}
		if err := im.holdOversold(ctx); err != nil {
			return err
		}
	}
	return im.noteLevels(ctx)
}

// holdDoubles leaves a review for each row with somebody else's id number: one of the two is registered wrongly.
func (im *importer) holdDoubles(ctx context.Context) error {
	for _, d := range im.doubles {
		var id int64
		if err := im.tx.GetContext(ctx, &id, `SELECT id FROM household WHERE code = $1`, d.holder); err != nil {
			return fmt.Errorf("find household: %w", err)
		}
		if err := im.c.openReview(ctx, im.tx, catalog.ReviewDuplicateID, id, d.code, map[string]string{"other": d.code}, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

// parse drops rows that are wrong by themselves or repeat another row of the file.
func (im *importer) parse(rows []catalog.HouseholdRow) []catalog.ParsedRow {
	var good []catalog.ParsedRow
	codes, numbers := map[string]int{}, map[string]int{}
	now := im.c.now()
	for _, r := range rows {
		row, problems := r.Parse(now)
		if line := codes[row.Code]; line != 0 && row.Code != "" {
			problems = append(problems, link.E(link.Invalid, "import.code.twice", "code", "line", strconv.Itoa(line)))
		} else {
			codes[row.Code] = r.Line
		}
		if line := numbers[row.IDNumber]; line != 0 && row.IDNumber != "" {
			problems = append(problems, link.E(link.Invalid, "import.id_number.twice", "id_number", "line", strconv.Itoa(line)))
		} else {
			numbers[row.IDNumber] = r.Line
		}
		for _, e := range problems {
			im.problem(r.Line, e)
		}
		if len(problems) == 0 {
			good = append(good, row)
		}
	}
	return good
}

// read fetches what the rows are compared with, and locks the households among them.
func (im *importer) read(ctx context.Context, rows []catalog.ParsedRow) error {
	im.villages, im.towns, im.helpers = map[[2]string]int64{}, map[string]bool{}, map[string][]int64{}
	im.existing, im.numbers = map[string]*registered{}, map[string]holder{}
	ref := im.c.reference.Load()
	for _, t := range ref.townships {
		im.towns[t.Name] = true
	}
	for id, v := range ref.villages {
		im.villages[[2]string{ref.townships[v.TownshipID].Name, v.Name}] = id
	}
	err := each(ctx, im.tx, `SELECT id, name, unit FROM helper ORDER BY id`, func(scan func(...any) error) error {
		var id int64
		var name, unit string
		if err := scan(&id, &name, &unit); err != nil {
			return err
		}
		im.helpers[name] = append(im.helpers[name], id)
		im.helpers[name+"（"+unit+"）"] = append(im.helpers[name+"（"+unit+"）"], id)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read helpers: %w", err)
	}
	codes, numbers := make([]string, len(rows)), pq.ByteaArray{}
	current := map[string]string{} // by whichever key a number was indexed: what it is indexed by now
	for i, row := range rows {
		codes[i] = row.Code
		all := im.c.cfg.Cipher.Indexes(row.IDNumber)
		for _, index := range all {
			numbers = append(numbers, index)
			current[string(index)] = string(all[0])
		}
	}
	now := func(index []byte) string { return cmp.Or(current[string(index)], string(index)) }
	found, err := im.tx.QueryContext(ctx, `
		SELECT h.id, h.code, h.head, h.persons, h.village_id, coalesce(h.helper_id, 0), h.phone, h.programmes, h.garden_m2, h.geese,
		       coalesce(p.id_index, '')
		FROM household h LEFT JOIN person p ON p.household_id = h.id AND p.position = 1
		WHERE h.code = ANY($1) ORDER BY h.id FOR NO KEY UPDATE OF h`, pq.Array(codes))
	if err != nil {
		return fmt.Errorf("read households: %w", err)
	}
	defer found.Close()
	for found.Next() {
		var code string
		var number []byte
		h := &registered{}
		err := found.Scan(&h.id, &code, &h.head, &h.persons, &h.village, &h.helper, &h.phone, (*pq.StringArray)(&h.programmes), &h.garden, &h.geese, &number)
		if err != nil {
			return fmt.Errorf("read households: %w", err)
		}
		h.number = now(number)
		im.existing[code] = h
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("read households: %w", err)
	}
	taken, err := im.tx.QueryContext(ctx, `
		SELECT p.id_index, h.code, p.position FROM person p JOIN household h ON h.id = p.household_id WHERE p.id_index = ANY($1)`, numbers)
	if err != nil {
		return fmt.Errorf("read id numbers: %w", err)
	}
	defer taken.Close()
	for taken.Next() {
		var number []byte
		var who holder
		if err := taken.Scan(&number, &who.code, &who.position); err != nil {
			return fmt.Errorf("read id numbers: %w", err)
		}
		im.numbers[now(number)] = who
	}
	return taken.Err()
}

// resolve looks up what a row names. It lists what is wrong and then returns false.
func (im *importer) resolve(row catalog.ParsedRow) (registered, bool) {
	w := registered{head: row.Head, persons: row.Persons, number: string(im.c.cfg.Cipher.Index(row.IDNumber))}
	if before := im.existing[row.Code]; before != nil {
		w = *before
		w.head, w.persons, w.number = row.Head, row.Persons, string(im.c.cfg.Cipher.Index(row.IDNumber))
	}
	ok := true
	refuse := func(key, field string, args ...string) {
		im.problem(row.Line, link.E(link.Invalid, key, field, args...))
		ok = false
	}
	village, known := im.villages[[2]string{row.Township, row.Village}]
	switch {
	case !im.towns[row.Township]:
		refuse("import.township", "township")
	case !known:
		refuse("import.village", "village")
	}
	w.village = village
	if who, taken := im.numbers[w.number]; taken && who != (holder{row.Code, 1}) {
		refuse("import.id_number.taken", "id_number", "code", who.code)
		im.doubles = append(im.doubles, double{code: row.Code, holder: who.code})
	}
	if row.Helper != "" {
		helpers := im.helpers[strings.NewReplacer("(", "（", ")", "）").Replace(row.Helper)]
		switch len(helpers) {
		case 0:
			refuse("import.helper", "helper", "name", row.Helper)
		case 1:
			w.helper = helpers[0]
		default:
			if !slices.Contains(helpers, w.helper) { // whoever it is now may stay
				refuse("import.helper.several", "helper", "name", row.Helper)
			}
		}
	}
	if row.Phone != nil {
		w.phone = *row.Phone
	}
	if row.Programmes != nil {
		w.programmes = *row.Programmes
	}
	if row.GardenM2 != nil {
		w.garden = *row.GardenM2
	}
	if row.Geese != nil {
		w.geese = *row.Geese
	}
	return w, ok
}

func (h *registered) same(o registered) bool {
	return h.head == o.head && h.persons == o.persons && h.village == o.village && h.helper == o.helper && h.phone == o.phone &&
		sameSet(h.programmes, o.programmes) && h.garden == o.garden && h.geese == o.geese && h.number == o.number
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

func (im *importer) store(ctx context.Context, row catalog.ParsedRow, before *registered, w registered) error {
	id := w.id
	if before == nil {
		err := im.tx.GetContext(ctx, &id, `
			INSERT INTO household (code, head, persons, village_id, helper_id, phone, programmes, garden_m2, geese)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
			row.Code, w.head, w.persons, w.village, orNull(w.helper), w.phone, texts(w.programmes), w.garden, w.geese)
		if err != nil {
			return fmt.Errorf("add household: %w", err)
		}
		im.levels = append(im.levels, id)
	} else {
		// A new helper has not been agreed to.
		_, err := im.tx.ExecContext(ctx, `
			UPDATE household SET head = $2, persons = $3, village_id = $4, helper_id = $5, phone = $6, programmes = $7, garden_m2 = $8, geese = $9,
			       consent = consent AND helper_id IS NOT DISTINCT FROM $5
			WHERE id = $1`,
			id, w.head, w.persons, w.village, orNull(w.helper), w.phone, texts(w.programmes), w.garden, w.geese)
		if err != nil {
			return fmt.Errorf("change household: %w", err)
		}
		im.resized = append(im.resized, resized{id, before.supply(), w.supply()})
		if before.persons != w.persons || before.village != w.village {
			im.levels = append(im.levels, id)
		}
	}
	if before == nil || before.head != w.head || before.number != w.number {
		sealed, index := im.c.seal(row.IDNumber, row.Code)
		_, err := im.tx.ExecContext(ctx, `
			INSERT INTO person (household_id, position, name, relation, born, female, id_sealed, id_index)
			VALUES ($1, 1, $2, '户主', $3, $4, $5, $6)
			ON CONFLICT (household_id, position) DO UPDATE
			SET name = excluded.name, born = excluded.born, female = excluded.female, id_sealed = excluded.id_sealed, id_index = excluded.id_index`,
			id, w.head, row.Born, row.Female, sealed, index)
		if err != nil {
			return fmt.Errorf("store head: %w", err)
		}
	}
	return im.c.logAction(ctx, im.tx, id, "import", map[string]any{"line": row.Line})
}

// noteLevels has memory read the households that are new or whose level or village changed, in every season.
func (im *importer) noteLevels(ctx context.Context) error {
	if len(im.levels) == 0 {
		return nil
	}
	seasons, err := lockSeasons(ctx, im.tx)
	if err != nil {
		return err
	}
	for _, id := range seasons {
		if err := noteChange(ctx, im.tx, id, change{households: im.levels}); err != nil {
			return err
		}
	}
	return touchReference(ctx, im.tx) // villages behind presales
}
