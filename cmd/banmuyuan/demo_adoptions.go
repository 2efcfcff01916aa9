package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/cmd/banmuyuan/county"
	"banmuyuan/cmd/banmuyuan/demodata"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	webpg "banmuyuan/web/postgres"
)

// plotStories are the demo households' texts about themselves. One is taken after the other.
var plotStories = map[orders.PlotKind][]catalog.Text{
	orders.PlotGoose: {
		{Zh: "鹅在屋后的泡子边放，白天吃草，晚上回圈添一把苞米。我和老伴一早一晚数一遍，一只都不少。", En: "Our geese graze by the pond behind the house and get a handful of maize at night. We count them every morning and evening."},
		{Zh: "小鹅是开春自己孵的，没喂过饲料。领头那只脾气大，见生人就叫，照片里一眼能认出来。", En: "We hatched them ourselves in spring. The leader has a temper; you will know it in the pictures."},
		{Zh: "三十多只鹅都套着环，哪只是您的，看环号就知道。出栏那天单独过秤，单独装箱。", En: "They all wear numbered rings, so you can tell which is yours. It is weighed and packed by itself."},
		{Zh: "家里孩子放学就去放鹅，哪只爱偷吃豆角叶子她最清楚，近况都是她写的。", En: "Our daughter herds them after school and knows which one steals bean leaves. She writes the news."},
		{Zh: "养了二十来年鹅，讲究个慢：养够日子，肉紧，炖着香。", En: "Twenty years of geese taught us patience: given their time the meat is firm and fragrant."},
	},
	orders.PlotGarden: {
		{Zh: "房前屋后半亩地，土是黑的，攥一把能出油。紫花油豆角、黄瓜、茄子、小白菜，哪样下来装哪样。", En: "Half a mu of black earth round the house: purple-flower beans, cucumbers, aubergines, greens. You get what is ripe."},
		{Zh: "不打除草剂，草是我一棵一棵薅的。地头留了一垄香菜和小葱，每箱都给您塞一把。", En: "No weedkiller: I pull the weeds by hand. A row of coriander and spring onions goes into every box."},
		{Zh: "井水浇园，晚上摘、早上装，车七点到村口。您那几畦我插了牌子，写着号。", En: "Watered from our well, picked in the evening, packed in the morning. Your beds carry a sign with their number."},
		{Zh: "老两口种园子，种子是自己留的，柿子是老品种，皮薄，放不住，所以装箱最上面。", En: "We save our own seed. The tomatoes are an old kind with thin skins, so they go on top."},
		{Zh: "秋菜下窖，冬天也有得送：土豆、萝卜、大白菜，还有我腌的酸菜。", En: "Autumn vegetables go into the cellar, so there is something all winter: potatoes, radish, cabbage and our own pickles."},
	},
}

const (
	demoPlots   = 60 // households that offer geese, and as many that offer beds
	demoPatient = 30 * time.Second
)

// loadAdoptions lets households offer geese and beds, has the demo's buyer adopt some and pay, and the households write.
// Everything goes through the services, as people would; done twice it is done once.
func loadAdoptions(ctx context.Context, p *platform, c *county.County) error {
	nc, err := p.Connect("demo")
	if err != nil {
		return err
	}
	defer nc.Close()
	buyer, err := demoBuyer(ctx, p, c)
	if err != nil {
		return err
	}
	d := &demoAdoptions{c: c, adoptions: adopt.NewClient(nc), boxes: adopt.NewBoxesClient(nc), payments: payments.NewClient(nc),
		system: link.System(ctx, "demo"), buyer: buyer}
	if err := d.offer(); err != nil {
		return fmt.Errorf("offer plots: %w", err)
	}
	if err := d.run(); err != nil {
		return fmt.Errorf("adopt: %w", err)
	}
	return nil
}

