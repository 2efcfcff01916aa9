package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	webpg "banmuyuan/web/postgres"
)

// buyer is a logged-in account with a connection of its own.
type buyer struct {
	conn
	login string
}

// shop is the offer that buyers choose from.
type shop struct {
	presales []catalog.PublicPresale // a private buyer can order from them now
	point    int64                   // where goods are picked up
}

const (
	buyersPassword = "bai-e-zi-hua-2026"
	demoPassword   = "banmuyuan" // of the demo county's logins
)

// prepare starts the product on an empty folder, makes the buyers' accounts and logs everybody in.
func (b *bench) prepare(ctx context.Context) error {
	began := time.Now()
	if err := b.product.start(ctx); err != nil {
		return err
	}
	b.loaded = b.product.ready
	fmt.Fprintf(b.stdout, "first start with the county: %s s\n", number(b.loaded.Seconds()))
	if err := b.createBuyers(ctx, slices.Max(b.levels)); err != nil {
		return err
	}
	if err := b.between(ctx, rememberCapacities); err != nil {
		return err
	}
	if err := b.openShop(ctx); err != nil {
		return err
	}
	if err := b.logIn(ctx); err != nil {
		return err
	}
	fmt.Fprintf(b.stdout, "%d buyers logged in, %d presales; ready after %s s\n", len(b.buyers), len(b.shop.presales), number(time.Since(began).Seconds()))
	return nil
}

// createBuyers makes accounts in bulk: registering is bounded to a few an hour from one address. They share a hash,
// which is a real one.
func (b *bench) createBuyers(ctx context.Context, n int) error {
	pg, err := b.product.openPostgres(ctx)
	if err != nil {
		return err
	}
	db, err := link.OpenDB(ctx, pg.URL(), webpg.Schema, 2)
	if err != nil {
		return err
	}
	defer db.Close()
	passwords, err := auth.NewPasswords(1)
	if err != nil {
		return err
	}
	hash, err := passwords.Hash(ctx, buyersPassword)
	if err != nil {
		return err
	}
	accounts := make([]auth.Account, n)
	for i := range accounts {
		login := fmt.Sprintf("139%08d", i)
		accounts[i] = auth.Account{Login: login, Name: fmt.Sprintf("买家%d", i+1), Phone: login, Role: auth.Buyer, PasswordHash: hash,
			VerifiedAt: time.Now(), PrivacyVersion: auth.PrivacyVersion}
		b.buyers = append(b.buyers, buyer{login: login})
	}
	if _, err := webpg.New(db).CreateMany(ctx, accounts); err != nil {
		return err
	}
	return nil
}

// logIn logs all buyers in over the API. Sessions outlive restarts of the product.
func (b *bench) logIn(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i := range b.buyers {
		g.Go(func() error {
			who := &b.buyers[i]
			who.local = from(i)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return b.session(&who.conn, who.login, buyersPassword)
		})
	}
	return g.Wait()
}

func (b *bench) session(c *conn, login, password string) error {
	c.addr = b.product.addr
	var in struct {
		Token string `json:"token"`
	}
	if err := c.call("POST", "/api/v1/sessions", "", map[string]string{"login": login, "password": password}, 201, &in); err != nil {
		return fmt.Errorf("log %s in: %w", login, err)
	}
	c.token = in.Token
	return nil
}

// as logs one of the demo county's people in.
func (b *bench) as(login string) (*conn, error) {
	c := &conn{}
	return c, b.session(c, login, demoPassword)
}

// call is a request outside of measurements: it has to succeed.
func (c *conn) call(method, path, key string, in any, status int, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
	}
	res, err := c.do(method, path, key, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.status != status {
		return fmt.Errorf("%s %s: %d %s", method, path, res.status, bytes.TrimSpace(res.body))
	}
	if out != nil {
		if err := json.Unmarshal(res.body, out); err != nil {
			return fmt.Errorf("%s %s: read answer: %w", method, path, err)
		}
	}
	return nil
}

