package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"banmuyuan/cmd/banmuyuan/county"
	"banmuyuan/cmd/banmuyuan/demodata"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
)

// shelfGoods are the goods that households carry to a supermarket's counter in the demo, and their quantities.
var shelfGoods = []struct {
	product string
	grade   int // index in the product's grades
	measure func(*rand.Rand) int64
	days    int // until its date
}{
	{"potato", 1, jin(30, 60), 60}, {"purple_bean", 0, jin(20, 40), 5}, {"kidney_bean", 1, jin(20, 40), 300}, {"goose_egg", 1, jin(4, 9), 20},
	{"ground_cherry", 0, jin(15, 30), 12}, {"vegetable_box", 1, func(r *rand.Rand) int64 { return 6 + r.Int64N(6) }, 2}, {"potato", 0, jin(20, 40), 50},
	{"purple_bean", 1, jin(10, 25), 1}, {"goose", 1, func(r *rand.Rand) int64 { return (1 + r.Int64N(3)) * (4200 + 50*r.Int64N(10)) }, 3},
	{"kidney_bean", 0, jin(15, 25), 280},
}

func jin(from, to int64) func(*rand.Rand) int64 {
	return func(r *rand.Rand) int64 { return (from + r.Int64N(to-from)) * 500 }
}

// loadShelf lets the demo's supermarkets trade for a day: they buy in from households of their township, sell some of it
// and keep a list of their weekly orders. Everything goes the way that people's trade goes, and has a key, so
// that an interrupted run is completed.
func loadShelf(ctx context.Context, p *platform, c *county.County, now time.Time) error {
	nc, err := p.Connect("demo")
	if err != nil {
		return err
	}
	defer nc.Close()
	svc := shelf.NewClient(nc)
	story := slices.IndexFunc(c.Logins, func(l county.Login) bool { return l.Household != county.None })
	for i, o := range c.Organisations {
		if o.Kind != county.Supermarket {
			continue
		}
		// Logins are loaded last: nobody's account stands behind the demo's trade.
		acting := link.WithRequestID(link.WithActor(ctx, link.Actor{Account: -1, Login: "demo", Role: string(county.RoleOfficer), Org: demodata.ID(i)}), link.NewRequestID())
		var homes []int
		for h := range c.Households {
			if v := c.Households[h].Village; c.Villages[v].Township == o.Township && h != c.Logins[story].Household && v != c.Households[c.Logins[story].Household].Village {
				homes = append(homes, h)
			}
		}
		if err := loadShop(acting, svc, c, i, homes, now); err != nil {
			return fmt.Errorf("load shelf of %s: %w", o.Name, err)
		}
	}
	return nil
}