// demoBuyer makes the buyer's login before the others: adoptions belong to an account.
func demoBuyer(ctx context.Context, p *platform, c *county.County) (*auth.Account, error) {
	db, err := link.OpenDB(ctx, p.databaseURL, moduleWeb, 1)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	passwords, err := auth.NewPasswords(1)
	if err != nil {
		return nil, err
	}
	hash, err := passwords.Hash(ctx, demoPassword)
	if err != nil {
		return nil, err
	}
	store := webpg.New(db)
	all := demodata.Logins(c, hash, time.Now())
	if _, err := store.CreateMany(ctx, all[:1]); err != nil { // buyer is the first
		return nil, err
	}
	return store.ByLogin(ctx, all[0].Login)
}

type demoAdoptions struct {
	c         *county.County
	adoptions adopt.Service
	boxes     adopt.Boxes
	payments  payments.Service
	system    context.Context
	buyer     *auth.Account
	plots     []adopt.HouseholdPlot // offered; the story household's first
}

func (d *demoAdoptions) as(a link.Actor) context.Context { return link.WithActor(d.system, a) }

func (d *demoAdoptions) asBuyer() context.Context {
	return d.as(link.Actor{Account: d.buyer.ID, Login: d.buyer.Login, Role: string(auth.Buyer)})
}

// asHousehold acts for the household that offers a plot.
func (d *demoAdoptions) asHousehold(id int64) context.Context {
	return d.as(link.Actor{Account: -id, Login: "demo", Role: string(auth.Household), Household: id})
}

