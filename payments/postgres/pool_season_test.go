package postgres_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// seasons is the county's list of seasons: all take income but the closed ones.
type seasons struct {
	mu     sync.Mutex
	closed []int
}

func (s *seasons) close(season int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = append(s.closed, season)
}

func (s *seasons) CheckSeason(_ context.Context, season int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.closed, season) {
		return link.E(link.Conflict, "season.closed", "season")
	}
	return nil
}

// TestAClosedSeasonTakesNoDistribution: none is made, moved into it, submitted or posted; a draft can still be moved to another.
func TestAClosedSeasonTakesNoDistribution(t *testing.T) {
	b := setup(t)
	save := func(p payments.Pool, season int) (payments.Pool, error) {
		return b.svc.SavePool(operator, payments.SavePool{ID: p.ID, Version: p.Version, Kind: p.Kind, Title: p.Title, Season: season, Month: 11, Org: p.Org,
			RecordDate: p.RecordDate, Income: p.Income, Costs: p.Costs, ReserveFen: p.ReserveFen, TradeBP: p.TradeBP, IdempotencyKey: "late"})
	}
	draft := b.savePool(payments.PoolSeedPotato, 1_500_00, 400_00, 100_01)
	draft = b.members(draft.ID, threeMembers...)
	waiting := b.savePool(payments.PoolSeedPotato, 1_500_00, 400_00, 100_01)
	b.members(waiting.ID, threeMembers...)
	if _, err := b.svc.SubmitPool(operator, payments.PoolRef{ID: waiting.ID}); err != nil {
		t.Fatal(err)
	}
	b.seasons.close(2026)
	_, err := save(payments.Pool{Kind: draft.Kind, Title: "补发", Org: draft.Org, RecordDate: draft.RecordDate, Income: draft.Income, Costs: draft.Costs, TradeBP: draft.TradeBP}, 2026)
	wantCode(t, err, link.Conflict, "season.closed")
	_, err = save(draft, 2026)
	wantCode(t, err, link.Conflict, "season.closed")
	_, err = b.svc.SubmitPool(operator, payments.PoolRef{ID: draft.ID})
	wantCode(t, err, link.Conflict, "season.closed")
	_, err = b.svc.DecidePool(approver, payments.DecidePool{ID: waiting.ID, Approve: true})
	wantCode(t, err, link.Conflict, "season.closed")
	if p, err := b.svc.DecidePool(approver, payments.DecidePool{ID: waiting.ID, Reason: "这个年度已经结束"}); err != nil || p.State != payments.PoolDraft {
		t.Errorf("sent back: %+v, %v", p, err)
	}
	if p, err := save(draft, 2027); err != nil || p.Season != 2027 {
		t.Errorf("moved to another season: %+v, %v", p, err)
	}
}
