package account_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"banmuyuan/orders/adopt"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// A buyer without consent to the present notice is led to it from every page, and goes on after agreeing.
func TestPrivacyIsAskedAnew(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Login(t, auth.Account{Login: "13900000001", Name: "林晓", Phone: "13900000001", Role: auth.Buyer})
	a, err := d.Store.ByLogin(t.Context(), "13900000001")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Store.Agree(t.Context(), a.ID, auth.PrivacyVersion-1); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/account", "/orders", "/basket"} {
		if res := p.Get(path); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), "/privacy?next=") {
			t.Errorf("%s: %d to %q", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	if res := p.Get("/privacy"); !strings.Contains(res.Body, "我已阅读并同意") {
		t.Errorf("the notice does not ask:\n%s", res.Body)
	}
	if res := p.Post("/privacy/agree", "version", "0"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an old version: %d", res.StatusCode)
	}
	if res := p.Post("/privacy/agree", "version", agree, "next", "/account"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/account" {
		t.Errorf("agree: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res := p.Get("/account"); res.StatusCode != http.StatusOK {
		t.Errorf("after agreeing: %d", res.StatusCode)
	}
	if at, err := d.Store.AgreedAt(t.Context(), a.ID); err != nil || at.IsZero() {
		t.Errorf("agreed at %v, %v", at, err)
	}
}

// People take out their data, ask for corrections, and the county answers.
func TestOwnData(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Household(t)
	res := p.Get("/account/data/file")
	var own map[string]any
	if err := json.Unmarshal([]byte(res.Body), &own); err != nil || own["household"] == nil || own["income"] == nil || own["payments"] == nil {
		t.Fatalf("a household's data: %d, %v\n%s", res.StatusCode, err, res.Body)
	}
	if strings.Contains(res.Body, "argon2id") {
		t.Error("the password's hash is in it")
	}
	if res := p.Post("/account/data/correction", "text", "土豆是两亩，不是一亩"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("correction: %d\n%s", res.StatusCode, res.Body)
	}
	o := d.Operator(t)
	if res := o.Get("/county/corrections"); !strings.Contains(res.Body, "土豆是两亩") {
		t.Errorf("the county does not see it: %d", res.StatusCode)
	}
	if res := o.Post("/county/corrections/1", "answer", "已更正为两亩"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("answer: %d\n%s", res.StatusCode, res.Body)
	}
	if res := p.Get("/account/data"); !strings.Contains(res.Body, "已更正为两亩") {
		t.Errorf("the answer is not there:\n%s", res.Body)
	}
}

// A closed account keeps its number and nothing of the person; its phone is free again.
func TestCloseAccount(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t, adopted(0))
	d.SetEmpty()
	p := d.Login(t, auth.Account{Login: "13900000001", Name: "林晓", Phone: "13900000001", Role: auth.Buyer})
	if res := p.Post("/account/data/name", "name", "林小晓"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("another name: %d\n%s", res.StatusCode, res.Body)
	}
	a, err := d.Store.ByLogin(t.Context(), "13900000001")
	if err != nil {
		t.Fatal(err)
	}
	if h, err := d.Store.History(t.Context(), a.ID, 9); err != nil || len(h) != 1 || h[0].Before != "林晓" || h[0].After != "林小晓" {
		t.Errorf("history before: %+v, %v", h, err)
	}
	if res := p.Post("/account/data/close", "password", "not the password"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a wrong password: %d", res.StatusCode)
	}
	if res := p.Post("/account/data/close", "password", webtest.Password); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("close: %d\n%s", res.StatusCode, res.Body)
	}
	if h, err := d.Store.History(t.Context(), a.ID, 9); err != nil || len(h) != 1 || h[0].What != auth.ChangedName || h[0].Before+h[0].After != "" {
		t.Errorf("history after: %+v, %v", h, err)
	}
	for _, table := range []string{"account", "login_session", "message", "basket", "account_change", "account_change_value", "audit"} {
		if rows := d.Dump(t, table); strings.Contains(rows, "13900000001") || strings.Contains(rows, "林晓") || strings.Contains(rows, "林小晓") {
			t.Errorf("%s still knows the person: %s", table, rows)
		}
	}
	if res := p.Get("/account"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the session goes on: %d", res.StatusCode)
	}
	if res := d.Person(t).Post("/login", "login", "13900000001", "password", webtest.Password); res.StatusCode == http.StatusSeeOther {
		t.Error("the login goes on")
	}
	d.Account(t, auth.Account{Login: "13900000001", Name: "另一个人", Phone: "13900000001", Role: auth.Buyer})
}

// An account with an order that is not over is not closed.
func TestCloseWaitsForOrders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		empty   bool
		growing int
	}{"an order": {}, "an adoption": {true, 1}} {
		d := webtest.NewDesk(t, adopted(c.growing))
		if c.empty {
			d.SetEmpty()
		}
		p := d.Login(t, auth.Account{Login: "13900000001", Name: "林晓", Phone: "13900000001", Role: auth.Buyer})
		if res := p.Post("/account/data/close", "password", webtest.Password); res.StatusCode == http.StatusSeeOther || !strings.Contains(res.Body, "没有完成") {
			t.Errorf("%s: %d\n%s", name, res.StatusCode, res.Body)
		}
	}
}

// adopted is a module with so many adoptions that are not over.
func adopted(total int) func(*webtest.Desk, *web.Deps) {
	return func(_ *webtest.Desk, deps *web.Deps) { deps.Adoptions = growing{total: total} }
}

type growing struct {
	adopt.Service
	total int
}

func (g growing) AdoptionList(context.Context, adopt.Filter) (adopt.Page, error) {
	return adopt.Page{Total: g.total}, nil
}

// Data beyond its time goes by itself.
func TestRetention(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for key, life := range map[string]time.Duration{"new": time.Hour, "old": -time.Minute} {
		if err := s.Store.PutContactCode(t.Context(), []byte(key), []byte("hash"), life); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Store.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows := s.Dump(t, "contact_code")
	if strings.Contains(rows, `\x6f6c64`) || !strings.Contains(rows, `\x6e6577`) {
		t.Errorf("kept: %s", rows)
	}
}
