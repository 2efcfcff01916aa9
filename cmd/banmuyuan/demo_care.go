package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"banmuyuan/catalog"
	"banmuyuan/cmd/banmuyuan/county"
	"banmuyuan/cmd/banmuyuan/demodata"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	webpg "banmuyuan/web/postgres"
)

// loadCare leaves cases that somebody has to look at: a household that offers far more geese than it has, a weighing that came
// from a phone and fits no share, and a card that a neighbour of the story's household was handed. Done twice it is done
// once.
func loadCare(ctx context.Context, p *platform, c *county.County, now time.Time) error {
	nc, err := p.Connect("demo")
	if err != nil {
		return err
	}
	defer nc.Close()
	home, clerk := county.None, county.None
	for _, l := range c.Logins {
		switch l.Login {
		case "household":
			home = l.Household
		case "clerk":
			clerk = l.Organisation
		}
	}
	as := func(a link.Actor) context.Context {
		return link.WithRequestID(link.WithActor(ctx, a), link.NewRequestID())
	}
	neighbour := slices.IndexFunc(c.Households, func(h county.Household) bool {
		return h.Village == c.Households[home].Village && h.Code != c.Households[home].Code
	})
	geese := slices.IndexFunc(c.Lots, func(l county.Lot) bool {
		s := c.Presales[l.Presale]
		return l.Household != home && s.Product == "goose" && s.Policy == county.Direct && !now.Before(s.Opens) && now.Before(s.Closes)
	})
	if geese >= 0 {
		l := c.Lots[geese]
		ctx := as(link.Actor{Account: -demodata.ID(l.Household), Login: "demo", Role: string(auth.Household), Household: demodata.ID(l.Household)})
		if _, err := catalog.NewClient(nc).Offer(ctx, catalog.OfferRequest{PresaleID: demodata.ID(l.Presale), HouseholdID: demodata.ID(l.Household), Capacity: 3_000}); err != nil {
			return fmt.Errorf("offer more than there is: %w", err)
		}
	}
	if err := loadConflict(as(link.Actor{Account: -1, Login: "demo", Role: string(auth.Clerk), Org: demodata.ID(clerk)}), orders.NewStationsClient(nc), now); err != nil {
		return fmt.Errorf("bring a weighing that fits nothing: %w", err)
	}
	return issueDemoCard(ctx, p, c, neighbour)
}

// loadConflict brings more than a share can have, as a phone does that was long without a network.
func loadConflict(ctx context.Context, stations orders.Stations, now time.Time) error {
	list, err := stations.StationList(ctx, orders.StationRequest{Limit: 1})
	if err != nil || len(list.Items) == 0 {
		return err
	}
	s := list.Items[0]
	w := orders.WeighRequest{ClientID: uuid.NewSHA1(uuid.NameSpaceURL, []byte("demo weighing")).String(), OrderNo: s.OrderNo, Line: s.Line, LotID: s.LotID,
		PointID: s.PointID, Units: s.Qty + 6, Grade: s.Grade, WeighedAt: now.Add(-2 * time.Hour).UTC().Truncate(time.Second)}
	if s.Weighed {
		w.TareGrams, w.GrossGrams = 1500, w.Units*s.UnitGrams+1500
	}
	_, err = stations.SyncTickets(ctx, orders.SyncRequest{Tickets: []orders.QueuedWeighing{{WeighRequest: w}}})
	return err
}

// issueDemoCard hands a household a card. Nobody knows the content of its code: a new one can be printed at the county's desk.
func issueDemoCard(ctx context.Context, p *platform, c *county.County, household int) error {
	db, err := link.OpenDB(ctx, p.databaseURL, moduleWeb, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	store, id := webpg.New(db), demodata.ID(household)
	cards, err := store.CardsOf(ctx, []int64{id})
	if err != nil || len(cards) > 0 {
		return err
	}
	passwords, err := auth.NewPasswords(1)
	if err != nil {
		return err
	}
	secret, digest := auth.NewSecret()
	nobody, err := passwords.Hash(ctx, secret)
	if err != nil {
		return err
	}
	h := c.Households[household]
	_, err = store.IssueCards(ctx, auth.Once{}, auth.Author{Login: "operator"}, []auth.NewCard{{HouseholdID: id, Hash: digest, Account: auth.Account{Login: strings.ToLower(h.Code), Name: h.Head,
		Role: auth.Household, HouseholdID: id, PasswordHash: nobody, Lang: "zh"}}})
	return err
}
