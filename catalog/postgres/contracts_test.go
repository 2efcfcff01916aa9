package postgres_test

import (
	"sync"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// Signing up and the opening of the contract may ask for its presale at the same time, in two processes: one makes it, and
// the others get the one that was made.
func TestContractsPresaleIsMadeOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	second, _ := b.process()
	ctx := link.System(t.Context(), "orders")
	p := smallCounty().Presales[0]
	p.ID, p.Code = 0, "contract-7"
	ids := make([]int64, 16)
	var asking sync.WaitGroup
	for i := range ids {
		asking.Go(func() {
			at := c
			if i%2 == 1 {
				at = second
			}
			made, err := at.SaveContractPresale(ctx, catalog.ContractPresale{ContractID: 7, Presale: p, State: catalog.PresaleOpen})
			if err != nil {
				t.Error(err)
			}
			ids[i] = made.ID
		})
	}
	asking.Wait()
	for _, id := range ids {
		if id == 0 || id != ids[0] {
			t.Errorf("presales %v, want one", ids)
			break
		}
	}
	if n := b.count(`SELECT count(*) FROM presale WHERE contract_id = 7 AND state = 'open'`); n != 1 {
		t.Errorf("%d presales of the contract, want 1", n)
	}
}
