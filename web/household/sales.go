package household

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/page"
)

// sale is a share that a household sold, and the account of it.
type sale struct {
	orders.Share
	Account orders.ShareAccount
}

type salesPage struct {
	page.HouseholdPage
	Page  orders.CollectionPage
	Sales []sale
	State orders.ShareState
}

// sales lists the household's sold shares: each with its collection day, its amount and why it came to this household.
func (s *pages) sales(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	f := s.QueryForm(r)
	d := salesPage{HouseholdPage: who, State: orders.ShareState(f.Text("state"))}
	d.Page, err = s.Orders.Collection(ctx, orders.CollectionFilter{Household: who.Household.ID, State: d.State, Cursor: f.Text("cursor"), Limit: 20})
	if err != nil && !f.Fail(err) {
		return err
	}
	for _, share := range d.Page.Items {
		one, err := s.accounted(ctx, share)
		if err != nil {
			return err
		}
		d.Sales = append(d.Sales, one)
	}
	return s.RenderForm(w, r, "household/sales", d, f)
}

// accounted reads the tickets of a share, if any of it was received.
func (s *pages) accounted(ctx context.Context, share orders.Share) (sale, error) {
	var tickets []orders.Ticket
	if share.TicketID != 0 || share.Received > 0 {
		f := orders.TicketFilter{Household: share.HouseholdID, OrderNo: share.OrderNo, Limit: 500}
		for {
			list, err := s.Orders.Tickets(ctx, f)
			if err != nil {
				return sale{}, err
			}
			tickets = append(tickets, list.Items...)
			if f.Cursor = list.Cursor; f.Cursor == "" {
				break
			}
		}
	}
	account, err := share.Account(tickets)
	return sale{Share: share, Account: account}, err
}

type salePage struct {
	page.HouseholdPage
	Sale  sale
	Money []ticketMoney
}

// ticketMoney is the household's part of a ticket in its ledger, with the payout.
type ticketMoney struct {
	orders.IncomeEntry
	Payout *payments.PayoutItem
}

// sale is the account of one share, from the estimate over the scales to the bank.
func (s *pages) sale(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	d := salePage{HouseholdPage: who}
	if d.Sale, err = s.findSale(ctx, r, who.Household.ID); err != nil {
		return err
	}
	if len(d.Sale.Account.Tickets) > 0 {
		if d.Money, err = s.moneyOf(ctx, d.Sale); err != nil {
			return err
		}
	}
	return s.Render(w, r, http.StatusOK, "household/sale", d)
}

func (s *pages) findSale(ctx context.Context, r *http.Request, household int64) (sale, error) {
	line, err := strconv.Atoi(mux.Vars(r)["line"])
	if err != nil {
		return sale{}, link.E(link.NotFound, "not_found", "")
	}
	list, err := s.Orders.Collection(ctx, orders.CollectionFilter{Household: household, OrderNo: mux.Vars(r)["no"], LotID: page.PathInt(r, "lot"), Limit: 500})
	if err != nil {
		return sale{}, err
	}
	for _, share := range list.Items {
		if share.Line == line {
			return s.accounted(ctx, share)
		}
	}
	return sale{}, link.E(link.NotFound, "not_found", "")
}

// moneyOf finds the entries of a share's tickets in the household's ledger, and their payouts.
func (s *pages) moneyOf(ctx context.Context, one sale) ([]ticketMoney, error) {
	income, err := s.Orders.Income(ctx, orders.IncomeRequest{HouseholdID: one.HouseholdID, Season: one.Season})
	if err != nil {
		return nil, err
	}
	account, err := s.Payments.HouseholdAccount(ctx, payments.HouseholdRef{ID: one.HouseholdID})
	if err != nil {
		return nil, err
	}
	payouts := map[int64]*payments.PayoutItem{}
	for i := range account.Payouts {
		payouts[account.Payouts[i].ID] = &account.Payouts[i]
	}
	counted := map[int64]bool{}
	for _, k := range one.Account.Tickets {
		counted[k.ID] = true
	}
	var out []ticketMoney
	for _, e := range income.Entries {
		if counted[e.TicketID] && e.OwedFen+e.PaidFen != 0 {
			out = append(out, ticketMoney{IncomeEntry: e, Payout: payouts[e.PayoutItem]})
		}
	}
	return out, nil
}
