package directory

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/entry"
)

// table says where the entries of a kind are and how their fields are columns. A kind of some thousand entries is read
// whole; households, and the kinds that belong to them, have stores of their own.
type table struct {
	kind   *entry.Kind
	from   string            // tables of the query; the kind's own is e
	fields map[string]string // expressions of fields that are not a column of e of the same name
	unique [][]string        // fields that name an entry besides its key
	own    string            // the kind's table
	row    string            // condition of the row with the id $1 in own, "" for id = $1
	found  string            // tables of the query with a column search, by their letters
	big    bool              // entries are read by key, not whole

	// columns returns the columns of an entry's values.
	columns func(v entry.Values, in *names) (map[string]any, []entry.Fault)
}

func tables() map[string]*table {
	all := []*table{
		{kind: kindOf(catalog.KindCounty), own: "county", from: "county e", columns: plain},
		{kind: kindOf(catalog.KindReported), own: "reported_year", from: "reported_year e", columns: plain},
		{kind: kindOf(catalog.KindTownship), found: "e", own: "township", from: "township e", columns: plain},
		{kind: kindOf(catalog.KindVillage), found: "et", own: "village", from: "village e JOIN township t ON t.id = e.township_id",
			fields: map[string]string{"township": "t.name"}, unique: [][]string{{"township", "name"}}, columns: villageColumns},
		{kind: kindOf(catalog.KindStation), found: "vt", own: "solar_station", columns: stationColumns,
			from:   "solar_station e JOIN village v ON v.id = e.village_id JOIN township t ON t.id = v.township_id",
			fields: map[string]string{"township": "t.name", "village": "v.name"}},
		{kind: kindOf(catalog.KindHelper), found: "e", own: "helper", from: "helper e", columns: plain},
		{kind: kindOf(catalog.KindOrganisation), found: "e", own: "organisation", columns: organisationColumns,
			from:   "organisation e LEFT JOIN township t ON t.id = e.township_id LEFT JOIN village v ON v.id = e.village_id",
			fields: map[string]string{"township": "coalesce(t.name, '')", "village": "coalesce(v.name, '')", "members": "e.members::bigint"}},
		{kind: kindOf(catalog.KindPoint), found: "evto", own: "collection_point", columns: pointColumns,
			from: `collection_point e JOIN village v ON v.id = e.village_id JOIN township t ON t.id = v.township_id
				JOIN organisation o ON o.id = e.org_id`,
			fields: map[string]string{"township": "t.name", "village": "v.name", "org": "o.name"}},
		{kind: kindOf(catalog.KindProgramme), own: "programme", from: "programme e", unique: [][]string{{"name"}}, columns: plain},
		{kind: kindOf(catalog.KindProduct), found: "e", own: "product", columns: productColumns,
			from: "product e LEFT JOIN programme p ON p.code = e.programme",
			fields: map[string]string{"programme": "coalesce(p.name, e.programme)",
				"name": "e.name ->> 'zh'", "name_en": "e.name ->> 'en'",
				"story": "coalesce(e.story ->> 'zh', '')", "story_en": "coalesce(e.story ->> 'en', '')",
				"storage": "coalesce(e.storage ->> 'zh', '')", "storage_en": "coalesce(e.storage ->> 'en', '')",
				"cooking": "coalesce(e.cooking ->> 'zh', '')", "cooking_en": "coalesce(e.cooking ->> 'en', '')"}},
		{kind: kindOf(catalog.KindHousehold), found: "evt", own: "household", big: true,
			from: `household e JOIN village v ON v.id = e.village_id JOIN township t ON t.id = v.township_id
				LEFT JOIN helper p ON p.id = e.helper_id LEFT JOIN organisation o ON o.id = e.raiser_org`,
			fields: map[string]string{"township": "t.name", "village": "v.name", "id_number": "''", "persons": "e.persons::bigint", "needs": "e.kinds",
				"helper": "CASE WHEN p.id IS NULL THEN '' WHEN p.unit = '' THEN p.name ELSE p.name || '（' || p.unit || '）' END",
				"raiser": "coalesce(o.name, '')",
				"programmes": "ARRAY(SELECT coalesce(g.name, c.code) FROM unnest(e.programmes) WITH ORDINALITY AS c (code, n) " +
					"LEFT JOIN programme g ON g.code = c.code ORDER BY c.n)"}},
		{kind: kindOf(catalog.KindMember), found: "h", own: "person", row: "household_id = $1::bigint / 100 AND position = $1::bigint % 100 AND position > 1", big: true, columns: nil,
			from: "(SELECT *, household_id * 100 + position AS id FROM person) e JOIN household h ON h.id = e.household_id AND e.position > 1",
			fields: map[string]string{"household": "h.code", "id_number": "''", "born": "e.born::bigint",
				"female": "CASE WHEN e.female THEN 'female' ELSE 'male' END"}},
		{kind: kindOf(catalog.KindHolding), found: "hr", own: "holding", big: true, columns: holdingColumns,
			from:   "holding e JOIN household h ON h.id = e.household_id JOIN product r ON r.id = e.product_id",
			fields: map[string]string{"household": "h.code", "product": "r.name ->> 'zh'"}},
		{kind: kindOf(catalog.KindMembership), found: "ho", own: "membership", big: true, columns: membershipColumns,
			from:   "membership e JOIN household h ON h.id = e.household_id JOIN organisation o ON o.id = e.org_id",
			fields: map[string]string{"household": "h.code", "org": "o.name"}},
		{kind: kindOf(catalog.KindConsent), found: "h", own: "consent", big: true, columns: nil,
			from: `(SELECT DISTINCT ON (household_id) *, coalesce(given_on, (at AT TIME ZONE 'Asia/Shanghai')::date)::text AS day FROM consent ORDER BY household_id, id DESC) e
				JOIN household h ON h.id = e.household_id AND h.consent AND e.given LEFT JOIN helper p ON p.id = h.helper_id`,
			fields: map[string]string{"household": "h.code", "given_on": "e.day",
				"helper": "CASE WHEN p.id IS NULL THEN '' WHEN p.unit = '' THEN p.name ELSE p.name || '（' || p.unit || '）' END"}},
	}
	by := make(map[string]*table, len(all))
	for _, t := range all {
		by[t.kind.Name] = t
	}
	return by
}

