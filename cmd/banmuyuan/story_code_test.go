package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"banmuyuan/orders"
	"banmuyuan/web/auth"
)

// sentCode asks for a code and reads it where people find it when they try the product out: in the log, which shows codes as long as no
// provider sends them.
func (w *world) sentCode(t *testing.T, phone string, ask func()) string {
	t.Helper()
	shown := regexp.MustCompile(`message with a code .*to(?:=|":")` + regexp.QuoteMeta(phone[:3]+"****"+phone[7:]) + `.*?\b([0-9]{6})\b`)
	codes := func() [][]string {
		running.Lock()
		defer running.Unlock()
		var all strings.Builder
		for _, p := range running.products[w] {
			all.WriteString(p.stderr.String())
		}
		return shown.FindAllStringSubmatch(all.String(), -1)
	}
	before := len(codes())
	ask()
	return await(t, "the code for "+phone, func() (string, bool) {
		all := codes()
		if len(all) <= before {
			return "", false
		}
		return all[len(all)-1][1], true
	})
}

// registration is the request that registers a buyer with a proved phone.
func (w *world) registration(t *testing.T, name, phone, password string) map[string]any {
	t.Helper()
	code := w.sentCode(t, phone, func() {
		post[any](t, w.stranger(), "/accounts/codes", "", map[string]string{"purpose": "register", "contact": phone})
	})
	return map[string]any{"name": name, "phone": phone, "password": password, "code": code, "privacy_version": auth.PrivacyVersion}
}

// unpaidIsBounded plays a buyer that registers and holds geese without paying, order after order.
func unpaidIsBounded(t *testing.T, s *tale) {
	holder := s.register(t, "囤货", "13800138066")
	body := placing{Lines: []orders.QuoteLine{{PresaleID: s.geese.ID, Qty: 2}}, Delivery: s.pickup(t)}
	var open []string
	for range 5 {
		open = append(open, post[orders.Order](t, holder, "/orders", s.key(), body).No)
	}
	place := request{method: http.MethodPost, path: "/orders", key: s.key(), body: body}
	if p := wantProblem(t, place, holder.send(t, place), http.StatusConflict); !strings.Contains(p.Detail, "5") && !strings.Contains(p.Title, "5") {
		t.Errorf("the problem names no limit: %+v", p)
	}
	for _, no := range open { // a cancelled order holds nothing
		post[orders.Order](t, holder, "/orders/"+no+"/cancel", s.key(), map[string]string{})
	}
	last := post[orders.Order](t, holder, "/orders", s.key(), body)
	post[orders.Order](t, holder, "/orders/"+last.No+"/cancel", s.key(), map[string]string{})
}
