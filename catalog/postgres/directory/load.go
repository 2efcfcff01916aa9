package directory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
)

// load takes rows of kinds into the directory, one call after the other, each in the caller's transaction. Rows that are
// wrong are listed and left out.
type load struct {
	room   *Room
	dry    bool   // nothing outside the entries is touched, and the caller rolls back
	whole  bool   // rows are forms: an empty cell clears the value
	id     int64  // of the one entry that a form changes, 0: by key
	batch  int64  // 0: a form
	reason string // of a form

	seen     map[string]map[string]int // line of each key, by kind
	counts   map[string]*catalog.BatchKind
	problems []entry.Problem
	wrong    map[string]map[int]bool
	saved    int64 // id of the last entry that was added or changed

	keys  []seenKey   // of seen, in the order in which they came
	lines []wrongLine // of wrong, likewise
}

type seenKey struct{ kind, key string }

type wrongLine struct {
	kind string
	line int
}

func (m *Room) newLoad() *load {
	return &load{room: m, seen: map[string]map[string]int{}, counts: map[string]*catalog.BatchKind{}, wrong: map[string]map[int]bool{}}
}

// refuse lists a fault of a row.
func (l *load) refuse(k *entry.Kind, row entry.Row, f entry.Fault) {
	p := entry.Problem{Kind: k.Name, Line: row.Line, Field: f.Field, Value: row.Cells[f.Field], Key: f.Key, Args: f.Args}
	if field, ok := k.Field(f.Field); ok && field.Personal {
		p.Value = entry.Mask(p.Value)
	}
	l.problems = append(l.problems, p)
	lines := l.wrong[k.Name]
	if lines == nil {
		lines = map[int]bool{}
		l.wrong[k.Name] = lines
	}
	if !lines[row.Line] {
		lines[row.Line] = true
		l.lines = append(l.lines, wrongLine{k.Name, row.Line})
		l.count(k).Wrong++
	}
}

// LoadRows takes the rows of a whole directory, of which none may be wrong, in the caller's transaction. done is told how many
// rows a chunk had.
func (m *Room) LoadRows(ctx context.Context, tx *sqlx.Tx, rows map[string][]entry.Row, done func(rows int)) error {
	l := m.newLoad()
	for _, k := range catalog.Kinds() {
		for chunk := range slices.Chunk(rows[k.Name], batchChunk) {
			if err := l.rows(ctx, tx, k, chunk); err != nil {
				return err
			}
			done(len(chunk))
		}
	}
	if len(l.problems) > 0 {
		p := l.problems[0]
		return link.E(link.Invalid, p.Key, p.Field).Because(fmt.Errorf("%d problems, the first in row %d of %s: %s %q", len(l.problems), p.Line, p.Kind, p.Field, p.Value))
	}
	return nil
}

func (l *load) count(k *entry.Kind) *catalog.BatchKind {
	n := l.counts[k.Name]
	if n == nil {
		n = &catalog.BatchKind{Kind: k.Name}
		l.counts[k.Name] = n
	}
	return n
}

// parsed is a row that is understood.
type parsed struct {
	row    entry.Row
	values entry.Values
}

// rows takes rows of one kind.
func (l *load) rows(ctx context.Context, tx *sqlx.Tx, k *entry.Kind, rows []entry.Row) error {
	first := len(l.problems)
	err := l.take(ctx, tx, k, rows)
	slices.SortStableFunc(l.problems[first:], func(a, b entry.Problem) int { return a.Line - b.Line })
	return err
}

func (l *load) take(ctx context.Context, tx *sqlx.Tx, k *entry.Kind, rows []entry.Row) error {
	good := make([]parsed, 0, len(rows))
	for _, row := range rows {
		l.count(k).Rows++
		values, faults := k.Parse(row, l.whole, l.room.Now())
		for _, f := range faults {
			l.refuse(k, row, f)
		}
		if len(faults) > 0 {
			continue
		}
		good = append(good, parsed{row, values})
	}
	switch k.Name {
	case catalog.KindHousehold:
		return l.households(ctx, tx, k, good)
	case catalog.KindMember:
		return l.members(ctx, tx, k, good)
	case catalog.KindConsent:
		return l.consents(ctx, tx, k, good)
	}
	return l.entries(ctx, tx, directoryTables[k.Name], good)
}

