package county

import (
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/web/page"
)

type dryRunPage struct {
	Words        page.Words
	Presale      catalog.PresaleDetail
	Policies     []page.Option
	Qty          int64
	Policy       string
	Run          *catalog.DryRun
	VillageCount int
	Villages     []catalog.PublicVillage
}

// moneyPart is a part of the buyers' money with its owner.
type moneyPart struct {
	Zh, En  string
	Fen     int64
	Percent float64
}

// Parts are the parts of the money that an order of this size brings.
func (d dryRunPage) Parts() []moneyPart {
	parts := []moneyPart{
		{Zh: "卖出的农户", En: "Households that sell", Fen: d.Run.HouseholdsFen},
		{Zh: "代养的大户", En: "Those who raise for them", Fen: d.Run.RaisersFen},
		{Zh: "销售方服务费", En: "The seller’s fee", Fen: d.Run.FeeFen - d.Run.VillagesFen},
	}
	if d.Run.VillagesFen > 0 {
		parts = append(parts, moneyPart{Zh: "服务费里归村集体的一份", En: "Village collectives, of the fee", Fen: d.Run.VillagesFen})
	}
	for i := range parts {
		if d.Run.AmountFen > 0 {
			parts[i].Percent = 100 * float64(parts[i].Fen) / float64(d.Run.AmountFen)
		}
	}
	return parts
}

// dryRun shows how a quantity would be split. Nothing is held.
func (s *goods) dryRun(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := dryRunPage{Words: s.Words(r), Qty: f.Int("quantity"), Policy: f.Text("policy")}
	var err error
	if d.Presale, err = s.Catalog.Presale(ctx, catalog.PresaleRef{Code: mux.Vars(r)["code"]}); err != nil {
		return err
	}
	if d.Policy == "" {
		d.Policy = d.Presale.Policy
	}
	// A named household and signed quotas are not known before there is an order.
	d.Policies = page.Options("", []string{"fair", "near"}, func(p string) string { return p }, func(p string) string { return d.Words.Say("policy", p) })
	if f.OK() && d.Qty > 0 {
		run, err := s.Catalog.DryRun(ctx, catalog.DryRunRequest{PresaleID: d.Presale.ID, Qty: d.Qty, Policy: d.Policy})
		if err != nil && !f.Fail(err) {
			return err
		}
		if err == nil {
			d.Run, d.VillageCount = &run, run.Villages // the field of that name in its shares is another
			d.Villages = slices.Clone(run.ByVillage)
			slices.SortStableFunc(d.Villages, func(a, b catalog.PublicVillage) int { return int(b.Qty - a.Qty) })
		}
	}
	return s.RenderForm(w, r, "county/dryrun", d, f)
}
