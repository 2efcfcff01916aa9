package web

import (
	"cmp"
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

// countyRoutes are the pages of the county's staff. The modules decide what each of them may do; here all may look.
func (s *Server) countyRoutes() {
	county := auth.County
	s.guarded("GET", "/county", "county.home", s.countyHome, county...)
	s.guarded("GET", "/county/households", "county.households", s.countyHouseholds, county...)
	s.guarded("GET", "/county/households/import", "county.import", s.countyImport, county...)
	s.guarded("POST", "/county/households/import", "county.import.read", s.countyImportRead, county...)
	s.guarded("GET", "/county/reviews", "county.reviews", s.countyReviews, county...)
	s.guarded("POST", "/county/reviews/{id:[0-9]+}", "county.review.decide", s.countyReviewDecide, county...)
	s.guarded("POST", "/county/reviews/accounts/{household:[0-9]+}", "county.review.account", s.countyReviewAccount, auth.Approver, auth.Admin)
	s.guarded("GET", "/county/villages/{village:[0-9]+}/cards", "county.cards", s.countyCards, auth.Operator, auth.Admin)
	s.guarded("POST", "/county/villages/{village:[0-9]+}/cards", "county.cards.issue", s.countyCardsIssue, auth.Operator, auth.Admin)
	s.guarded("POST", "/county/villages/{village:[0-9]+}/cards/revoke", "county.cards.revoke", s.countyCardRevoke, auth.Operator, auth.Admin)
	s.guarded("GET", "/county/households/{code}", "county.household", s.countyHousehold, county...)
	s.guarded("POST", "/county/households/{code}/consent", "county.household.consent", s.countyHouseholdConsent, county...)
	s.guarded("POST", "/county/households/{code}/account", "county.household.account", s.countyHouseholdAccount, county...)
	s.guarded("POST", "/county/households/{code}/account/approve", "county.household.approve", s.countyHouseholdApprove, county...)
	s.guarded("GET", "/county/presales", "county.presales", s.countyPresales, county...)
	s.guarded("GET", "/county/presales/new", "county.presale.new", s.countyPresaleNew, county...)
	s.guarded("POST", "/county/presales/new", "county.presale.create", s.countyPresaleSave, county...)
	s.guarded("GET", "/county/presales/{code}", "county.presale", s.countyPresale, county...)
	s.guarded("POST", "/county/presales/{code}", "county.presale.save", s.countyPresaleSave, county...)
	s.guarded("POST", "/county/presales/{code}/state", "county.presale.state", s.countyPresaleState, county...)
	s.guarded("GET", "/county/presales/{code}/split", "county.dryrun", s.countyDryRun, county...)
	s.guarded("GET", "/county/orders", "county.orders", s.countyOrders, county...)
	s.guarded("GET", "/county/orders/{no}/split", "county.split", s.countySplit, county...)
	s.guarded("GET", "/county/receipts", "county.receipts", s.countyReceipts, county...)
	s.guarded("POST", "/county/receipts", "county.receipts.record", s.countyReceiptsRecord, county...)
	s.guarded("POST", "/county/receipts/import", "county.receipts.import", s.countyReceiptsImport, county...)
	s.guarded("POST", "/county/receipts/{id:[0-9]+}/match", "county.receipts.match", s.countyReceiptsMatch, county...)
	s.guarded("POST", "/county/receipts/cash", "county.receipts.cash", s.countyReceiptsCash, county...)
	s.guarded("POST", "/county/receipts/refunds/{id:[0-9]+}", "county.receipts.refund", s.countyReceiptsRefund, county...)
	s.guarded("GET", "/county/settlements", "county.settlements", s.countySettlements, county...)
	s.guarded("POST", "/county/settlements", "county.settlements.batch", s.countySettlementsBatch, county...)
	s.guarded("GET", "/county/payouts", "county.payouts", s.countyPayouts, county...)
	s.guarded("GET", "/county/payouts/{id:[0-9]+}", "county.payout", s.countyPayout, county...)
	s.guarded("POST", "/county/payouts/{id:[0-9]+}/decide", "county.payout.decide", s.countyPayoutDecide, county...)
	s.guarded("POST", "/county/payouts/{id:[0-9]+}/file", "county.payout.file", s.countyPayoutFile, county...)
	s.guarded("POST", "/county/payouts/{id:[0-9]+}/result", "county.payout.result", s.countyPayoutResult, county...)
	s.guarded("POST", "/county/payouts/{id:[0-9]+}/sample", "county.payout.sample", s.countyPayoutSample, county...)
	s.guarded("GET", "/county/reports", "county.reports", s.countyReports, county...)
	s.guarded("POST", "/county/reports", "county.reports.ask", s.countyReportAsk, county...)
	s.guarded("GET", "/county/reports/{id:[0-9]+}/file", "county.report.file", s.countyReportFile, county...)
	s.guarded("GET", "/county/accounts", "county.accounts", s.countyAccounts, auth.Admin)
	s.guarded("POST", "/county/accounts", "county.accounts.open", s.countyAccountOpen, auth.Admin)
	s.guarded("POST", "/county/accounts/{id:[0-9]+}/password", "county.account.password", s.countyAccountPassword, auth.Admin)
	s.guarded("POST", "/county/accounts/{id:[0-9]+}/switch", "county.account.switch", s.countyAccountSwitch, auth.Admin)
	s.guarded("GET", "/county/ledger", "county.ledger", s.countyLedger, county...)
	s.guarded("GET", "/county/ledger/journal", "county.journal", s.countyJournal, county...)
	for _, prefix := range []string{"/county/households/import", "/county/receipts/import", "/county/payouts/"} {
		s.allowBody(prefix, 2*uploadMostBytes) // a file may come back in a form, which writes it longer
	}
}

// reportedPerPersonFen is the rise of income per person that the county reported for the years before the demo's
// season: what the bars of the years are held against.
var reportedPerPersonFen = map[int]int64{2017: 828_00, 2018: 895_00, 2019: 1177_00}

type countyHomePage struct {
	Words    words
	Coverage catalog.Coverage
	Report   orders.Report
	Reported map[int]int64
	Orders   []pipelineRow
	Money    countyMoney
	Unsold   []catalog.VillageCoverage // least share of households selling first
	NoSale   int                       // villages without one sale
	Channels []catalog.Channel
	Received int64 // expected, owed and paid of the season
	Selling  int64
}

type pipelineRow struct {
	State orders.State
	Count map[catalog.Channel]int64
	All   int64
	Fen   int64
}

// countyMoney is the ledger in three figures.
type countyMoney struct {
	Pending, Released, InTransit, Balanced int64
	OK                                     bool
}

var channels = []catalog.Channel{catalog.ChannelContract, catalog.ChannelMarket, catalog.ChannelPrivate}

func (s *Server) countyHome(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d := countyHomePage{Words: s.words(r), Reported: reportedPerPersonFen, Channels: channels}
	var err error
	if d.Coverage, err = s.deps.Catalog.Coverage(ctx, catalog.None{}); err != nil {
		return err
	}
	if d.Report, err = s.deps.Orders.Report(ctx, orders.ReportRequest{Season: int(s.queryForm(r).Int("season"))}); err != nil {
		return err
	}
	trial, err := s.deps.Payments.TrialBalance(ctx, payments.None{})
	if err != nil {
		return err
	}
	d.Money = moneyHeadline(trial)
	d.Orders = pipeline(d.Report.Orders)
	for _, y := range d.Report.Years {
		if y.Season == d.Report.Season {
			d.Received = y.Total()
		}
	}
	d.Unsold = slices.Clone(d.Coverage.ByVillage)
	slices.SortStableFunc(d.Unsold, func(a, b catalog.VillageCoverage) int {
		// a.Selling/a.Households against b's, without dividing
		return cmp.Compare(a.Selling*max(b.Households, 1), b.Selling*max(a.Households, 1))
	})
	for _, v := range d.Unsold {
		d.Selling += v.Selling
		if v.Selling == 0 {
			d.NoSale++
		}
	}
	d.Unsold = d.Unsold[:min(len(d.Unsold), max(12, min(d.NoSale, 40)))]
	return s.render(w, r, http.StatusOK, "county/home", d)
}

func pipeline(counts []orders.StateCount) []pipelineRow {
	var rows []pipelineRow
	for _, state := range orders.States {
		row := pipelineRow{State: state, Count: map[catalog.Channel]int64{}}
		for _, c := range channels {
			row.Count[c] = 0
		}
		for _, c := range counts {
			if c.State == state {
				row.Count[c.Channel] += c.Count
				row.All += c.Count
				row.Fen += c.EstimateFen
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// moneyHeadline reads what households are owed out of the trial balance: those accounts are credits.
func moneyHeadline(t payments.TrialBalance) countyMoney {
	m := countyMoney{Balanced: t.SumFen, OK: t.SumFen == 0}
	for _, row := range t.Rows {
		switch row.Kind {
		case "payable_pending":
			m.Pending -= row.BalanceFen
		case "payable":
			m.Released -= row.BalanceFen
		case "payout_transit":
			m.InTransit -= row.BalanceFen
		}
	}
	return m
}