// repeated reports whether an earlier row had the key, and notes it otherwise.
func (l *load) repeated(k *entry.Kind, key string, line int) (int, bool) {
	lines := l.seen[k.Name]
	if lines == nil {
		lines = map[string]int{}
		l.seen[k.Name] = lines
	}
	if first, ok := lines[key]; ok {
		return first, true
	}
	lines[key] = line
	l.keys = append(l.keys, seenKey{k.Name, key})
	return 0, false
}

// entries takes rows of a kind with a table.
func (l *load) entries(ctx context.Context, tx *sqlx.Tx, t *table, rows []parsed) error {
	k := t.kind
	codes := make([]string, 0, len(rows))
	for _, r := range rows {
		if code := r.values.Text("household"); code != "" {
			codes = append(codes, strings.ToUpper(code))
		}
	}
	in, err := readNames(ctx, tx, codes)
	if err != nil {
		return err
	}
	byKey, byID, taken, err := t.existing(ctx, tx, slices.Collect(maps.Values(in.households)))
	if err != nil {
		return err
	}
	var changes []directoryChange
	var added []addition
	for _, r := range rows {
		merged := k.Defaults().With(r.values)
		key := merged.Key(k)
		if first, twice := l.repeated(k, key, r.row.Line); twice {
			l.refuse(k, r.row, entry.Fault{Field: keyField(k), Key: "entry.twice", Args: map[string]string{"line": strconv.Itoa(first)}})
			continue
		}
		before, known := byKey[key]
		if l.id != 0 {
			if other := before; known && other.id != l.id {
				l.refuse(k, r.row, entry.Fault{Field: keyField(k), Key: "directory.taken"})
				continue
			}
			before, known = byID[l.id]
			if !known {
				return link.E(link.NotFound, "directory.entry", "id")
			}
		}
		after := merged
		if known {
			after = before.values.With(r.values)
		}
		if faults := k.Missing(after); len(faults) > 0 {
			for _, f := range faults {
				l.refuse(k, r.row, f)
			}
			continue
		}
		if f, clash := t.clash(after, before.id, taken); clash {
			l.refuse(k, r.row, f)
			continue
		}
		cols, faults := t.columns(after, in)
		if len(faults) > 0 {
			for _, f := range faults {
				l.refuse(k, r.row, f)
			}
			continue
		}
		fields := before.values.Changed(k, after)
		switch {
		case !known:
			l.count(k).Added++
		case len(fields) == 0:
			l.count(k).Unchanged++
			l.saved = before.id
			continue
		default:
			l.count(k).Changed++
		}
		if !known {
			added = append(added, addition{cols, len(changes)})
			t.take(after, int64(-len(added)), taken)
			changes = append(changes, newChange(k, 0, before.values, after, fields, known))
			continue
		}
		if err := t.change(ctx, tx, before.id, cols); err != nil {
			return err
		}
		l.saved = before.id
		now := stored{id: before.id, values: after, retired: before.retired}
		byKey[key], byID[before.id] = now, now
		t.take(after, before.id, taken)
		changes = append(changes, newChange(k, before.id, before.values, after, fields, known))
	}
	if err := l.add(ctx, tx, t, added, changes); err != nil {
		return err
	}
	if err := l.note(ctx, tx, k, changes); err != nil {
		return err
	}
	if len(changes) == 0 || l.dry {
		return nil
	}
	if k.Name == catalog.KindHolding {
		return l.resizeHoldings(ctx, tx, changes)
	}
	return desk.TouchReference(ctx, tx)
}

func keyField(k *entry.Kind) string {
	if len(k.Key) == 0 {
		return ""
	}
	return k.Key[len(k.Key)-1]
}

