package organisation

import (
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/orders/contract"
	"banmuyuan/web/page"
)

type planPage struct {
	Days    []planDay
	Stops   []contract.PlanStop
	Day     string
	Village string
	Point   string
	Address string
	Qty     int64
	Grams   int64
	Unit    string
	Link    string
}

type planDay struct {
	Day                     string
	Stops                   []contract.PlanStop
	Villages                int
	Households, Qty, Remain int64
	Late                    bool
}

// collectionPlan lists the goods still to be collected, day by day and village by village.
func (s *contractPages) collectionPlan(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	plan, err := s.Contracts.Plan(r.Context(), contract.PlanRequest{No: f.Text("contract")})
	if err != nil && !f.Fail(err) {
		return err
	}
	var d planPage
	villages := map[int64]bool{}
	for _, stop := range plan.Stops {
		if n := len(d.Days); n == 0 || d.Days[n-1].Day != stop.Day {
			d.Days = append(d.Days, planDay{Day: stop.Day})
			villages = map[int64]bool{}
		}
		day := &d.Days[len(d.Days)-1]
		day.Stops = append(day.Stops, stop)
		if !villages[stop.VillageID] {
			villages[stop.VillageID] = true
			day.Villages++
		}
		day.Households += stop.Households
		day.Qty += stop.Qty
		day.Remain += stop.Qty - stop.Received - stop.Short
		day.Late = day.Late || stop.Late
	}
	return s.RenderForm(w, r, "organisation/plan", d, f)
}

// collectionPlanDay is the driver's list: the stops of a day and their loads.
func (s *contractPages) collectionPlanDay(w http.ResponseWriter, r *http.Request) error {
	d := planPage{Day: mux.Vars(r)["day"]}
	plan, err := s.Contracts.Plan(r.Context(), contract.PlanRequest{Day: d.Day})
	if err != nil {
		return err
	}
	d.Stops = plan.Stops
	for _, stop := range plan.Stops {
		d.Qty += stop.Qty
		d.Grams += stop.Qty * stop.UnitGrams
	}
	return s.Render(w, r, http.StatusOK, "organisation/plan_day", d)
}

// collectionPlanVillage is the village's list: the quantity that each household brings on a day.
func (s *contractPages) collectionPlanVillage(w http.ResponseWriter, r *http.Request) error {
	d := planPage{Day: mux.Vars(r)["day"]}
	plan, err := s.Contracts.Plan(r.Context(), contract.PlanRequest{Day: d.Day, Village: page.PathInt(r, "village")})
	if err != nil {
		return err
	}
	d.Stops = plan.Stops
	if len(plan.Stops) > 0 {
		first := plan.Stops[0]
		d.Village, d.Point, d.Address = first.Township+" "+first.Village, first.Point, first.Address
	}
	return s.Render(w, r, http.StatusOK, "organisation/plan_village", d)
}
