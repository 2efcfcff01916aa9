package payments

import (
	"context"
	"fmt"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// PoolKind is the source of a distribution's money.
type PoolKind string

const (
	PoolSeedPotato PoolKind = "seedpotato" // 一亩种薯: planted on the households' behalf
	PoolMushroom   PoolKind = "mushroom"   // 千袋菌: bags brought in as shares
	PoolSolar      PoolKind = "solar"      // 光伏: by the villages' lists
)

// PoolKinds are all kinds.
var PoolKinds = []PoolKind{PoolSeedPotato, PoolMushroom, PoolSolar}

// Listed reports whether households get the amounts of a list rather than a share.
func (k PoolKind) Listed() bool { return k == PoolSolar }

// LeastTradeBP is the least part of a cooperative's distributable surplus that goes back by trade volume, in basis points:
// article 44 of the law on farmers' professional cooperatives.
const LeastTradeBP = 6_000

// PoolState: see PoolMachine.
type PoolState string

const (
	PoolDraft     PoolState = "draft"     // income, costs, reserve and members are collected
	PoolWaiting   PoolState = "waiting"   // shares are fixed, waits for the second person
	PoolPosted    PoolState = "posted"    // households are owed
	PoolCancelled PoolState = "cancelled" // given up before it was posted
)

// PoolItem is one amount of income or cost.
type PoolItem struct {
	Label     string `json:"label"`
	AmountFen int64  `json:"amount_fen"`
}

// Pool is money to be distributed.
type Pool struct {
	ID         int64      `json:"id"`
	Kind       PoolKind   `json:"kind"`
	Title      string     `json:"title"`
	Season     int        `json:"season"`
	Month      int        `json:"month"`
	Org        int64      `json:"org,omitempty"` // the cooperative with this surplus; 0 for solar
	RecordDate string     `json:"record_date"`   // YYYY-MM-DD: the members on this day take part
	State      PoolState  `json:"state"`
	Income     []PoolItem `json:"income"`
	Costs      []PoolItem `json:"costs"`
	ReserveFen int64      `json:"reserve_fen"`        // kept back: 公积金, or the sum of Villages
	TradeBP    int64      `json:"trade_bp,omitempty"` // part that goes by trade volume; the rest goes by shares

	Villages []VillagePart `json:"villages,omitempty"` // that village collectives keep of solar income

	Members     int64      `json:"members"`
	TradeTotal  int64      `json:"trade_total"`
	ShareTotal  int64      `json:"share_total"`
	IncomeFen   int64      `json:"income_fen"`
	CostFen     int64      `json:"cost_fen"`
	SurplusFen  int64      `json:"surplus_fen"` // income − costs − reserve
	ListedFen   int64      `json:"listed_fen"`  // Σ of the list, solar only
	TradeFen    int64      `json:"trade_fen"`   // of the surplus, by trade volume
	ShareFen    int64      `json:"share_fen"`   // of the surplus, by shares
	SnapshotAt  *time.Time `json:"snapshot_at,omitempty"`
	Version     int        `json:"version"`
	CreatedAt   time.Time  `json:"created_at"`
	CreatedBy   string     `json:"created_by"`
	SubmittedAt *time.Time `json:"submitted_at,omitempty"`
	SubmittedBy string     `json:"submitted_by,omitempty"`
	DecidedAt   *time.Time `json:"decided_at,omitempty"`
	DecidedBy   string     `json:"decided_by,omitempty"`
	Reason      string     `json:"reason,omitempty"` // why it was sent back
}

// Member is a household in the snapshot of a pool. Shares and Trade are weights in whatever unit the pool counts: fen of
// share capital and hundredths of a mu for seed potatoes, shares and bags for mushrooms. ListedFen is solar's amount.
type Member struct {
	Household int64 `json:"h"`
	Persons   int64 `json:"n,omitempty"`
	Shares    int64 `json:"s,omitempty"`
	Trade     int64 `json:"t,omitempty"`
	ListedFen int64 `json:"l,omitempty"`
}

// Stake is a household's capital, land and bags in the cooperative with the surplus.
type Stake struct {
	Shares    int64
	ShareFen  int64 // value of one share
	Entrusted int64 // thousandths of a mu
	Bags      int64 // of mushrooms
}

// RegisteredMember returns a household's part by its stake: its share capital and its entrusted land for seed potatoes, its
// shares and its bags for mushrooms. It reports false for a household with nothing in the pool.
func RegisteredMember(kind PoolKind, household, persons int64, s Stake) (Member, bool) {
	m := Member{Household: household, Persons: persons}
	switch kind {
	case PoolSeedPotato:
		m.Shares, m.Trade = s.Shares*s.ShareFen, s.Entrusted/10
	case PoolMushroom:
		m.Shares, m.Trade = s.Shares, s.Bags
	}
	return m, m.Shares > 0 || m.Trade > 0
}

// PoolShare is a household's share of a pool and its reasons.
type PoolShare struct {
	Member
	TradeFen  int64 `json:"trade_fen"`
	ShareFen  int64 `json:"share_fen"`
	AmountFen int64 `json:"amount_fen"`
}

// Divide splits a pool among its members: TradeBP of the surplus by trade volume, the rest by shares, each by largest
// remainders with ties to the lowest household, so that the parts add up to the surplus; or, for solar, as listed.
//
// It returns Invalid where the pool cannot be closed: nothing to distribute, nobody to distribute to, less than
// LeastTradeBP by trade volume, a list that does not come to the surplus.
func (p Pool) Divide(members []Member) ([]PoolShare, error) {
	switch {
	case len(members) == 0:
		return nil, link.E(link.Invalid, "pool.no_members", "members")
	case p.SurplusFen <= 0:
		return nil, link.E(link.Invalid, "pool.no_surplus", "income", "surplus", fmt.Sprint(p.SurplusFen))
	}
	ids, trade, shares := make([]int64, len(members)), make([]int64, len(members)), make([]int64, len(members))
	var tradeSum, shareSum, listed int64
	for i, m := range members {
		ids[i], trade[i], shares[i] = m.Household, m.Trade, m.Shares
		tradeSum += m.Trade
		shareSum += m.Shares
		listed += m.ListedFen
	}
	out := make([]PoolShare, len(members))
	if p.Kind.Listed() {
		if listed != p.SurplusFen {
			return nil, link.E(link.Invalid, "pool.list_sum", "members", "list", fmt.Sprint(listed), "surplus", fmt.Sprint(p.SurplusFen))
		}
		for i, m := range members {
			out[i] = PoolShare{Member: m, AmountFen: m.ListedFen}
		}
		return out, nil
	}
	// Rounded up for the part by trade volume: half a fen less would be less than the law asks.
	byTrade := p.SurplusFen - p.SurplusFen*(10_000-p.TradeBP)/10_000
	switch {
	case p.TradeBP < LeastTradeBP:
		return nil, link.E(link.Invalid, "pool.trade_part", "trade_bp")
	case tradeSum == 0:
		return nil, link.E(link.Invalid, "pool.no_trade", "members")
	case shareSum == 0 && byTrade < p.SurplusFen:
		return nil, link.E(link.Invalid, "pool.no_shares", "members")
	}
	parts := [2][]int64{money.Split(byTrade, trade, ids), money.Split(p.SurplusFen-byTrade, shares, ids)}
	for i, m := range members {
		out[i] = PoolShare{Member: m, TradeFen: parts[0][i], ShareFen: parts[1][i], AmountFen: parts[0][i] + parts[1][i]}
	}
	return out, nil
}

// SavePool makes a pool (ID 0) or changes one that is a draft. Version guards against a change that somebody else made.
type SavePool struct {
	ID             int64      `json:"id,omitempty"`
	Version        int        `json:"version,omitempty"`
	IdempotencyKey string     `json:"idempotency_key,omitempty"` // of a new one
	Kind           PoolKind   `json:"kind"`
	Title          string     `json:"title"`
	Season         int        `json:"season"`
	Month          int        `json:"month"`
	Org            int64      `json:"org,omitempty"`
	RecordDate     string     `json:"record_date"`
	Income         []PoolItem `json:"income"`
	Costs          []PoolItem `json:"costs"`
	ReserveFen     int64      `json:"reserve_fen"` // of solar, 0 or the sum of Villages
	TradeBP        int64      `json:"trade_bp,omitempty"`

	Villages []VillagePart `json:"villages,omitempty"` // solar only
}

type PoolRef struct {
	ID int64 `json:"id"`
}

type PoolFilter struct {
	Kind  PoolKind  `json:"kind,omitempty"`
	State PoolState `json:"state,omitempty"`
}

type Pools struct {
	Items []Pool `json:"items"` // newest first
}

// SetMembers sets the members of a draft: it replaces an earlier snapshot.
type SetMembers struct {
	ID      int64    `json:"id"`
	Version int      `json:"version,omitempty"`
	Members []Member `json:"members"`
}

type PoolMembersRequest struct {
	ID         int64   `json:"id"`
	Households []int64 `json:"households,omitempty"` // only these
	Cursor     string  `json:"cursor,omitempty"`
	Limit      int     `json:"limit,omitempty"`
}

// PoolMembers is a page of the shares, the largest first. Of a draft they are a preview: Problem says why it cannot be
// closed as it is.
type PoolMembers struct {
	Items   []PoolShare `json:"items"`
	Total   int         `json:"total"`
	Cursor  string      `json:"cursor,omitempty"`
	Problem *link.Error `json:"problem,omitempty"`
	MostFen int64       `json:"most_fen"`
	LessFen int64       `json:"least_fen"`
}

// DecidePool is the second person's word.
type DecidePool struct {
	ID      int64  `json:"id"`
	Version int    `json:"version,omitempty"`
	Approve bool   `json:"approve"`
	Reason  string `json:"reason,omitempty"`
}

// LoadedPool is a distribution that was decided before the county began to use the system.
type LoadedPool struct {
	SavePool
	Members     []Member
	SubmittedBy string
	DecidedBy   string
	PaidOn      time.Time // zero: it still waits for the second person
}

// HouseholdShare is a pool from the view of one household in it.
type HouseholdShare struct {
	Pool   Pool         `json:"pool"`
	Share  PoolShare    `json:"share"`
	State  PayableState `json:"state"`
	PaidOn *time.Time   `json:"paid_on,omitempty"`
}

type HouseholdShares struct {
	Items []HouseholdShare `json:"items"` // newest first
}

// PoolSourceKey names the payable of a household in a pool, as the income ledger does.
func PoolSourceKey(pool, household int64) string { return fmt.Sprintf("pool:%d:%d", pool, household) }

// ParsePoolSourceKey reads a key of PoolSourceKey.
func ParsePoolSourceKey(key string) (pool int64, ok bool) {
	var household int64
	n, err := fmt.Sscanf(key, "pool:%d:%d", &pool, &household)
	return pool, err == nil && n == 2 && key == PoolSourceKey(pool, household)
}

// Distributions distributes the income of entrusted planting, shares and solar stations. All of it is for the county, except
// HouseholdShares, which is for the household and its helper too.
//
//link:service payments v1 raw
type Distributions interface {
	Pools(context.Context, PoolFilter) (Pools, error)
	Pool(context.Context, PoolRef) (Pool, error)
	// SavePool: Conflict when the version is another or the pool is no draft any more.
	SavePool(context.Context, SavePool) (Pool, error)
	SetMembers(context.Context, SetMembers) (Pool, error)
	PoolMembers(context.Context, PoolMembersRequest) (PoolMembers, error)
	// SubmitPool fixes the shares. Invalid says why it cannot be closed: see Pool.Divide.
	SubmitPool(context.Context, PoolRef) (Pool, error)
	// DecidePool posts the pool, once, or sends it back. Forbidden for the person who submitted it.
	DecidePool(context.Context, DecidePool) (Pool, error)
	CancelPool(context.Context, PoolRef) (Pool, error)
	HouseholdShares(context.Context, HouseholdRef) (HouseholdShares, error)
	// VillageStatement is the money of a village collective: its parts of distributions and of fees, and its payments.
	VillageStatement(context.Context, VillageRef) (VillageStatement, error)
}
