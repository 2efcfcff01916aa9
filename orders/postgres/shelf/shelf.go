package shelf

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
)

var _ shelf.Service = (*Room)(nil)

var (
	shopStaff = []string{orders.RoleOfficer, orders.RoleOrgApprover, orders.RoleClerk}
	shopSells = []string{orders.RoleOfficer, orders.RoleClerk}
	shopBuys  = []string{orders.RoleOfficer}
)

// shop finds the supermarket that the actor works for, with one of the roles. Another organisation's staff is Forbidden.
func (s *Room) shop(ctx context.Context, roles ...string) (*desk.Names, catalog.Organisation, error) {
	a := link.ActorFrom(ctx)
	if a.Account == 0 || a.Org == 0 || !slices.Contains(roles, a.Role) {
		return nil, catalog.Organisation{}, desk.Denied(a)
	}
	ref, err := s.Ref.Get(ctx)
	if err != nil {
		return nil, catalog.Organisation{}, err
	}
	if o := ref.Orgs[a.Org]; o.Kind == catalog.OrgSupermarket {
		return ref, o, nil
	}
	return nil, catalog.Organisation{}, desk.ErrRole()
}

// looksAt finds the supermarket with books that the actor may read: its staff's own, or the one the county asks for.
func (s *Room) looksAt(ctx context.Context, org int64) (*desk.Names, catalog.Organisation, error) {
	a := link.ActorFrom(ctx)
	if !orders.IsCounty(a) {
		ref, o, err := s.shop(ctx, shopStaff...)
		if err == nil && org != 0 && org != o.ID {
			err = link.E(link.NotFound, "shelf.shop.unknown", "org_id")
		}
		return ref, o, err
	}
	ref, err := s.Ref.Get(ctx)
	if err != nil {
		return nil, catalog.Organisation{}, err
	}
	if org == 0 {
		shops := shopsOf(ref)
		if len(shops) == 0 {
			return nil, catalog.Organisation{}, link.E(link.NotFound, "shelf.shop.unknown", "org_id")
		}
		return ref, shops[0], nil
	}
	if o := ref.Orgs[org]; o.Kind == catalog.OrgSupermarket {
		return ref, o, nil
	}
	return nil, catalog.Organisation{}, link.E(link.NotFound, "shelf.shop.unknown", "org_id")
}

func shopsOf(ref *desk.Names) []catalog.Organisation {
	var shops []catalog.Organisation
	for _, o := range ref.Orgs {
		if o.Kind == catalog.OrgSupermarket {
			shops = append(shops, o)
		}
	}
	slices.SortFunc(shops, func(a, b catalog.Organisation) int { return int(a.ID - b.ID) })
	return shops
}

// claim takes a request's key inside tx under the name of its action, so that one key cannot mean two things.
func (s *Room) claim(ctx context.Context, tx *sqlx.Tx, what, key string, body any) (about int64, done bool, err error) {
	hash, err := desk.HashBody([]any{what, body})
	if err != nil {
		return 0, false, err
	}
	return s.Once(ctx, tx, what+":"+key, hash)
}

// about notes the result of a claimed key.
func (s *Room) about(ctx context.Context, tx *sqlx.Tx, what, key string, id int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE request_key SET about = $3 WHERE account_id = $1 AND key = $2`,
		link.ActorFrom(ctx).Account, what+":"+key, id)
	if err != nil {
		return fmt.Errorf("note request: %w", err)
	}
	return nil
}

func errLot() error  { return link.E(link.NotFound, "shelf.lot.unknown", "") }
func errItem() error { return link.E(link.NotFound, "shelf.item.unknown", "item_id") }
func errSale() error { return link.E(link.NotFound, "sale.unknown", "") }

// itemRow is one thing on a shelf.
type itemRow struct {
	ID       int64  `db:"id"`
	OrgID    int64  `db:"org_id"`
	Product  string `db:"product"`
	Grade    string `db:"grade"`
	PriceFen int64  `db:"price_fen"`
	PricePer int64  `db:"price_per"`
	Barcode  string `db:"barcode"`
	Online   bool   `db:"online"`
}

const itemColumns = `i.id, i.org_id, i.product, i.grade, i.price_fen, i.price_per, i.barcode, i.online`

func (r itemRow) price() money.Price { return money.Price{Fen: r.PriceFen, Per: r.PricePer} }

// itemFor finds the shop's item of a product and grade, or makes one at a price above the cost.
func (s *Room) itemFor(ctx context.Context, tx *sqlx.Tx, org int64, p catalog.Product, grade string, cost money.Price) (itemRow, error) {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO shelf_item (org_id, product, grade, price_fen, price_per, online, changed_by, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT ON CONSTRAINT shelf_item_once DO NOTHING`,
		org, p.Code, grade, shelf.FirstPrice(cost.Fen), cost.Per, !shelf.ByPiece(p), orders.ActorName(link.ActorFrom(ctx)), s.Now())
	if err != nil {
		return itemRow{}, fmt.Errorf("write shelf item: %w", err)
	}
	var r itemRow
	err = tx.GetContext(ctx, &r, `SELECT `+itemColumns+` FROM shelf_item i WHERE i.org_id = $1 AND i.product = $2 AND i.grade = $3`, org, p.Code, grade)
	if err != nil {
		return r, fmt.Errorf("read shelf item: %w", err)
	}
	return r, nil
}
