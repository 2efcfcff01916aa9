package income

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
)

// sumsSQL are the three stages apart.
const sumsSQL = `coalesce(sum(e.amount_fen) FILTER (WHERE e.stage = 'expected'), 0)::bigint AS expected_fen,
	coalesce(sum(e.amount_fen) FILTER (WHERE e.stage IN ('owed', 'released')), 0)::bigint AS owed_fen,
	coalesce(sum(e.amount_fen) FILTER (WHERE e.stage = 'paid'), 0)::bigint AS paid_fen`

type sums struct {
	ExpectedFen int64 `db:"expected_fen"`
	OwedFen     int64 `db:"owed_fen"`
	PaidFen     int64 `db:"paid_fen"`
}

func (s sums) Out() orders.IncomeSum { return orders.IncomeSum(s) }

type entryRow struct {
	SourceKey  string             `db:"source_key"`
	Season     int                `db:"season"`
	Month      int                `db:"month"`
	Programme  string             `db:"programme"`
	Channel    catalog.Channel    `db:"channel"`
	Product    string             `db:"product"`
	OfferID    int64              `db:"offer_id"`
	Qty        int64              `db:"qty"`
	NetGrams   int64              `db:"net_grams"`
	GrossFen   int64              `db:"gross_fen"`
	FeeFen     int64              `db:"fee_fen"`
	VillageBP  int64              `db:"village_bp"`
	AgentOrg   int64              `db:"agent_org"`
	AgentBP    int64              `db:"agent_bp"`
	AgentFen   int64              `db:"agent_fen"`
	AdvanceFen int64              `db:"advance_fen"`
	AmountFen  int64              `db:"amount_fen"`
	Stage      orders.IncomeStage `db:"stage"`
	OccurredOn time.Time          `db:"occurred_on"`
	PaidOn     *time.Time         `db:"paid_on"`
	PayoutItem int64              `db:"payout_item"`
	OrderID    int64              `db:"order_id"`
	Line       int                `db:"line"`
	TicketID   int64              `db:"ticket_id"`
	Policy     string             `db:"policy"`
	LevelFen   int64              `db:"level_fen"`
	AdoptionID int64              `db:"adoption_id"`
}

// Income is a household's ledger of a season: expected, owed and paid income.
func (m *Room) Income(ctx context.Context, r orders.IncomeRequest) (orders.Income, error) {
	household, err := m.MayEarn(ctx, r.HouseholdID)
	if err != nil {
		return orders.Income{}, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return orders.Income{}, err
	}
	season := cmp.Or(r.Season, ref.Season)
	if season < 0 || season > 9999 {
		return orders.Income{}, link.E(link.Invalid, "income.season", "season")
	}
	home, err := m.home(ctx, household)
	if err != nil {
		return orders.Income{}, err
	}
	inc := orders.Income{HouseholdID: household, Persons: home.Persons, Season: season, Entries: []orders.IncomeEntry{}}
	var rows []entryRow
	err = m.DB.SelectContext(ctx, &rows, `
		SELECT e.source_key, e.season, e.month, e.programme, e.channel, e.product, e.offer_id, e.qty, e.net_grams, e.gross_fen, e.fee_fen, e.agent_org,
		       e.agent_bp, e.agent_fen, e.advance_fen, e.amount_fen, e.stage, e.occurred_on, e.paid_on, e.payout_item, e.order_id, e.line, e.ticket_id,
		       e.policy, e.level_fen, e.adoption_id, coalesce(l.village_bp, a.village_bp, 0) AS village_bp
		FROM income_entry e
		LEFT JOIN order_line l ON l.order_id = e.order_id AND l.no = e.line
		LEFT JOIN adoption a ON a.id = e.adoption_id
		WHERE e.household_id = $1 AND e.season = $2 ORDER BY e.occurred_on DESC, e.source_key`, household, season)
	if err != nil {
		return inc, fmt.Errorf("read income of household %d: %w", household, err)
	}
	if err := m.fillEntries(ctx, &inc, rows, ref); err != nil {
		return inc, err
	}
	inc.PerPersonFen = orders.PerPerson(inc.Sum.Total(), int64(home.Persons))
	inc.Years, err = m.years(ctx, household, home, season)
	inc.CarriedFen = orders.Carried(inc.Years, season)
	return inc, err
}