// offer has one household of each of many villages offer its plots, the household with a login first.
func (d *demoAdoptions) offer() error {
	story := county.None
	for _, l := range d.c.Logins {
		if l.Login == "household" {
			story = l.Household
		}
	}
	said := map[orders.PlotKind]int{}
	seen := map[[2]int]bool{} // village, presale
	offer := func(l county.Lot) error {
		presale := d.c.Presales[l.Presale]
		kind, ok := orders.KindOfPlot(presale.Product)
		if !ok || presale.Policy != county.Direct || said[kind] >= demoPlots {
			return nil
		}
		at := [2]int{d.c.Households[l.Household].Village, l.Presale}
		if seen[at] {
			return nil
		}
		every, perUnit := int64(14), int64(1)
		if kind == orders.PlotGarden {
			perUnit = 6
			if l.Capacity >= 22 {
				every, perUnit = 7, 11
			}
		}
		units := l.Capacity / perUnit
		if units == 0 {
			return nil
		}
		seen[at] = true
		stories := plotStories[kind]
		plot, err := d.adoptions.SavePlot(d.system, adopt.SavePlot{HouseholdID: demodata.ID(l.Household), PresaleID: demodata.ID(l.Presale), Units: units,
			EveryDays: every, Story: stories[said[kind]%len(stories)]})
		if err != nil {
			return err
		}
		said[kind]++
		d.plots = append(d.plots, plot)
		return nil
	}
	for _, first := range []bool{true, false} {
		for _, l := range d.c.Lots {
			if (l.Household == story) == first {
				if err := offer(l); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// run has the buyer adopt a goose of the story household, a goose elsewhere and a bed, and start a regular box.
func (d *demoAdoptions) run() error {
	pick := func(kind orders.PlotKind, skip int) (adopt.HouseholdPlot, bool) {
		for _, p := range d.plots {
			if p.Kind == kind && p.Open {
				if skip == 0 {
					return p, true
				}
				skip--
			}
		}
		return adopt.HouseholdPlot{}, false
	}
	for i, want := range []struct {
		kind    orders.PlotKind
		skip    int
		units   int64
		whole   bool // the balance is paid as well
		news    []string
		deliver bool
	}{
		{orders.PlotGoose, 0, 1, true, []string{"您的鹅到家第三周了，环号在左脚上。今天下雪，放出去跑了一圈，吃得挺欢。", "这几天冷，圈里添了新稻草。它个头在这群里算大的。"}, false},
		{orders.PlotGarden, 0, 1, true, []string{"窖里的菜码好了，您那一畦出的土豆单放一堆。", "今天装第一箱：土豆、萝卜、白菜，还塞了一袋自家晒的豆角干。"}, true},
		{orders.PlotGoose, 2, 1, false, nil, false},
	} {
		plot, ok := pick(want.kind, want.skip)
		if !ok {
			continue
		}
		a, err := d.adopt(fmt.Sprintf("demo-adopt-%d", i), plot, want.units, want.whole)
		if err != nil {
			return err
		}
		for n, text := range want.news {
			if err := d.tell(plot, fmt.Sprintf("demo-news-%d-%d", i, n), text, n+1); err != nil {
				return err
			}
		}
		if want.deliver {
			if _, err := d.adoptions.DeliverBox(d.asHousehold(plot.HouseholdID), adopt.BoxRequest{AdoptionNo: a.No, No: 1}); err != nil {
				return err
			}
		}
	}
	offers, err := d.boxes.StandingOffers(d.system, catalog.None{})
	if err != nil || len(offers.Items) == 0 {
		return err
	}
	i := max(slices.IndexFunc(offers.Items, func(o adopt.StandingOffer) bool { return o.EndsOn > offers.Items[0].EndsOn }), 0)
	_, err = d.boxes.Subscribe(d.asBuyer(), adopt.Subscribe{IdempotencyKey: "demo-standing-1", PresaleID: offers.Items[i].PresaleID, Qty: 1,
		EveryDays: 7, Delivery: d.delivery()})
	return err
}

func (d *demoAdoptions) delivery() orders.Delivery {
	return orders.Delivery{Kind: orders.DeliverAddress, Name: d.buyer.Name, Phone: "13800000000", Address: "齐齐哈尔市建华区演示路 8 号 3 单元 502"}
}

// adopt takes units of a plot and pays in cash at the county's counter, which needs no browser.
func (d *demoAdoptions) adopt(key string, plot adopt.HouseholdPlot, units int64, whole bool) (adopt.Adoption, error) {
	ctx := d.asBuyer()
	a, err := d.adoptions.Adopt(ctx, adopt.Request{IdempotencyKey: key, PlotID: plot.ID, Units: units, Delivery: d.delivery()})
	if err != nil {
		return a, err
	}
	want := adopt.Reserved
	for _, purpose := range []string{"deposit", "balance"} {
		if a.DueFen > 0 && (purpose == "deposit" || whole) {
			pay, err := d.adoptions.PayAdoption(ctx, adopt.Pay{AdoptionNo: a.No, Method: payments.Cash, IdempotencyKey: key + "-" + purpose})
			if err != nil {
				return a, err
			}
			if _, err := d.payments.RecordCash(d.system, payments.RecordCash{PaymentID: pay.PaymentID, AmountFen: pay.AmountFen,
				Receipt: "演示-" + key + "-" + purpose}); err != nil {
				return a, err
			}
			if a, err = d.await(a.No, want); err != nil {
				return a, err
			}
		}
		want = adopt.Growing
	}
	return a, nil
}

// await waits for the payment's news to arrive.
func (d *demoAdoptions) await(no string, want adopt.State) (adopt.Adoption, error) {
	for end := time.Now().Add(demoPatient); ; {
		a, err := d.adoptions.Adoption(d.asBuyer(), adopt.Ref{No: no})
		if err != nil || a.State == want || a.State == adopt.Growing {
			return a, err
		}
		if time.Now().After(end) {
			return a, fmt.Errorf("adoption %s is %s, not %s", no, a.State, want)
		}
		select {
		case <-d.system.Done():
			return a, d.system.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (d *demoAdoptions) tell(plot adopt.HouseholdPlot, key, text string, photos int) error {
	ctx := d.asHousehold(plot.HouseholdID)
	u, err := d.adoptions.PostUpdate(ctx, adopt.PostUpdate{IdempotencyKey: key, PlotID: plot.ID, Text: text})
	if err != nil {
		return err
	}
	for n := range photos {
		picture, err := paint(plot.Kind, uint64(plot.ID)*10+uint64(len(text)+n))
		if err != nil {
			return err
		}
		if _, err := d.adoptions.AddPhoto(ctx, adopt.AddPhoto{UpdateID: u.ID, JPEG: picture}); err != nil {
			return err
		}
	}
	return nil
}

// paint draws a yard in place of a photo: there is no real one in a demo.
func paint(kind orders.PlotKind, seed uint64) ([]byte, error) {
	const w, h = 960, 720
	r := rand.New(rand.NewPCG(seed, 7))
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	horizon := float64(h) * (0.32 + r.Float64()*0.08)
	for y := range h {
		for x := range w {
			fy := float64(y)
			hill := horizon + 18*math.Sin(float64(x)/140+float64(seed%7)) // far trees
			c := mix(color.RGBA{168, 200, 224, 255}, color.RGBA{240, 236, 220, 255}, fy/horizon)
			switch {
			case fy > horizon+26:
				near := (fy - horizon) / (h - horizon)
				c = mix(color.RGBA{120, 142, 84, 255}, color.RGBA{74, 98, 54, 255}, near)
				if kind == orders.PlotGarden { // furrows run towards one point
					furrow := math.Sin((float64(x) - w/2) / (12 + 70*near) * 2)
					c = mix(color.RGBA{58, 46, 38, 255}, c, 0.5+furrow/2)
				}
			case fy > hill:
				c = color.RGBA{92, 112, 84, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	for n := range 26 {
		near := float64(n+1) / 26
		x, y := r.Float64()*w, horizon+40+near*(h-horizon-90)
		size := 8 + 34*near
		if kind == orders.PlotGoose && n%3 == 0 {
			goose(m, x, y, size, r.IntN(2) == 0)
		} else {
			leaf := color.RGBA{uint8(58 + r.IntN(40)), uint8(120 + r.IntN(50)), uint8(56 + r.IntN(30)), 255}
			for range 3 {
				blob(m, x+(r.Float64()-0.5)*size, y-r.Float64()*size*0.5, size*0.45, size*0.28, leaf)
			}
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 80}); err != nil {
		return nil, fmt.Errorf("paint: %w", err)
	}
	return b.Bytes(), nil
}

func goose(m *image.RGBA, x, y, size float64, left bool) {
	white, shade, beak := color.RGBA{250, 249, 244, 255}, color.RGBA{214, 214, 206, 255}, color.RGBA{226, 138, 32, 255}
	side := 1.0
	if left {
		side = -1
	}
	blob(m, x, y+size*0.55, size*1.1, size*0.18, color.RGBA{54, 72, 42, 255})
	blob(m, x, y, size, size*0.55, shade)
	blob(m, x, y-size*0.08, size*0.96, size*0.5, white)
	for i := range 8 {
		blob(m, x+side*size*(0.7+0.03*float64(i)), y-size*(0.2+0.13*float64(i)), size*0.17, size*0.17, white)
	}
	blob(m, x+side*size*1.02, y-size*1.2, size*0.24, size*0.2, white)
	blob(m, x+side*size*1.32, y-size*1.17, size*0.16, size*0.08, beak)
	blob(m, x+side*size*1.08, y-size*1.26, size*0.04, size*0.04, color.RGBA{30, 26, 24, 255})
}

// blob fills an ellipse.
func blob(m *image.RGBA, cx, cy, rx, ry float64, c color.RGBA) {
	for y := int(cy - ry); y <= int(cy+ry); y++ {
		for x := int(cx - rx); x <= int(cx+rx); x++ {
			dx, dy := (float64(x)-cx)/rx, (float64(y)-cy)/ry
			if dx*dx+dy*dy <= 1 && image.Pt(x, y).In(m.Rect) {
				m.SetRGBA(x, y, c)
			}
		}
	}
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	t = min(max(t, 0), 1)
	f := func(x, y uint8) uint8 { return uint8(float64(x)*(1-t) + float64(y)*t) }
	return color.RGBA{f(a.R, b.R), f(a.G, b.G), f(a.B, b.B), 255}
}
