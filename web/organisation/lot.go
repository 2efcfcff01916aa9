package organisation

import (
	"context"
	"net/http"

	"banmuyuan/orders/shelf"
	"banmuyuan/web/page"
)

type lotPage struct {
	Lot       shelf.StockLot
	Movements shelf.Movements
	Reasons   []page.Option
	Link      string
	MayWrite  bool
}

func (s *shopkeeping) lotPage(ctx context.Context, l page.Lang, id int64) (lotPage, error) {
	var d lotPage
	var err error
	if d.Lot, err = s.Shelf.StockLot(ctx, shelf.StockLotRef{ID: id}); err != nil {
		return d, err
	}
	if d.Movements, err = s.Shelf.Movements(ctx, shelf.MovementFilter{OrgID: d.Lot.OrgID, LotID: id}); err != nil {
		return d, err
	}
	for _, reason := range shelf.LossReasons {
		text, _ := s.Glossary.Say(l, "loss."+reason, nil)
		d.Reasons = append(d.Reasons, page.Option{Value: reason, Label: text})
	}
	d.Link, err = s.traceLink(d.Lot.Code)
	return d, err
}

func (s *shopkeeping) lot(w http.ResponseWriter, r *http.Request) error {
	d, err := s.lotPage(r.Context(), page.LangOf(r), page.PathInt(r, "id"))
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/lot", d, s.NewForm(page.LangOf(r)))
}

// writeOff records a loss, a donation or a surplus.
func (s *shopkeeping) writeOff(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.lotPage(ctx, page.LangOf(r), page.PathInt(r, "id"))
	if err != nil {
		return err
	}
	req := shelf.WriteOff{LotID: d.Lot.ID, Kind: shelf.MovementKind(f.Text("kind")), Measure: measureOf(f, "measure", d.Lot.PriceUnit),
		Reason: f.Text("reason"), Note: f.Text("note"), Key: f.Key()}
	if f.OK() {
		var m shelf.Movement
		if m, err = s.Shelf.WriteOff(ctx, req); err == nil {
			if m.State == shelf.MovementHeld {
				s.Flash(r, page.Care, "shelf.waits")
			} else {
				s.Flash(r, page.Good, "shelf.written_off")
			}
			return s.GoTo(w, r, "organisation.shelf.lot", "id", d.Lot.ID)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "organisation/lot", d, f)
}

func (s *shopkeeping) writeOffDecide(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	accept := f.Text("decision") == "accept"
	m, err := s.Shelf.DecideWriteOff(r.Context(), shelf.DecideWriteOff{ID: page.PathInt(r, "id"), Accept: accept})
	if err != nil {
		return err
	}
	s.Flash(r, page.Good, map[bool]string{true: "shelf.moved", false: "shelf.moved.refused"}[accept])
	return s.GoTo(w, r, "organisation.shelf.lot", "id", m.LotID)
}