var directoryTables = tables()

func kindOf(name string) *entry.Kind {
	k, ok := catalog.KindByName(name)
	if !ok {
		panic("no kind " + name)
	}
	return k
}

// selectSQL returns the query of a kind's entries: id, whether it is retired, and its fields in their order.
func (t *table) selectSQL() string {
	exprs := make([]string, 0, len(t.kind.Fields)+2)
	retired := "NULL::timestamptz"
	if !t.kind.Stays {
		retired = "e.retired_at"
	}
	exprs = append(exprs, "e.id", retired)
	for i := range t.kind.Fields {
		name := t.kind.Fields[i].Name
		if expr, ok := t.fields[name]; ok {
			exprs = append(exprs, expr)
			continue
		}
		exprs = append(exprs, "e."+pq.QuoteIdentifier(name))
	}
	return "SELECT " + strings.Join(exprs, ", ") + " FROM " + t.from
}

// stored is an entry as it is stored.
type stored struct {
	id      int64
	retired sql.NullTime
	values  entry.Values
}

// scanEntry scans a row of selectSQL.
func (t *table) scanEntry(scan func(...any) error) (stored, error) {
	s := stored{values: make(entry.Values, len(t.kind.Fields))}
	dest := make([]any, 0, len(t.kind.Fields)+2)
	dest = append(dest, &s.id, &s.retired)
	for i := range t.kind.Fields {
		switch t.kind.Fields[i].Type {
		case entry.Count, entry.Year, entry.Mu, entry.Square, entry.Grams, entry.Money, entry.Percent:
			dest = append(dest, new(int64))
		case entry.Degrees:
			dest = append(dest, new(float64))
		case entry.Flag:
			dest = append(dest, new(bool))
		case entry.Choices, entry.Refs:
			dest = append(dest, new(pq.StringArray))
		default:
			dest = append(dest, new(string))
		}
	}
	if err := scan(dest...); err != nil {
		return s, fmt.Errorf("scan %s: %w", t.kind.Name, err)
	}
	for i := range t.kind.Fields {
		name := t.kind.Fields[i].Name
		switch v := dest[i+2].(type) {
		case *int64:
			s.values[name] = *v
		case *float64:
			s.values[name] = *v
		case *bool:
			s.values[name] = *v
		case *pq.StringArray:
			s.values[name] = append([]string{}, *v...)
		case *string:
			s.values[name] = *v
		}
	}
	return s, nil
}

