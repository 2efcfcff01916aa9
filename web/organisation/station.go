package organisation

import (
	"net/http"
	"slices"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type stationPage struct {
	Account int64
	Rows    []collectionVillageRow
	Open    int64
}

// station is the weigh station that works without a network. The page itself is kept on the phone; what is
// weighed waits there until it can be sent.
func (s *collectionPages) station(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d := stationPage{Account: auth.FromContext(ctx).ID}
	villages, err := s.Orders.CollectionVillages(ctx, orders.CollectionFilter{State: orders.ShareExpected})
	if err != nil {
		return err
	}
	for _, v := range villages.Items {
		d.Open += v.Open
		village, township := s.Village(ctx, v.VillageID)
		if i := slices.IndexFunc(d.Rows, func(r collectionVillageRow) bool { return r.VillageID == v.VillageID }); i >= 0 {
			d.Rows[i].Open += v.Open
			continue
		}
		d.Rows = append(d.Rows, collectionVillageRow{CollectionVillage: v, Village: village.Name, Township: township})
	}
	return s.Render(w, r, http.StatusOK, "organisation/station", d)
}

// offlineWorker is the script that answers for a page when there is no network. It has an address beside each such page,
// because a browser lets a worker answer only for what lies there.
func offlineWorker(s *page.Site, scope string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		body, err := s.Assets.Read("offline-worker.js")
		if err != nil {
			return err
		}
		h := w.Header()
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
		h.Set("Service-Worker-Allowed", scope)
		_, _ = w.Write(body) // the browser went away: nobody is left to tell
		return nil
	}
}

type conflictsPage struct {
	Page  orders.ConflictPage
	All   bool
	Words page.Words
}

// Why is the conflict of a weighing as a sentence.
func (d conflictsPage) Why(e *link.Error) string { return d.Words.Error(e) }

// conflicts lists weighings from phones that conflict with a stored ticket, each beside the ticket.
func (s *collectionPages) conflicts(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d, err := s.conflictsPage(r, f)
	if err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "organisation/conflicts", d, f)
}

func (s *collectionPages) conflictsPage(r *http.Request, f *page.Form) (conflictsPage, error) {
	d := conflictsPage{All: f.Text("all") != "", Words: s.Words(r)}
	var err error
	d.Page, err = s.Stations.Conflicts(r.Context(), orders.ConflictFilter{All: d.All, Cursor: f.Text("cursor"), Limit: 50})
	return d, err
}

func (s *collectionPages) conflictSettle(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	_, err = s.Stations.SettleConflict(r.Context(), orders.SettleConflictRequest{ID: page.PathInt(r, "id"),
		State: orders.ConflictState(f.Text("state")), Why: f.Text("why")})
	if err == nil {
		s.Flash(r, page.Good, "conflict.done")
		return s.GoTo(w, r, "organisation.conflicts")
	}
	if !f.Fail(err) {
		return err
	}
	d, err := s.conflictsPage(r, s.NewForm(page.LangOf(r)))
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/conflicts", d, f)
}
