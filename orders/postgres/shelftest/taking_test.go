package shelftest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
)

func (w *world) request(household, jin int64) shelf.BuyInRequest {
	return shelf.BuyInRequest{HouseholdID: household, Product: "purple_bean", Grade: "first", Measure: jin * 500, PriceFen: 400,
		BestBefore: w.now().AddDate(0, 0, 7).Format(time.DateOnly), Key: w.key()}
}

// spare is how much the household could still promise, as the catalogue says.
func (w *world) spare(household int64) int64 {
	w.t.Helper()
	return must[catalog.Spare](w.t)(w.catalog.Spare(system, catalog.SpareRequest{Product: "purple_bean", Season: w.now().Year(), HouseholdID: household})).Units
}

// posted sums the income of household 1.
func (w *world) posted() (entries int, fen int64) {
	w.t.Helper()
	for _, e := range must[orders.Income](w.t)(w.orders.Income(owner, orders.IncomeRequest{})).Entries {
		entries, fen = entries+1, fen+e.OwedFen
	}
	return entries, fen
}

func TestBuyInLowersWhatIsOffered(t *testing.T) {
	w := setup(t)
	before := must[catalog.PresaleDetail](t)(w.catalogue.Presale(visitor, catalog.PresaleRef{ID: 1})).Left
	b := w.buyIn(1, 30)
	if b.State != shelf.BuyInPosted || w.spare(1) != 70 {
		t.Errorf("%s, %d left, want 70", b.State, w.spare(1))
	}
	w.eventually("the presale has less", func() bool {
		return must[catalog.PresaleDetail](t)(w.catalogue.Presale(visitor, catalog.PresaleRef{ID: 1})).Left == before-30
	})
	// Parts of units add up and are counted once.
	for range 4 {
		r := w.request(1, 1)
		r.Measure = 250
		must[shelf.BuyIn](t)(w.shelf.BuyIn(cashier, r))
	}
	if left := w.spare(1); left != 68 {
		t.Errorf("%d left after four halves, want 68", left)
	}
	w.holds()
}

func TestBuyInBeyondTheOfferNeedsASecondPerson(t *testing.T) {
	w := setup(t)
	r := w.request(1, 101)
	b := must[shelf.BuyIn](t)(w.shelf.BuyIn(cashier, r))
	if b.State != shelf.BuyInWaiting || b.Left != 100 || b.LotID != 0 || b.SheetID != 0 || b.Decidable {
		t.Fatalf("%+v", b)
	}
	if again := must[shelf.BuyIn](t)(w.shelf.BuyIn(cashier, r)); again.ID != b.ID || again.State != shelf.BuyInWaiting {
		t.Errorf("the same key took again: %+v", again)
	}
	nothing := func(when string) {
		t.Helper()
		if n, fen := w.posted(); n != 0 || fen != 0 || w.spare(1) != 100 {
			t.Errorf("%s: %d entries of %d fen, %d left", when, n, fen, w.spare(1))
		}
		if s := must[shelf.Sheets](t)(w.shelf.Sheets(officer, shelf.ShopRef{})); len(s.Items) != 0 {
			t.Errorf("%s: sheets %+v", when, s.Items)
		}
	}
	nothing("waiting")
	w.holds()

	_, err := w.shelf.DecideBuyIn(cashier, shelf.DecideBuyIn{ID: b.ID, Agree: true, Reason: "自己同意"})
	wantCode(t, "the person that took the goods agrees", err, link.Forbidden)
	_, err = w.shelf.DecideBuyIn(stranger, shelf.DecideBuyIn{ID: b.ID, Agree: true, Reason: "别的店"})
	wantCode(t, "another shop agrees", err, link.NotFound)
	_, err = w.shelf.DecideBuyIn(officer, shelf.DecideBuyIn{ID: b.ID, Agree: true})
	wantCode(t, "no reason", err, link.Invalid)
	nothing("nobody decided")
	if held := must[shelf.HeldBuyIns](t)(w.shelf.HeldBuyIns(officer, shelf.ShopRef{})); len(held.Items) != 1 || !held.Items[0].Decidable || held.Items[0].Left != 100 {
		t.Errorf("held %+v", held)
	}
	// The database refuses it by itself.
	if _, err := w.db.Exec(`UPDATE shelf_taking SET decided_id = account_id WHERE id = $1`, b.ID); link.Constraint(err) != "shelf_taking_second_person" {
		t.Errorf("the same person in the database: %v", err)
	}

	b = must[shelf.BuyIn](t)(w.shelf.DecideBuyIn(officer, shelf.DecideBuyIn{ID: b.ID, Agree: true, Reason: "问过村里，多种了"}))
	if b.State != shelf.BuyInPosted || b.LotID == 0 || b.SheetID == 0 || b.Reason == "" || b.AmountFen != 101*400 {
		t.Errorf("agreed %+v", b)
	}
	for _, agree := range []bool{true, false} {
		_, err = w.shelf.DecideBuyIn(officer, shelf.DecideBuyIn{ID: b.ID, Agree: agree, Reason: "再来一次"})
		wantCode(t, "decided twice", err, link.Conflict)
	}
	if again := must[shelf.BuyIn](t)(w.shelf.BuyIn(cashier, r)); again.ID != b.ID || again.State != shelf.BuyInPosted {
		t.Errorf("the same key after the decision: %+v", again)
	}
	if n, fen := w.posted(); n != 1 || fen != 101*400 || w.spare(1) != 0 {
		t.Errorf("%d entries of %d fen, %d left", n, fen, w.spare(1))
	}
	w.holds()
}