func loadShop(ctx context.Context, svc shelf.Service, c *county.County, shop int, homes []int, now time.Time) error {
	o := c.Organisations[shop]
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(o.Code)) // a hash takes everything
	r := rand.New(rand.NewPCG(seed.Sum64(), demodata.Seed))
	key := func(what string, n int) string { return fmt.Sprintf("demo-%s-%s-%d", what, o.Code, n) }
	day := func(days int) string { return now.In(county.China).AddDate(0, 0, days).Format(time.DateOnly) }
	var lots []shelf.BuyIn
	for n, g := range shelfGoods {
		product := c.Products[slices.IndexFunc(c.Products, func(p county.Product) bool { return p.Key == g.product })]
		b, err := svc.BuyIn(ctx, shelf.BuyInRequest{HouseholdID: demodata.ID(homes[r.IntN(len(homes))]), Product: g.product, Grade: product.Grades[g.grade].Key,
			Measure: g.measure(r), PriceFen: product.Grades[g.grade].Fen * 9 / 10, BestBefore: day(g.days), Key: key("buyin", n)})
		if err != nil {
			return err
		}
		if b.State == shelf.BuyInWaiting { // more than the household still offers: a colleague looks
			colleague := link.ActorFrom(ctx)
			colleague.Account, colleague.Login = colleague.Account-1, colleague.Login+"2"
			if b, err = svc.DecideBuyIn(link.WithActor(ctx, colleague), shelf.DecideBuyIn{ID: b.ID, Agree: true, Reason: "当面问过，是自家院里种的，收成比登记的多"}); err != nil {
				return err
			}
		}
		if lots = append(lots, b); n == 3 { // the morning's goods wait to be paid
			if _, err := svc.CloseSheet(ctx, shelf.IDRef{ID: b.SheetID}); err != nil {
				return err
			}
		}
	}
	if err := loadSales(ctx, svc, r, o.Code, now); err != nil {
		return err
	}
	for n, w := range []shelf.WriteOff{
		{LotID: lots[1].LotID, Kind: shelf.MovementLoss, Measure: 750, Reason: "spoiled"},
		{LotID: lots[7].LotID, Kind: shelf.MovementDonation, Measure: 1500, Note: "依安县中心敬老院"},
	} {
		w.Key = key("writeoff", n)
		if _, err := svc.WriteOff(ctx, w); err != nil {
			return err
		}
	}
	list := shelf.SaveStandingList{Name: "每周补货", Weekdays: []int{(int(now.In(county.China).Weekday())+6)%7 + 1}, Key: key("list", 0),
		Delivery: orders.Delivery{Kind: orders.DeliverAddress, Name: o.Contact, Phone: o.Phone, Address: o.Address}}
	for i, p := range c.Presales {
		if slices.Contains(p.Channels, county.Market) && slices.Contains([]string{"potato", "purple_bean", "vegetable_box"}, p.Product) && p.MinQuantity <= 10 && !now.Before(p.Opens) && now.Before(p.Closes) {
			qty := max(p.MinQuantity, 40/p.Step*p.Step)
			list.Lines = append(list.Lines, orders.QuoteLine{PresaleID: demodata.ID(i), Grade: p.Prices[0].Grade, Qty: min(qty, p.MaxQuantity)})
		}
	}
	_, err := svc.SaveStandingList(ctx, list)
	return err
}

// loadSales sells a little of everything over the last hours.
func loadSales(ctx context.Context, svc shelf.Service, r *rand.Rand, code string, now time.Time) error {
	items, err := svc.Items(ctx, shelf.ShopRef{})
	if err != nil {
		return err
	}
	for n := range 14 {
		ring := shelf.Ring{ClientID: uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "demo sale %s %d", code, n)).String(), Method: payments.Cash,
			SoldAt: now.Add(-time.Duration(14-n) * 11 * time.Minute).UTC().Truncate(time.Second)}
		for k := range 1 + r.IntN(2) {
			it := items.Items[(n+k*3)%len(items.Items)]
			if it.ByPiece {
				continue
			}
			measure := int64(1)
			if unit, _ := money.UnitByCode(it.PriceUnit); !unit.Counted() {
				measure = (1 + r.Int64N(3)) * 500
			}
			ring.Lines = append(ring.Lines, shelf.RingLine{ItemID: it.ID, Measure: measure, PriceFen: it.Price.Fen})
		}
		if len(ring.Lines) == 0 {
			continue
		}
		sale, err := svc.Ring(ctx, ring)
		// A run that was interrupted has rung it at another hour.
		if link.CodeOf(err) == link.Conflict {
			continue
		}
		if err != nil {
			return err
		}
		if n == 6 { // a customer came back with some of it
			_, err := svc.ReturnGoods(ctx, shelf.ReturnRequest{ClientID: uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "demo return %s", code)).String(),
				SaleID: sale.ID, Kind: shelf.ReturnGoods, Reason: "quality", ReturnedAt: now.Add(-40 * time.Minute).UTC().Truncate(time.Second),
				Lines: []shelf.ReturnLine{{No: 1, Measure: min(ring.Lines[0].Measure, 500)}}})
			if err != nil && link.CodeOf(err) != link.Conflict {
				return err
			}
		}
	}
	return nil
}
