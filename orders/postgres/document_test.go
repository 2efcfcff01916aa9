package postgres_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/document"
)

// Documents are numbered without gaps, however many are asked for at once, and the one of a thing is issued once.
func TestDocumentsAreNumberedWithoutGaps(t *testing.T) {
	b := setup(t)
	second, _ := b.process()
	const n = 8
	var asked []orders.Order
	for i := range n {
		who := buyer(int64(501 + i))
		o := b.place(who, b.asking(geese, 1))
		asked = append(asked, b.pay(who, o.No))
	}
	var mu sync.Mutex
	numbers := map[string]map[string]bool{} // by order
	var issuing sync.WaitGroup
	for i, o := range asked {
		for copies := range 4 {
			issuing.Go(func() {
				m := b.orders
				if copies%2 == 1 {
					m = second
				}
				d, err := m.IssueDocument(buyer(int64(501+i)), document.Issue{OrderNo: o.No, Kind: document.DocConfirmation, Subject: "order"})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if numbers[o.No] == nil {
					numbers[o.No] = map[string]bool{}
				}
				numbers[o.No][d.No] = true
				if d.Content.AmountFen != o.EstimateFen || d.SHA256 == "" || d.Void {
					t.Errorf("document %+v of order %+v", d, o)
				}
			})
		}
	}
	issuing.Wait()
	var all []string
	for no, of := range numbers {
		if len(of) != 1 {
			t.Errorf("order %s has the documents %v", no, of)
		}
		for d := range of {
			all = append(all, d)
		}
	}
	slices.Sort(all)
	for i, no := range all {
		if want := fmt.Sprintf("DD%d-%06d", start.Year(), i+1); no != want {
			t.Errorf("number %d is %s, want %s", i+1, no, want)
		}
	}
	page, err := b.orders.DocumentRegister(system(), document.Filter{Kind: document.DocConfirmation, Limit: 5})
	if err != nil || page.Total != n || len(page.Items) != 5 || page.Cursor == "" || page.Items[0].No != all[n-1] {
		t.Fatalf("register %+v, %v", page, err)
	}
	rest, err := b.orders.DocumentRegister(system(), document.Filter{Kind: document.DocConfirmation, Limit: 5, Cursor: page.Cursor})
	if err != nil || len(rest.Items) != n-5 || rest.Items[0].No != all[n-6] {
		t.Errorf("the rest of the register %+v, %v", rest, err)
	}
	// An issued document stays, for every writer.
	for _, harm := range []string{`UPDATE document SET amount_fen = 0`, `DELETE FROM document`, `UPDATE document_counter SET last = 0`, `DELETE FROM document_counter`} {
		if _, err := b.db.Exec(harm); err == nil {
			t.Errorf("%s was done", harm)
		}
	}
}

// Nobody gets a document of something that has not happened, of somebody else's order or of a thing that does not exist.
func TestDocumentsOfWhatIsNotThere(t *testing.T) {
	b := setup(t)
	o := b.place(buyer(501), b.asking(geese, 1))
	issue := func(r document.Issue, account int64) error {
		r.OrderNo = o.No
		_, err := b.orders.IssueDocument(buyer(account), r)
		return err
	}
	for name, c := range map[string]struct {
		r    document.Issue
		who  int64
		code link.Code
	}{
		"not confirmed":     {document.Issue{Kind: document.DocConfirmation, Subject: "order"}, 501, link.Conflict},
		"not paid":          {document.Issue{Kind: document.DocReceipt, Subject: "payment:999"}, 501, link.Conflict},
		"no such delivery":  {document.Issue{Kind: document.DocAcceptance, Subject: "delivery:999"}, 501, link.NotFound},
		"no such ticket":    {document.Issue{Kind: document.DocPurchase, Subject: "ticket:999"}, 501, link.NotFound},
		"another's order":   {document.Issue{Kind: document.DocConfirmation, Subject: "order"}, 502, link.NotFound},
		"an unknown kind":   {document.Issue{Kind: "diploma", Subject: "order"}, 501, link.Invalid},
		"a mixed-up thing":  {document.Issue{Kind: document.DocReceipt, Subject: "order"}, 501, link.Invalid},
		"an id that is odd": {document.Issue{Kind: document.DocReceipt, Subject: "payment:007"}, 501, link.Invalid},
	} {
		if err := issue(c.r, c.who); link.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if n := b.count(`SELECT count(*) FROM document`) + b.count(`SELECT coalesce(sum(last), 0) FROM document_counter`); n != 0 {
		t.Errorf("%d documents or numbers were given out", n)
	}
}