// plain takes each field as the column of its name.
func plain(v entry.Values, _ *names) (map[string]any, []entry.Fault) {
	cols := make(map[string]any, len(v))
	maps.Copy(cols, v)
	return cols, nil
}

func fault(field, key string, args ...string) []entry.Fault {
	f := entry.Fault{Field: field, Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = map[string]string{}
		}
		f.Args[args[i]] = args[i+1]
	}
	return []entry.Fault{f}
}

func villageColumns(v entry.Values, in *names) (map[string]any, []entry.Fault) {
	cols, _ := plain(v, in)
	delete(cols, "township")
	id, ok := in.townships[entry.FoldName(v.Text("township"))]
	if !ok {
		return nil, fault("township", "directory.unknown", "value", v.Text("township"))
	}
	cols["township_id"] = id
	return cols, nil
}

// place returns the ids of an entry's township and village; both are 0 where none is named.
func (in *names) place(v entry.Values) (township, village int64, faults []entry.Fault) {
	if v.Text("township") == "" {
		return 0, 0, nil
	}
	township, ok := in.townships[entry.FoldName(v.Text("township"))]
	if !ok {
		return 0, 0, fault("township", "directory.unknown", "value", v.Text("township"))
	}
	if v.Text("village") == "" {
		return township, 0, nil
	}
	village, ok = in.villages[villageName(v.Text("township"), v.Text("village"))]
	if !ok {
		if like, found := catalog.VillageLike(in.places, v.Text("township"), v.Text("village")); found {
			return 0, 0, fault("village", "directory.village.like", "township", v.Text("township"), "value", v.Text("village"), "in", like[0], "like", like[1])
		}
		return 0, 0, fault("village", "directory.village", "township", v.Text("township"), "value", v.Text("village"))
	}
	return township, village, nil
}

func organisationColumns(v entry.Values, in *names) (map[string]any, []entry.Fault) {
	cols, _ := plain(v, in)
	delete(cols, "township")
	delete(cols, "village")
	township, village, faults := in.place(v)
	if faults != nil {
		return nil, faults
	}
	cols["township_id"], cols["village_id"] = desk.OrNull(township), desk.OrNull(village)
	return cols, nil
}

func stationColumns(v entry.Values, in *names) (map[string]any, []entry.Fault) {
	cols, _ := plain(v, in)
	delete(cols, "township")
	delete(cols, "village")
	_, village, faults := in.place(v)
	if faults != nil {
		return nil, faults
	}
	cols["village_id"] = village
	return cols, nil
}

func pointColumns(v entry.Values, in *names) (map[string]any, []entry.Fault) {
	cols, _ := plain(v, in)
	delete(cols, "township")
	delete(cols, "village")
	delete(cols, "org")
	_, village, faults := in.place(v)
	if faults != nil {
		return nil, faults
	}
	org, ok := in.organisations[entry.FoldName(v.Text("org"))]
	switch {
	case !ok:
		return nil, fault("org", "directory.unknown", "value", v.Text("org"))
	case org.Kind != catalog.OrgCooperative:
		return nil, fault("org", "directory.cooperative", "value", v.Text("org"))
	}
	cols["village_id"], cols["org_id"] = village, org.ID
	return cols, nil
}

func productColumns(v entry.Values, in *names) (map[string]any, []entry.Fault) {
	cols, _ := plain(v, in)
	programme, ok := in.programmes[entry.FoldName(v.Text("programme"))]
	if !ok {
		return nil, fault("programme", "directory.unknown", "value", v.Text("programme"))
	}
	cols["programme"] = programme
	for _, name := range []string{"name", "story", "storage", "cooking"} {
		cols[name] = desk.ToJSON(catalog.Text{Zh: v.Text(name), En: v.Text(name + "_en")})
		delete(cols, name+"_en")
	}
	cols["grades"] = desk.Texts(v.List("grades"))
	return cols, nil
}

