package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/catalog/allocate"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// DryRun shows a split without holding anything: for the county and for staff of cooperatives. It runs in the writer,
// between two batches.
func (c *Catalog) DryRun(ctx context.Context, r catalog.DryRunRequest) (catalog.DryRun, error) {
	actor := link.ActorFrom(ctx)
	if !catalog.IsCounty(actor) && catalog.StaffOf(actor) == 0 {
		return catalog.DryRun{}, catalog.Denied(actor)
	}
	public := c.reference.Load().byID[r.PresaleID]
	if public == nil || (public.State == catalog.PresaleDraft && !catalog.MaySell(actor, public.SellerOrg)) {
		return catalog.DryRun{}, link.E(link.NotFound, "presale.unknown", "presale_id")
	}
	if r.Qty <= 0 {
		return catalog.DryRun{}, link.E(link.Invalid, "order.quantity.not_positive", "quantity")
	}
	if r.Policy == string(allocate.PolicyDirect) {
		return catalog.DryRun{}, link.E(link.Invalid, "reserve.household", "policy")
	}
	var out allocate.Plan
	var version string
	var unitFen, free int64
	var of presale
	err := c.writer.do(ctx, func() error {
		s := c.writer.of[r.PresaleID]
		if s == nil {
			return link.E(link.NotFound, "presale.unknown", "presale_id")
		}
		req, err := s.request(s.presales[r.PresaleID], r.Policy, r.Qty)
		if err != nil {
			return link.E(link.Invalid, "reserve.policy", "policy")
		}
		if req.Policy == allocate.PolicyDirect { // the presale's; nobody is named here
			req.Policy = allocate.PolicyFair
		}
		of = *s.presales[r.PresaleID]
		version, unitFen, free = s.pool.Version(r.PresaleID, req.Policy), of.unitFen, s.pool.Free(r.PresaleID)
		out, err = s.pool.Plan(req)
		return err
	})
	if soldOut, ok := errors.AsType[*allocate.SoldOutError](err); ok {
		return catalog.DryRun{}, of.soldOut(soldOut, free, "quantity")
	}
	if errors.Is(err, allocate.ErrRange) {
		return catalog.DryRun{}, link.E(link.Invalid, "order.quantity.too_large", "quantity").Because(err)
	}
	if err != nil {
		return catalog.DryRun{}, fmt.Errorf("plan a division: %w", err)
	}

	d := catalog.DryRun{
		Shares: columns(1, r.PresaleID, version, out.Shares), Villages: out.Villages, Stops: out.Stops,
		GiniBefore: out.GiniBefore, GiniAfter: out.GiniAfter, JainBefore: out.JainBefore, JainAfter: out.JainAfter,
	}
	if d.AmountFen, err = public.EstimateFen("", r.Qty); err != nil {
		return catalog.DryRun{}, link.E(link.Invalid, "order.quantity.too_large", "quantity").Because(err)
	}
	d.ByVillage = c.reference.Load().villagesOf(d.Shares)
	for i, s := range out.Shares {
		d.HouseholdsFen += s.ValueFen
		d.RaisersFen += s.Qty*unitFen - s.ValueFen
		if i == 0 || s.Reason.LevelFen < d.LowestFen {
			d.LowestFen = s.Reason.LevelFen
		}
		d.HighestFen = max(d.HighestFen, s.Reason.LevelFen)
	}
	d.FeeFen = d.AmountFen - d.HouseholdsFen - d.RaisersFen
	if d.VillagesFen, err = money.BasisPoints(d.FeeFen, public.Terms.VillageBP); err != nil {
		return catalog.DryRun{}, fmt.Errorf("divide the fee: %w", err)
	}
	return d, nil
}

// villagesOf sums shares by village, most units first.
func (r *reference) villagesOf(s catalog.Shares) []catalog.PublicVillage {
	sums := map[int64]*catalog.PublicVillage{}
	for i, id := range s.Villages {
		v := sums[id]
		if v == nil {
			village := r.villages[id]
			v = &catalog.PublicVillage{
				VillageID: id, Village: village.Name, Township: r.townships[village.TownshipID].Name, Lat: village.Lat, Lon: village.Lon,
			}
			sums[id] = v
		}
		v.Households++
		v.Qty += s.Qty[i]
	}
	all := make([]catalog.PublicVillage, 0, len(sums))
	for _, v := range sums {
		all = append(all, *v)
	}
	slices.SortFunc(all, func(a, b catalog.PublicVillage) int {
		return cmp.Or(cmp.Compare(b.Qty, a.Qty), cmp.Compare(a.VillageID, b.VillageID))
	})
	return all
}