// openShop reads the presales that a private buyer can order from.
func (b *bench) openShop(ctx context.Context) error {
	c := &conn{addr: b.product.addr}
	defer c.close()
	var page catalog.PresalePage
	if err := c.call("GET", "/api/v1/presales?limit=100", "", nil, 200, &page); err != nil {
		return err
	}
	var ref catalog.Reference
	if err := c.call("GET", "/api/v1/reference", "", nil, 200, &ref); err != nil {
		return err
	}
	s := &shop{}
	for _, p := range page.Items {
		if _, adopted := orders.PlotOf(p); p.Orderable && !adopted && slices.Contains(p.Channels, catalog.ChannelPrivate) {
			s.presales = append(s.presales, p)
		}
	}
	i := slices.IndexFunc(ref.Points, func(p catalog.CollectionPoint) bool { return p.Pickup })
	if i < 0 || len(s.presales) == 0 {
		return errors.New("the county has no pickup point or no presale")
	}
	s.point = ref.Points[i].ID
	b.shop = s
	return context.Cause(ctx)
}

// presale finds a presale of the season by the end of its code.
func (b *bench) presale(key string) (catalog.PublicPresale, error) {
	i := slices.IndexFunc(b.shop.presales, func(p catalog.PublicPresale) bool { return p.Code == strconv.Itoa(p.Season)+"-"+key })
	if i < 0 {
		return catalog.PublicPresale{}, fmt.Errorf("the county has no presale %s that is open", key)
	}
	return b.shop.presales[i], nil
}

func (b *bench) dropBuyerConns() {
	for i := range b.buyers {
		b.buyers[i].close()
	}
}

// turnTo points the buyers to the address that the product has now.
func (b *bench) turnTo(n int) error {
	if n > len(b.buyers) {
		return fmt.Errorf("%d buyers are logged in, %d wanted", len(b.buyers), n)
	}
	for i := range b.buyers {
		b.buyers[i].addr = b.product.addr
	}
	return nil
}

// key is an Idempotency-Key that was not used before.
func (b *bench) key() string { return fmt.Sprintf("bench-%09d", b.keys.Add(1)) }

// order is the body of an order for the least that can be ordered.
func (b *bench) order(p catalog.PublicPresale) []byte { return b.orderOf(p.ID, p.MinQty, "") }

func (b *bench) orderOf(presale, qty int64, channel catalog.Channel) []byte {
	body, err := json.Marshal(struct {
		Channel  catalog.Channel    `json:"channel,omitempty"`
		Lines    []orders.QuoteLine `json:"lines"`
		Delivery orders.Delivery    `json:"delivery"`
	}{channel, []orders.QuoteLine{{PresaleID: presale, Qty: qty}},
		orders.Delivery{Kind: orders.DeliverPickup, PointID: b.shop.point, Name: "林晓", Phone: "13800138000"}})
	if err != nil {
		panic(err) // plain data
	}
	return body
}

// A lot's capacity as the county was loaded is remembered: benches give lots more room, or less, and some need the
// county as it is. The lots of contracts hold signed quantities, and stay.
func rememberCapacities(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, `
		CREATE SCHEMA IF NOT EXISTS bench;
		CREATE TABLE IF NOT EXISTS bench.capacity AS
			SELECT l.id, l.capacity FROM catalog.lot l JOIN catalog.presale p ON p.id = l.presale_id WHERE p.contract_id = 0`)
	if err != nil {
		return fmt.Errorf("remember capacities: %w", err)
	}
	return nil
}

// room gives every lot so many times its own capacity that is free.
func room(times int64) func(context.Context, *sql.DB) error {
	return func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, `
			UPDATE catalog.lot l SET capacity = l.reserved + l.delivered + c.capacity * $1
			FROM bench.capacity c WHERE c.id = l.id`, times)
		if err != nil {
			return fmt.Errorf("make room in the lots: %w", err)
		}
		_, err = db.ExecContext(ctx, `VACUUM ANALYZE catalog.lot`)
		return err
	}
}

// left leaves so many units of a presale, ten to a lot.
func left(presale, units int64) func(context.Context, *sql.DB) error {
	return func(ctx context.Context, db *sql.DB) error {
		var sum int64
		err := db.QueryRowContext(ctx, `
			WITH numbered AS (
				SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM catalog.lot WHERE presale_id = $1
			), changed AS (
				UPDATE catalog.lot l SET capacity = l.reserved + l.delivered + least(greatest($2 - n * 10, 0), 10)
				FROM numbered WHERE numbered.id = l.id
				RETURNING l.capacity - l.reserved - l.delivered AS free)
			SELECT sum(free) FROM changed`, presale, units).Scan(&sum)
		if err != nil {
			return fmt.Errorf("leave %d units: %w", units, err)
		}
		if sum != units {
			return fmt.Errorf("leave %d units: %d are left", units, sum)
		}
		return nil
	}
}