// existing reads the entries of a table, by key and by id: all of them, or of a big kind those of the given households.
// taken has what names them besides their keys.
func (t *table) existing(ctx context.Context, tx *sqlx.Tx, households []int64) (byKey map[string]stored, byID map[int64]stored, taken map[string]int64, err error) {
	byKey, byID, taken = map[string]stored{}, map[int64]stored{}, map[string]int64{}
	query := t.selectSQL()
	var args []any
	if t.big {
		query += " WHERE e.household_id = ANY($1)"
		args = append(args, pq.Array(desk.IDs(households)))
	}
	rows, err := tx.QueryContext(ctx, query+" ORDER BY e.id", args...)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read %s: %w", t.kind.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		s, err := t.scanEntry(rows.Scan)
		if err != nil {
			return nil, nil, nil, err
		}
		byKey[s.values.Key(t.kind)], byID[s.id] = s, s
		t.take(s.values, s.id, taken)
	}
	return byKey, byID, taken, rows.Err()
}

func (t *table) take(v entry.Values, id int64, taken map[string]int64) {
	for i, fields := range t.unique {
		taken[uniqueKey(i, fields, v)] = id
	}
}

func uniqueKey(i int, fields []string, v entry.Values) string {
	parts := make([]string, 0, len(fields)+1)
	parts = append(parts, strconv.Itoa(i))
	for _, name := range fields {
		parts = append(parts, entry.FoldName(entry.Write(v[name])))
	}
	return strings.Join(parts, "\x1f")
}

// clash finds another entry that is named the same besides its key.
func (t *table) clash(v entry.Values, id int64, taken map[string]int64) (entry.Fault, bool) {
	for i, fields := range t.unique {
		if other, ok := taken[uniqueKey(i, fields, v)]; ok && other != id {
			return entry.Fault{Field: fields[len(fields)-1], Key: "directory.taken"}, true
		}
	}
	return entry.Fault{}, false
}

// addition is a new entry, and the change that notes it.
type addition struct {
	cols   map[string]any
	change int
}

// add stores new entries in the order of their rows, and gives their changes their ids.
func (l *load) add(ctx context.Context, tx *sqlx.Tx, t *table, added []addition, changes []directoryChange) error {
	if len(added) == 0 {
		return nil
	}
	ids := []int64{1} // of the one entry of a kind that has one
	if !t.kind.One {
		var err error
		if ids, err = desk.DrawIDs(ctx, tx, t.own, len(added)); err != nil {
			return err
		}
	}
	columns := append([]string{"id"}, slices.Sorted(maps.Keys(added[0].cols))...)
	rows := make([][]any, len(added))
	for i, a := range added {
		rows[i] = make([]any, len(columns))
		rows[i][0] = ids[i]
		for n, name := range columns[1:] {
			rows[i][n+1] = a.cols[name]
		}
		changes[a.change].id = ids[i]
		l.saved = ids[i]
	}
	return desk.InsertMany(ctx, tx, t.own, columns, rows, "")
}

// change changes an entry.
func (t *table) change(ctx context.Context, tx *sqlx.Tx, id int64, cols map[string]any) error {
	names := slices.Sorted(maps.Keys(cols))
	sets := make([]string, len(names))
	args := make([]any, len(names), len(names)+1)
	for i, name := range names {
		sets[i] = pq.QuoteIdentifier(name) + " = $" + strconv.Itoa(i+1)
		args[i] = cols[name]
	}
	args = append(args, id)
	_, err := tx.ExecContext(ctx, `UPDATE `+t.own+` SET `+strings.Join(sets, ", ")+` WHERE id = $`+strconv.Itoa(len(args)), args...)
	if err != nil {
		return fmt.Errorf("change %s %d: %w", t.kind.Name, id, err)
	}
	return nil
}

// change is a line of the directory's history.
type directoryChange struct {
	id            int64
	what          string
	before, after map[string]string
}