func (m *Room) fillEntries(ctx context.Context, inc *orders.Income, rows []entryRow, ref *desk.Names) error {
	var ids []int64
	for _, e := range rows {
		if e.OfferID != 0 {
			ids = append(ids, e.OfferID)
		}
	}
	known, err := m.Offers.Get(ctx, m.DB, ids...)
	if err != nil {
		return err
	}
	var groups orders.IncomeGroups
	for _, r := range rows {
		e := orders.IncomeEntry{
			SourceKey: r.SourceKey, Season: r.Season, Month: r.Month, Programme: r.Programme, Channel: r.Channel, Product: r.Product,
			Title: ref.Products[r.Product].Name, Unit: ref.Products[r.Product].OrderUnit, Qty: r.Qty, NetGrams: r.NetGrams,
			GrossFen: r.GrossFen, FeeFen: r.FeeFen, VillageBP: r.VillageBP, Agent: ref.Orgs[r.AgentOrg].Name, AgentBP: r.AgentBP, AgentFen: r.AgentFen, AdvanceFen: r.AdvanceFen,
			Released: r.Stage == orders.StageReleased, OccurredOn: r.OccurredOn, PaidOn: r.PaidOn,
			Line: r.Line, TicketID: r.TicketID, PayoutItem: r.PayoutItem, Policy: r.Policy, LevelFen: r.LevelFen,
		}
		if o := known[r.OfferID]; o != nil {
			e.Title, e.Unit = o.Title, o.Unit
		}
		if r.OrderID != 0 {
			e.OrderNo = orders.Number(r.OrderID)
		}
		if r.AdoptionID != 0 {
			e.AdoptionNo = adopt.Number(r.AdoptionID)
		}
		if r.TicketID != 0 {
			e.TicketNo = orders.TicketNumber(r.TicketID)
		}
		s := r.Stage.Sum(r.AmountFen)
		e.ExpectedFen, e.OwedFen, e.PaidFen = s.ExpectedFen, s.OwedFen, s.PaidFen
		inc.Entries = append(inc.Entries, e)
		inc.Sum = inc.Sum.Plus(s)
		groups.Add(r.Month, r.Programme, r.Channel, s)
	}
	inc.ByMonth, inc.ByProgramme, inc.ByChannel = groups.Months(), groups.Programmes(), groups.Channels()
	return nil
}

// years compares the household's seasons up to one with its village's and the county's.
func (m *Room) years(ctx context.Context, household int64, home catalog.HouseholdFact, upTo int) ([]orders.IncomeYear, error) {
	var own []struct {
		Season int `db:"season"`
		sums
	}
	err := m.DB.SelectContext(ctx, &own, `
		SELECT e.season, `+sumsSQL+` FROM income_entry e WHERE e.household_id = $1 AND e.season <= $2 GROUP BY e.season`, household, upTo)
	if err != nil {
		return nil, fmt.Errorf("sum seasons of household %d: %w", household, err)
	}
	avg, err := m.averages.get(ctx, m)
	if err != nil {
		return nil, err
	}
	earned := orders.Earnings{Persons: int64(home.Persons), BySeason: map[int]orders.IncomeSum{}}
	for _, o := range own {
		earned.BySeason[o.Season] = o.sums.Out()
	}
	village := orders.Earnings{Persons: avg.villagePersons[home.VillageID], BySeason: map[int]orders.IncomeSum{}}
	for k, sum := range avg.village {
		if k.village == home.VillageID {
			village.BySeason[k.season] = sum
		}
	}
	return orders.CompareYears(earned, village, avg.countyEarnings(), upTo), nil
}

