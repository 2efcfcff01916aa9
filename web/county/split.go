package county

import (
	"net/http"

	"banmuyuan/orders"
	"banmuyuan/web/page"
)

type splitPage struct {
	Words page.Words
	No    string
	Page  orders.CollectionPage
}

// Reason says why a share went where it did: "fair/2" at a level.
func (d splitPage) Reason(policy string, levelFen int64) string {
	text, _ := d.Words.Glossary.Say(d.Words.Lang, "county.reason."+page.PolicyWords(policy), map[string]any{"level": levelFen})
	return text
}

// split shows over which households a confirmed order is spread, and why.
func (s *goods) split(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d := splitPage{Words: s.Words(r), No: page.OrderRef(r).No}
	var err error
	d.Page, err = s.Orders.Collection(r.Context(), orders.CollectionFilter{OrderNo: d.No, Cursor: f.Text("cursor"), Limit: 100})
	if err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "county/split", d, f)
}