func holdingColumns(v entry.Values, in *names) (map[string]any, []entry.Fault) {
	household, ok := in.households[strings.ToUpper(v.Text("household"))]
	if !ok {
		return nil, fault("household", "directory.unknown", "value", v.Text("household"))
	}
	product, ok := in.products[entry.FoldName(v.Text("product"))]
	if !ok {
		return nil, fault("product", "directory.unknown", "value", v.Text("product"))
	}
	return map[string]any{"household_id": household, "product_id": product, "units": v.Int("units")}, nil
}

func membershipColumns(v entry.Values, in *names) (map[string]any, []entry.Fault) {
	household, ok := in.households[strings.ToUpper(v.Text("household"))]
	if !ok {
		return nil, fault("household", "directory.unknown", "value", v.Text("household"))
	}
	org, ok := in.organisations[entry.FoldName(v.Text("org"))]
	switch {
	case !ok:
		return nil, fault("org", "directory.unknown", "value", v.Text("org"))
	case org.Kind != catalog.OrgCooperative:
		return nil, fault("org", "directory.cooperative", "value", v.Text("org"))
	}
	return map[string]any{"household_id": household, "org_id": org.ID, "shares": v.Int("shares"), "share_fen": v.Int("share_fen"),
		"entrusted": v.Int("entrusted"), "since": v.Text("since")}, nil
}

// names finds the ids that cells name, as the transaction sees them. Retired entries are left out: nothing new refers to
// them.
type names struct {
	townships     map[string]int64
	villages      map[string]int64
	places        [][2]string // township and village
	organisations map[string]catalog.Organisation
	programmes    map[string]string // codes
	products      map[string]int64
	households    map[string]int64 // only the codes asked for
}

func villageName(township, village string) string {
	return entry.FoldName(township) + "\x1f" + entry.FoldName(village)
}

// readNames reads the names of all small kinds, and the households with the given codes.
func readNames(ctx context.Context, tx *sqlx.Tx, codes []string) (*names, error) {
	in := &names{townships: map[string]int64{}, villages: map[string]int64{}, organisations: map[string]catalog.Organisation{},
		programmes: map[string]string{}, products: map[string]int64{}, households: map[string]int64{}}
	err := desk.Each(ctx, tx, `SELECT id, name FROM township WHERE retired_at IS NULL`, func(scan func(...any) error) error {
		var id int64
		var name string
		err := scan(&id, &name)
		in.townships[entry.FoldName(name)] = id
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read townships: %w", err)
	}
	err = desk.Each(ctx, tx, `SELECT v.id, t.name, v.name FROM village v JOIN township t ON t.id = v.township_id WHERE v.retired_at IS NULL`,
		func(scan func(...any) error) error {
			var id int64
			var township, name string
			err := scan(&id, &township, &name)
			in.villages[villageName(township, name)] = id
			in.places = append(in.places, [2]string{township, name})
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read villages: %w", err)
	}
	err = desk.Each(ctx, tx, `SELECT id, name, kind, raiser_bp FROM organisation WHERE retired_at IS NULL`, func(scan func(...any) error) error {
		var o catalog.Organisation
		err := scan(&o.ID, &o.Name, &o.Kind, &o.RaiserBP)
		in.organisations[entry.FoldName(o.Name)] = o
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read organisations: %w", err)
	}
	err = desk.Each(ctx, tx, `SELECT code, name, name_en FROM programme WHERE retired_at IS NULL`, func(scan func(...any) error) error {
		var code, zh, en string
		err := scan(&code, &zh, &en)
		for _, name := range []string{code, zh, en} {
			in.programmes[entry.FoldName(name)] = code
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read programmes: %w", err)
	}
	err = desk.Each(ctx, tx, `SELECT id, code, name FROM product WHERE retired_at IS NULL`, func(scan func(...any) error) error {
		var id int64
		var code string
		var name desk.AsJSON[catalog.Text]
		err := scan(&id, &code, &name)
		for _, n := range []string{code, name.V.Zh, name.V.En} {
			in.products[entry.FoldName(n)] = id
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	if len(codes) == 0 {
		return in, nil
	}
	rows, err := tx.QueryContext(ctx, `SELECT id, code FROM household WHERE code = ANY($1) AND retired_at IS NULL`, pq.Array(codes))
	if err != nil {
		return nil, fmt.Errorf("read households: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var code string
		if err := rows.Scan(&id, &code); err != nil {
			return nil, fmt.Errorf("read households: %w", err)
		}
		in.households[code] = id
	}
	return in, rows.Err()
}