// averages caches the income of villages and the county, with which every income page compares.
type averages struct {
	flights singleflight.Group

	mu    sync.Mutex
	now   *average
	stale bool
}

type villageSeason struct {
	village int64
	season  int
}

type average struct {
	at             time.Time
	persons        int64
	villagePersons map[int64]int64
	villageHomes   map[int64]int64
	village        map[villageSeason]orders.IncomeSum
	county         map[int]orders.IncomeSum
}

// countyEarnings is the income of all households.
func (a *average) countyEarnings() orders.Earnings {
	return orders.Earnings{Persons: a.persons, BySeason: a.county}
}

const (
	averagesFresh = 3 * time.Second  // afterwards refreshed in the background
	averagesStale = 60 * time.Second // too old to show
)

// forget marks the averages as stale.
func (a *averages) forget() {
	a.mu.Lock()
	a.stale = true
	a.mu.Unlock()
}

// drop makes the next caller wait for new averages.
func (a *averages) drop() {
	a.mu.Lock()
	a.now = nil
	a.mu.Unlock()
}

func (a *averages) get(ctx context.Context, m *Room) (*average, error) {
	a.mu.Lock()
	now := a.now
	fresh := now != nil && (time.Since(now.at) < averagesFresh || !a.stale && time.Since(now.at) < averagesStale/2)
	a.mu.Unlock()
	if fresh {
		return now, nil
	}
	ch := a.flights.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		return a.look(ctx, m)
	})
	if now != nil && time.Since(now.at) < averagesStale {
		return now, nil
	}
	select {
	case <-ctx.Done():
		return nil, link.E(link.Unavailable, "timeout", "").Because(ctx.Err())
	case res := <-ch:
		if res.Err != nil {
			return nil, res.Err
		}
		return res.Val.(*average), nil
	}
}

func (a *averages) look(ctx context.Context, m *Room) (*average, error) {
	a.mu.Lock()
	a.stale = false // before reading: a later change makes it stale again
	a.mu.Unlock()
	avg, err := readAverage(ctx, m.DB)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	a.now = avg
	a.mu.Unlock()
	return avg, nil
}

// readAverage sums the ledger by village and season. An entry of a household that is not copied yet counts for the county,
// and for no village.
func readAverage(ctx context.Context, q desk.Queryer) (*average, error) {
	avg := &average{at: time.Now(), villagePersons: map[int64]int64{}, villageHomes: map[int64]int64{},
		village: map[villageSeason]orders.IncomeSum{}, county: map[int]orders.IncomeSum{}}
	var homes []struct {
		VillageID  int64 `db:"village_id"`
		Persons    int64 `db:"persons"`
		Households int64 `db:"households"`
	}
	err := q.SelectContext(ctx, &homes, `
		SELECT village_id, coalesce(sum(persons) FILTER (WHERE NOT retired), 0)::bigint AS persons, count(*) FILTER (WHERE NOT retired) AS households
		FROM household_ref GROUP BY village_id`)
	if err != nil {
		return nil, fmt.Errorf("count persons: %w", err)
	}
	for _, h := range homes {
		avg.villagePersons[h.VillageID], avg.villageHomes[h.VillageID] = h.Persons, h.Households
		avg.persons += h.Persons
	}
	var rows []struct {
		VillageID int64 `db:"village_id"`
		Season    int   `db:"season"`
		sums
	}
	err = q.SelectContext(ctx, &rows, `
		SELECT coalesce(h.village_id, 0) AS village_id, e.season, `+sumsSQL+`
		FROM income_entry e LEFT JOIN household_ref h ON h.id = e.household_id GROUP BY coalesce(h.village_id, 0), e.season`)
	if err != nil {
		return nil, fmt.Errorf("sum villages: %w", err)
	}
	for _, r := range rows {
		avg.village[villageSeason{r.VillageID, r.Season}] = r.sums.Out()
		avg.county[r.Season] = avg.county[r.Season].Plus(r.sums.Out())
	}
	return avg, nil
}