func newChange(k *entry.Kind, id int64, before, after entry.Values, fields []string, known bool) directoryChange {
	ch := directoryChange{id: id, what: "added", before: map[string]string{}, after: map[string]string{}}
	if known {
		ch.what = "changed"
	}
	for _, name := range fields {
		field, _ := k.Field(name)
		from, to := field.Show(before[name]), field.Show(after[name])
		switch {
		case field.Type == entry.IDNumber: // not even a part of it
			from, to = "", "******"
		case field.Personal:
			from, to = entry.Mask(from), entry.Mask(to)
		}
		if known {
			ch.before[name] = from
		}
		ch.after[name] = to
	}
	return ch
}

// note writes the history of changes.
func (l *load) note(ctx context.Context, tx *sqlx.Tx, k *entry.Kind, changes []directoryChange) error {
	if len(changes) == 0 || l.dry {
		return nil
	}
	n := len(changes)
	entries, whats, before, after := make([]int64, n), make([]string, n), make([]string, n), make([]string, n)
	for i, ch := range changes {
		entries[i], whats[i], before[i], after[i] = ch.id, ch.what, desk.ToJSON(ch.before), desk.ToJSON(ch.after)
	}
	a := link.ActorFrom(ctx)
	_, err := tx.ExecContext(ctx, `
		INSERT INTO directory_change (kind, entry_id, what, before, after, reason, batch_id, account, login, role, at)
		SELECT $1, e, w, b::jsonb, n::jsonb, $6, $7, $8, $9, $10, $11
		FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) AS u (e, w, b, n)`,
		k.Name, pq.Array(entries), pq.Array(whats), pq.Array(before), pq.Array(after), l.reason, desk.OrNull(l.batch), a.Account, a.Login, a.Role, l.room.Now())
	if err != nil {
		return fmt.Errorf("note changes of %s: %w", k.Name, err)
	}
	return nil
}

// households takes rows of households through the importer.
func (l *load) households(ctx context.Context, tx *sqlx.Tx, k *entry.Kind, rows []parsed) error {
	im := &importer{room: l.room, tx: tx}
	in := make([]catalog.ParsedRow, 0, len(rows))
	byLine := map[int]parsed{}
	for _, r := range rows {
		code := r.values.Text("code")
		if first, twice := l.repeated(k, code, r.row.Line); twice {
			l.refuse(k, r.row, entry.Fault{Field: "code", Key: "entry.twice", Args: map[string]string{"line": strconv.Itoa(first)}})
			continue
		}
		if number := r.values.Text("id_number"); number != "" {
			if first, twice := l.repeated(k, "id:"+number, r.row.Line); twice {
				l.refuse(k, r.row, entry.Fault{Field: "id_number", Key: "entry.twice", Args: map[string]string{"line": strconv.Itoa(first)}})
				continue
			}
		}
		byLine[r.row.Line] = r
		in = append(in, catalog.HouseholdOf(r.row.Line, r.values, l.room.Now()))
	}
	if err := im.read(ctx, in); err != nil {
		return err
	}
	for _, row := range in {
		r := byLine[row.Line]
		if im.register.Households[row.Code] == nil {
			if faults := k.Missing(k.Defaults().With(r.values)); len(faults) > 0 {
				for _, f := range faults {
					l.refuse(k, r.row, f)
				}
				continue
			}
		}
		res := im.register.Resolve(row, im.index(row))
		if res.TakenBy != "" {
			im.doubles = append(im.doubles, double{code: row.Code, holder: res.TakenBy})
		}
		for _, p := range res.Problems {
			l.refuse(k, r.row, entry.Fault{Field: p.Field, Key: p.Key, Args: p.Args})
		}
		if len(res.Problems) > 0 {
			continue
		}
		known := res.Before != nil
		switch {
		case !known:
			l.count(k).Added++
		case res.Before.Same(res.After):
			l.count(k).Unchanged++
			l.saved = res.Before.ID
			continue
		default:
			l.count(k).Changed++
		}
		id, err := im.store(ctx, row, res.Before, res.After)
		if err != nil {
			return fmt.Errorf("store row %d: %w", row.Line, err)
		}
		im.learn(row, id, res.After)
		l.saved = id
	}
	if l.dry {
		return im.flush(ctx) // later rows meet them
	}
	return im.finish(ctx, l)
}

