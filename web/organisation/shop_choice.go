package organisation

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/orders/shelf"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// shopRef is the supermarket a page is about: the reader's own, or the one the county chose.
func shopRef(f *page.Form) shelf.ShopRef { return shelf.ShopRef{OrgID: f.Int("org")} }

// shopChoice is for the county, which looks at every shop.
type shopChoice struct {
	Shops []catalog.Organisation
	Org   int64
	Name  string
	Mine  bool
}

func (s *shopkeeping) shopChoice(ctx context.Context, ref shelf.ShopRef) shopChoice {
	a := auth.FromContext(ctx)
	c := shopChoice{Org: ref.OrgID, Mine: a.OrgID != 0}
	reference, err := s.Reference(ctx)
	if err != nil {
		return c // the page does without names
	}
	for _, o := range reference.Organisations {
		if o.Kind != catalog.OrgSupermarket {
			continue
		}
		if !c.Mine {
			c.Shops = append(c.Shops, o)
		}
		if c.Mine && o.ID == a.OrgID || !c.Mine && (o.ID == c.Org || c.Org == 0) && c.Name == "" {
			c.Name, c.Org = o.Name, o.ID
		}
	}
	return c
}