func TestRefusedBuyInPostsNothing(t *testing.T) {
	w := setup(t)
	b := must[shelf.BuyIn](t)(w.shelf.BuyIn(cashier, w.request(1, 500)))
	b = must[shelf.BuyIn](t)(w.shelf.DecideBuyIn(officer, shelf.DecideBuyIn{ID: b.ID, Reason: "不是自家种的"}))
	if b.State != shelf.BuyInRefused || b.LotID != 0 {
		t.Errorf("%+v", b)
	}
	// The counter reads why.
	held := must[shelf.HeldBuyIns](t)(w.shelf.HeldBuyIns(cashier, shelf.ShopRef{}))
	if slip := must[shelf.BuyIn](t)(w.shelf.BuyInSlip(cashier, shelf.IDRef{ID: b.ID})); len(held.Items) != 1 || held.Items[0].Reason != "不是自家种的" || slip.Reason != "不是自家种的" {
		t.Errorf("the counter reads %+v", held)
	}
	if n, _ := w.posted(); n != 0 || w.spare(1) != 100 {
		t.Errorf("%d entries, %d left", n, w.spare(1))
	}
	_, err := w.shelf.DecideBuyIn(officer, shelf.DecideBuyIn{ID: b.ID, Agree: true, Reason: "还是收下"})
	wantCode(t, "agreeing after a refusal", err, link.Conflict)
	w.holds()
}

func TestTwoBuyInsCannotBothFit(t *testing.T) {
	w := setup(t)
	atOnce := func(r shelf.BuyInRequest) map[shelf.BuyInState]int {
		var got [6]shelf.BuyIn
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() {
				var err error
				r := r
				r.Key = w.key()
				if got[i], err = w.shelf.BuyIn(cashier, r); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		count := map[shelf.BuyInState]int{}
		for _, b := range got {
			count[b.State]++
		}
		return count
	}
	if count := atOnce(w.request(1, 60)); count[shelf.BuyInPosted] != 1 || count[shelf.BuyInWaiting] != 5 || w.spare(1) != 40 {
		t.Errorf("%v, %d left", count, w.spare(1))
	}
	boxes := w.request(2, 1) // 40 of its garden, offered in no presale: there is no lot to lock
	boxes.Product, boxes.Measure = "veg_box", 30
	if count := atOnce(boxes); count[shelf.BuyInPosted] != 1 || count[shelf.BuyInWaiting] != 5 {
		t.Errorf("boxes: %v", count)
	}
	if n, fen := w.posted(); n != 1 || fen != 60*400 {
		t.Errorf("%d entries of %d fen", n, fen)
	}
	w.holds()
}

// A process stopped after the catalogue took the goods and before they were posted: the worker goes on, once.
func TestTakenGoodsArePostedAfterAStop(t *testing.T) {
	w := setup(t)
	b := w.buyIn(1, 1)
	id := b.ID + 1
	_, err := w.db.Exec(`
		INSERT INTO shelf_taking (id, org_id, state, household_id, village_id, season, product, grade, measure, price_fen, price_per, amount_fen, best_before,
		                          taken_at, account_id, actor, asked_at)
		SELECT $1, org_id, 'taken', household_id, village_id, season, product, grade, 5000, price_fen, price_per, 4000, best_before, taken_at - interval '1 hour',
		       account_id, actor, taken_at - interval '1 hour' FROM shelf_taking WHERE id = $2`, id, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	must[catalog.CounterTaken](t)(w.catalog.TakeAtCounter(system, catalog.CounterTake{BuyInID: id, HouseholdID: 1, Product: "purple_bean", Season: w.now().Year(), Measure: 5000}))
	w.eventually("the worker goes on", func() bool {
		slip, err := w.shelf.BuyInSlip(cashier, shelf.IDRef{ID: id})
		return err == nil && slip.State == shelf.BuyInPosted
	})
	if w.spare(1) != 89 {
		t.Errorf("%d left, want 89", w.spare(1))
	}
	w.holds()
}

func TestVerifyFindsGoodsThatAreStillOffered(t *testing.T) {
	w := setup(t)
	b := w.buyIn(1, 10)
	w.holds()
	finds := func(what, check string) {
		t.Helper()
		for _, f := range must[orders.Findings](t)(w.orders.Verify(system, orders.None{})).Items {
			if f.Check == check {
				return
			}
		}
		t.Errorf("%s: verify does not find %q", what, check)
	}
	if _, err := w.catalogDB.Exec(`DELETE FROM counter_take_lot WHERE buyin_id = $1`, b.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.catalogDB.Exec(`DELETE FROM counter_take WHERE buyin_id = $1`, b.ID); err != nil {
		t.Fatal(err)
	}
	finds("the catalogue forgot it", "buy-ins and offers")
	if _, err := w.db.Exec(`UPDATE shelf_taking SET state = 'refused' WHERE id = $1`, b.ID); err != nil {
		t.Fatal(err)
	}
	finds("refused and posted", "posted buy-in")
}

// Without a lot there is no row that takes of a household could wait for: they wait for the season.
func TestTakesOfASeasonComeOneAfterAnother(t *testing.T) {
	w := setup(t)
	atOnce := func(measure int64) int64 {
		var taken atomic.Int64
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() {
				<-start
				got, err := w.catalog.TakeAtCounter(system, catalog.CounterTake{BuyInID: int64(i + 1), HouseholdID: 2, Product: "veg_box", Season: w.now().Year(), Measure: measure})
				if err != nil {
					t.Error(err)
				}
				if got.Taken {
					taken.Add(1)
				}
			})
		}
		close(start)
		wg.Wait()
		return taken.Load()
	}
	if n := atOnce(41); n != 0 { // opens the connections, too: then calls meet
		t.Errorf("41 of 40 boxes were taken %d times", n)
	}
	if n := atOnce(30); n != 1 {
		t.Errorf("30 of 40 boxes were taken %d times", n)
	}
}
