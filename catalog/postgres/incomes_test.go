package postgres_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
)

// tell applies events of the income ledger as the consumer does.
func (b *bundle) tell(incomes ...catalog.SeasonIncome) error {
	b.t.Helper()
	data, err := json.Marshal(catalog.IncomesChanged{Incomes: incomes})
	if err != nil {
		b.t.Fatal(err)
	}
	return link.InTx(b.t.Context(), b.db, nil, func(tx *sqlx.Tx) error {
		return postgres.ApplyIncomes(b.t.Context(), tx, []link.Event{{Subject: catalog.EvtIncomeChanged, Data: data}})
	})
}

func (b *bundle) told(incomes ...catalog.SeasonIncome) {
	b.t.Helper()
	if err := b.tell(incomes...); err != nil {
		b.t.Fatal(err)
	}
}

func paid(household, fen, version int64) catalog.SeasonIncome {
	return catalog.SeasonIncome{HouseholdID: household, Season: 2026, PaidFen: fen, Version: version}
}

// levels are the level of each household of the geese, by a dry run of everything.
func (b *bundle) levels(c *postgres.Catalog) map[int64]int64 {
	b.t.Helper()
	b.refresh(c)
	left := b.count(`SELECT sum(capacity - reserved - delivered) FROM lot WHERE presale_id = $1`, geese)
	run, err := c.DryRun(county(b.t.Context()), catalog.DryRunRequest{PresaleID: geese, Qty: left})
	if err != nil {
		b.t.Fatal(err)
	}
	levels := map[int64]int64{}
	for i, h := range run.Households {
		levels[h] = run.LevelFen[i]
	}
	return levels
}

// Money from a dividend, a counter or a solar station makes others come first.
func TestIncomeFromElsewhereCounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	first, err := c.Reserve(t.Context(), b.reserve(geese, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	got := first.Lines[0].Households[0]
	if err := b.tell(); err != nil {
		t.Fatal(err)
	}
	var all []catalog.SeasonIncome
	for h := int64(1); h <= 6; h++ {
		if h != got {
			all = append(all, paid(h, 90_000_00, 1))
		}
	}
	b.told(all...)
	b.refresh(c)
	again, err := c.Reserve(t.Context(), b.reserve(geese, 2, 2))
	if err != nil || again.Lines[0].Households[0] != got {
		t.Errorf("%+v, %v: want household %d, which alone has not earned ¥90,000", again, err, got)
	}
	b.verify(c)
}

// A unit counts once: by the presale's estimate while the ledger does not know it, then by the ledger, and not at all when it
// was released.
func TestAUnitCountsOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	before := b.levels(c)
	r, err := c.Reserve(t.Context(), b.reserve(geese, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	h, lot := r.Lines[0].Households[0], r.Lines[0].Lots[0]
	held := b.levels(c)
	if before[h] != 0 || held[h] <= 0 {
		t.Fatalf("household %d stood at %d, and at %d with two geese held", h, before[h], held[h])
	}
	// The ledger tells what the two geese will bring at the order's own price.
	b.told(catalog.SeasonIncome{HouseholdID: h, Season: 2026, ExpectedFen: 300_00, Lots: []int64{lot}, Units: []int64{2}, Version: 1})
	var persons int64
	for _, s := range smallCounty().Households {
		if s.ID == h {
			persons = int64(s.Persons)
		}
	}
	if l := b.levels(c)[h]; l != 300_00/persons {
		t.Errorf("the ledger expects ¥300 of them for %d persons, and the level is %d", persons, l)
	}
	b.verify(c)
	b.command(c, catalog.CmdRelease, catalog.HoldRelease{OrderID: 1})
	b.told(catalog.SeasonIncome{HouseholdID: h, Season: 2026, Version: 2})
	if l := b.levels(c)[h]; l != 0 {
		t.Errorf("nothing is left, and the level is %d", l)
	}
	b.verify(c)
}

// Events come late, twice and in any order: the highest version holds, in memory of every process too.
func TestTheLatestIncomeHolds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := b.seeded()
	two, _ := b.process()
	b.told(paid(1, 500, 5))
	b.told(paid(1, 500, 5))
	b.told(paid(1, 400, 4), paid(2, 77, 4))                                            // late: an older figure of household 1
	b.told(catalog.SeasonIncome{HouseholdID: 1, Season: 2019, PaidFen: 9, Version: 9}) // a season of before the register's
	b.told(paid(99, 5, 1))                                                             // a household whose import is on its way
	for _, c := range []*postgres.Catalog{one, two} {
		b.refresh(c)
		b.verify(c)
	}
	if n := b.count(`SELECT paid_fen FROM household_income WHERE household_id = 1 AND season = 2026`); n != 500 {
		t.Errorf("household 1 has %d", n)
	}
	if err := b.tell(paid(0, 1, 1)); link.CodeOf(err) != link.Invalid {
		t.Errorf("an income of nobody: %v", err)
	}
	facts, err := one.HouseholdFacts(link.System(t.Context(), "test"), catalog.HouseholdFactsRequest{Incomes: true})
	if err != nil || len(facts.Items) != 6 || len(facts.Incomes) != 3 {
		t.Errorf("%+v, %v", facts, err)
	}
	if facts, err = one.HouseholdFacts(link.System(t.Context(), "test"), catalog.HouseholdFactsRequest{}); err != nil || facts.Incomes != nil {
		t.Errorf("incomes that nobody asked for: %+v, %v", facts.Incomes, err)
	}
}

// A reservation that was divided before a figure changed is divided anew.
func TestAnIncomeFencesReservations(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cfg := b.config()
	cfg.Refresh = time.Hour
	c, _ := b.processWith(cfg)
	b.load(c, smallCounty())
	lowest, err := c.Reserve(t.Context(), b.reserve(geese, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	b.command(c, catalog.CmdRelease, catalog.HoldRelease{OrderID: 1})
	h := lowest.Lines[0].Households[0]
	b.told(paid(h, 90_000_00, 1)) // memory does not know
	next, err := c.Reserve(t.Context(), b.reserve(geese, 2, 2))
	if err != nil || slices.Contains(next.Lines[0].Households, h) {
		t.Errorf("%+v, %v: household %d has earned ¥90,000 meanwhile", next, err, h)
	}
}