// members takes persons of households besides their heads.
func (l *load) members(ctx context.Context, tx *sqlx.Tx, k *entry.Kind, rows []parsed) error {
	t := directoryTables[k.Name]
	codes := make([]string, len(rows))
	for i, r := range rows {
		codes[i] = strings.ToUpper(r.values.Text("household"))
	}
	in, err := readNames(ctx, tx, codes)
	if err != nil {
		return err
	}
	byKey, byID, _, err := t.existing(ctx, tx, slices.Collect(maps.Values(in.households)))
	if err != nil {
		return err
	}
	last := map[int64]int64{} // position
	for _, s := range byID {
		last[s.id/100] = max(last[s.id/100], s.id%100)
	}
	holders, err := l.room.holders(ctx, tx, rows)
	if err != nil {
		return err
	}
	var changes []directoryChange
	var persons [][]any
	for _, r := range rows {
		code := strings.ToUpper(r.values.Text("household"))
		key := r.values.Key(k)
		if first, twice := l.repeated(k, key, r.row.Line); twice {
			l.refuse(k, r.row, entry.Fault{Field: "name", Key: "entry.twice", Args: map[string]string{"line": strconv.Itoa(first)}})
			continue
		}
		before, known := byKey[key]
		if l.id != 0 {
			if known && before.id != l.id {
				l.refuse(k, r.row, entry.Fault{Field: "name", Key: "directory.taken"})
				continue
			}
			if before, known = byID[l.id]; !known {
				return link.E(link.NotFound, "directory.entry", "id")
			}
		}
		after := k.Defaults().With(r.values)
		if known {
			after = before.values.With(r.values)
		}
		number := r.values.Text("id_number")
		if number != "" {
			born, female, _ := entry.ReadIDNumber(number, l.room.Now())
			after["born"], after["female"] = int64(born), map[bool]string{true: "female", false: "male"}[female]
		}
		if faults := k.Missing(after); len(faults) > 0 {
			for _, f := range faults {
				l.refuse(k, r.row, f)
			}
			continue
		}
		household, ok := in.households[code]
		if !ok {
			l.refuse(k, r.row, fault("household", "directory.unknown", "value", code)[0])
			continue
		}
		position := last[household]
		if known {
			position = before.id % 100
		} else {
			position = max(position, 1) + 1
		}
		if position > 99 {
			l.refuse(k, r.row, entry.Fault{Field: "household", Key: "directory.member.many"})
			continue
		}
		sealed, index := l.room.Seal(number, code)
		if number != "" {
			if holder, taken := holders[number]; taken && (holder.Code != code || int64(holder.Position) != position) {
				l.refuse(k, r.row, fault("id_number", "import.id_number.taken", "code", holder.Code)[0])
				continue
			}
			holders[number] = catalog.IDHolder{Code: code, Position: int(position)}
		}
		fields := before.values.Changed(k, after)
		if known && number == "" {
			fields = slices.DeleteFunc(fields, func(f string) bool { return f == "id_number" })
		}
		if known && number != "" {
			var same bool
			err := tx.GetContext(ctx, &same, `SELECT coalesce(id_index = ANY($3), false) FROM person WHERE household_id = $1 AND position = $2`,
				household, position, pq.ByteaArray(l.room.Cipher.Indexes(number)))
			if err != nil {
				return fmt.Errorf("compare id number: %w", err)
			}
			if same {
				fields = slices.DeleteFunc(fields, func(f string) bool { return f == "id_number" })
			}
		}
		switch {
		case !known:
			l.count(k).Added++
		case len(fields) == 0:
			l.count(k).Unchanged++
			l.saved = before.id
			continue
		default:
			l.count(k).Changed++
		}
		persons = append(persons, []any{household, position, after.Text("name"), after.Text("relation"), after.Int("born"),
			after.Text("female") == "female", sealed, index})
		last[household] = max(last[household], position)
		id := household*100 + position
		now := stored{id: id, values: after}
		byKey[key], byID[id] = now, now
		l.saved = id
		changes = append(changes, newChange(k, id, before.values, after, fields, known))
	}
	err = desk.InsertMany(ctx, tx, "person", personColumns, persons, `
		ON CONFLICT (household_id, position) DO UPDATE
		SET name = excluded.name, relation = excluded.relation, born = excluded.born, female = excluded.female,
		    id_sealed = coalesce(excluded.id_sealed, person.id_sealed), id_index = coalesce(excluded.id_index, person.id_index)`)
	if err != nil {
		return fmt.Errorf("store members: %w", err)
	}
	return l.note(ctx, tx, k, changes)
}

