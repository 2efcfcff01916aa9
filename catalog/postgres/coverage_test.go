package postgres_test

import (
	"testing"

	"banmuyuan/catalog"
)

// The figures of the desk equal the sums of the lists, and entries out of use count in neither.
func TestFiguresAreTheSumsOfTheLists(t *testing.T) {
	b := setup(t)
	c := b.seeded()
	none, err := c.Coverage(operator, catalog.CoverageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if none.SolarPlants != 0 || none.SolarKW != 0 || none.EntrustedMilliMu != 0 {
		t.Errorf("a county without stations and entrusted land has %+v", none)
	}
	for _, statement := range []string{
		`UPDATE village SET solar_kw = 300 WHERE id = 1`,
		`UPDATE village SET solar_kw = 55 WHERE id = 2`,
		`UPDATE village SET solar_kw = 9, retired_at = now() WHERE id = 3`,
		`INSERT INTO solar_station (code, name, kw, village_id) VALUES ('GF-1', '一号站', 30, 2), ('GF-2', '二号站', 40, 2), ('GF-3', '三号站', 8, 3)`,
		`INSERT INTO solar_station (code, name, kw, village_id, retired_at) VALUES ('GF-4', '四号站', 1000, 2, now())`,
		`UPDATE household SET garden_m2 = 100 * id`,
		`UPDATE organisation SET members = 0`,
		`UPDATE organisation SET members = 40 WHERE id = (SELECT min(id) FROM organisation WHERE kind = 'cooperative')`,
		`INSERT INTO membership (org_id, household_id, entrusted) SELECT o.id, h.id, 1250 FROM organisation o, household h WHERE o.kind = 'cooperative' AND h.id <= 3`,
		`UPDATE membership SET retired_at = now() WHERE household_id = 3`,
	} {
		if _, err := b.db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	got, err := c.Coverage(operator, catalog.CoverageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got.SolarPlants != 3 || got.SolarKW != 300+30+40 || got.EntrustedMilliMu != 4*1250 || got.CoopMembers != 40+2 {
		t.Errorf("figures %+v", got)
	}
	if wrong := got.CheckSums(); len(wrong) > 0 {
		t.Errorf("the lists say otherwise: %v", wrong)
	}
	// The same household in the lists and in the county, or in neither.
	if _, err := b.db.Exec(`UPDATE household SET retired_at = now() WHERE id = 2`); err != nil {
		t.Fatal(err)
	}
	if got, err = c.Coverage(operator, catalog.CoverageRequest{}); err != nil || got.EntrustedMilliMu != 2*1250 || len(got.CheckSums()) > 0 {
		t.Errorf("without household 2: %+v, %v, %v", got, got.CheckSums(), err)
	}
}