var personColumns = []string{"household_id", "position", "name", "relation", "born", "female", "id_sealed", "id_index"}

// holders finds the persons who have the id numbers of rows.
func (m *Room) holders(ctx context.Context, tx *sqlx.Tx, rows []parsed) (map[string]catalog.IDHolder, error) {
	number := map[string]string{} // by index
	var indexes pq.ByteaArray
	for _, r := range rows {
		if n := r.values.Text("id_number"); n != "" {
			for _, index := range m.Cipher.Indexes(n) {
				number[string(index)] = n
				indexes = append(indexes, index)
			}
		}
	}
	found := map[string]catalog.IDHolder{}
	if len(indexes) == 0 {
		return found, nil
	}
	res, err := tx.QueryContext(ctx, `
		SELECT p.id_index, h.code, p.position FROM person p JOIN household h ON h.id = p.household_id
		WHERE p.id_index = ANY($1) AND p.retired_at IS NULL`, indexes)
	if err != nil {
		return nil, fmt.Errorf("read id numbers: %w", err)
	}
	defer res.Close()
	for res.Next() {
		var index []byte
		var holder catalog.IDHolder
		if err := res.Scan(&index, &holder.Code, &holder.Position); err != nil {
			return nil, fmt.Errorf("read id numbers: %w", err)
		}
		found[number[string(index)]] = holder
	}
	return found, res.Err()
}

// resizeHoldings has households with another holding looked at like those with another flock or garden.
func (l *load) resizeHoldings(ctx context.Context, tx *sqlx.Tx, changes []directoryChange) error {
	if err := desk.TouchReference(ctx, tx); err != nil {
		return err
	}
	var fewer []int64
	was := map[int64]int64{}
	for _, ch := range changes {
		before, _ := strconv.ParseInt(ch.before["units"], 10, 64)
		after, _ := strconv.ParseInt(ch.after["units"], 10, 64)
		if ch.what == "changed" && after < before {
			fewer = append(fewer, ch.id)
			was[ch.id] = before
		}
	}
	if len(fewer) == 0 {
		return nil
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT c.id, c.product_id, `+desk.SupplyColumns+` FROM `+desk.SupplyTables+` JOIN holding c ON c.household_id = h.id WHERE c.id = ANY($1) ORDER BY c.id`,
		pq.Array(fewer))
	if err != nil {
		return fmt.Errorf("read holdings: %w", err)
	}
	defer rows.Close()
	var all []desk.Resized
	for rows.Next() {
		var id, product int64
		after, err := desk.ScanSupply(rows.Scan, &id, &product)
		if err != nil {
			return fmt.Errorf("read holdings: %w", err)
		}
		before := after
		before.Holdings = maps.Clone(after.Holdings)
		before.Holdings[product] = was[id]
		all = append(all, desk.Resized{ID: after.ID, Before: before, After: after})
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read holdings: %w", err)
	}
	rows.Close()
	return l.room.store.HoldOversold(ctx, tx, all)
}

// keepBatch is how long a batch keeps its rows.
const keepBatch = 24 * time.Hour
