package contract_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders/contract"
)

const key = "key-0001"

func TestExpectedOfAQuota(t *testing.T) {
	t.Parallel()
	k := terms()
	// A goose of 4 kg at 14 yuan for 500 g is 112 yuan, less 3 %.
	for name, c := range map[string]struct{ grams, qty, agent, want int64 }{
		"one goose":     {4000, 1, 0, 10_864},
		"ten geese":     {4000, 10, 0, 108_640},
		"raised":        {4000, 1, 8000, 2173},
		"counted goods": {0, 500, 0, 1358},
	} {
		if got, err := k.Expected(c.grams, c.qty, c.agent); err != nil || got != c.want {
			t.Errorf("%s: %d, %v", name, got, err)
		}
	}
	k.Grades[0].Floor = money.Price{Fen: math.MaxInt64, Per: 1}
	if _, err := k.Expected(4000, 10, 0); err == nil {
		t.Error("a price beyond all numbers")
	}
}

func TestHouseholdsThatATermExcludes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		townships  []int64
		programmes []string
		want       string
	}{
		"open to all":       {nil, nil, ""},
		"its township":      {[]int64{2, 1}, nil, ""},
		"another township":  {[]int64{2}, []string{"z"}, "contract.not_eligible.township"},
		"its programmes":    {nil, []string{"a", "b"}, ""},
		"another programme": {nil, []string{"a", "z"}, "contract.not_eligible.programme"},
	} {
		k := contract.Terms{Townships: c.townships, Programmes: c.programmes}
		if got := k.Excludes(1, []string{"b", "a", "c"}); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestTimeOfSigning(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, 8, 20, 0, 0, 0, 0, time.UTC)
	over := time.Date(2026, 8, 20, 16, 0, 0, 0, time.UTC) // midnight in China
	for _, s := range contract.States {
		err := contract.Signable(s, last, over.Add(-1))
		if (err == nil) != (s == contract.Signing) || err != nil && link.AsError(err).Key != "contract.not_signing" {
			t.Errorf("%s: %v", s, err)
		}
	}
	if err := contract.Signable(contract.Signing, last, over); link.CodeOf(err) != link.Conflict || link.AsError(err).Key != "contract.sign_over" {
		t.Error(err)
	}
	if err := contract.CheckInTime(over, over.Add(-1)); err != nil {
		t.Error(err)
	}
	if err := contract.CheckInTime(over, over); link.CodeOf(err) != link.Conflict || link.AsError(err).Key != "quota.too_late" {
		t.Error(err)
	}
	now := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	if got := contract.AnswerBy(now, 7, last); got != now.AddDate(0, 0, 7) {
		t.Errorf("a week: %s", got)
	}
	if got := contract.AnswerBy(now, 60, last); !got.Equal(over) {
		t.Errorf("till signing ends: %s", got)
	}
}

func TestMostOfAQuota(t *testing.T) {
	t.Parallel()
	k := terms() // 300 in all, 10 to 80 each
	for name, c := range map[string]struct {
		spare, promised, most int64
		why                   string
	}{
		"bounded by supply":       {25, 0, 25, ""},
		"bounded by the contract": {100, 0, 80, ""},
		"bounded by what is left": {100, 270, 30, ""},
		"the least":               {10, 290, 10, ""},
		"too little supply":       {9, 0, 0, "contract.not_eligible.supply"},
		"too little left":         {100, 291, 0, "contract.full"},
		"too little of both":      {9, 291, 0, "contract.not_eligible.supply"},
	} {
		if most, why := k.Most(c.spare, c.promised); most != c.most || why != c.why {
			t.Errorf("%s: %d %q", name, most, why)
		}
	}
}

func TestSignUpsAreChecked(t *testing.T) {
	t.Parallel()
	k := terms()
	for qty, ok := range map[int64]bool{9: false, 10: true, 80: true, 81: false} {
		err := contract.SignUp{Qty: qty, IdempotencyKey: key}.Check(k)
		if (err == nil) != ok {
			t.Errorf("%d: %v", qty, err)
		}
		if e := link.AsError(err); err != nil && (e.Key != "quota.bounds" || e.Field != "qty" || e.Args["min"] != "10" || e.Args["max"] != "80") {
			t.Errorf("%d: %+v", qty, e)
		}
	}
	if err := (contract.SignUp{Qty: 10}).Check(k); !slices.Equal(problemsOf(err), []string{"order.key.invalid idempotency_key"}) {
		t.Error(err)
	}
	if err := k.CheckLeft(250, 50); err != nil {
		t.Error(err)
	}
	err := k.CheckLeft(250, 51)
	if e := link.AsError(err); e == nil || e.Code != link.SoldOut || e.Key != "contract.left" || e.Field != "qty" || e.Args["left"] != "50" {
		t.Error(err)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	accept, refuse := contract.AnswerQuota{Accept: true}, contract.AnswerQuota{}
	for name, c := range map[string]struct {
		r        contract.AnswerQuota
		was, to  contract.QuotaState
		repeated bool
		refused  bool
	}{
		"agree":                      {accept, contract.QuotaProposed, contract.QuotaBooking, false, false},
		"decline":                    {refuse, contract.QuotaProposed, contract.QuotaDeclined, false, false},
		"agree while it is booked":   {accept, contract.QuotaBooking, contract.QuotaBooking, true, false},
		"agree to a signed one":      {accept, contract.QuotaSigned, contract.QuotaSigned, true, false},
		"decline a declined one":     {refuse, contract.QuotaDeclined, contract.QuotaDeclined, true, false},
		"agree to a declined one":    {accept, contract.QuotaDeclined, contract.QuotaDeclined, false, true},
		"decline while it is booked": {refuse, contract.QuotaBooking, contract.QuotaBooking, false, true},
		"decline a signed one":       {refuse, contract.QuotaSigned, contract.QuotaSigned, false, true},
		"agree to a lapsed one":      {accept, contract.QuotaLapsed, contract.QuotaLapsed, false, true},
	} {
		to, repeated, err := c.r.Next(c.was)
		if to != c.to || repeated != c.repeated || (err != nil) != c.refused || err != nil && link.AsError(err).Key != "quota.answered" {
			t.Errorf("%s: %s, repeated %v, %v", name, to, repeated, err)
		}
	}
	if reason, err := (contract.AnswerQuota{Reason: " no "}).Check(); err != nil || reason != "no" {
		t.Errorf("%q, %v", reason, err)
	}
	_, err := contract.AnswerQuota{Reason: strings.Repeat("x", 201)}.Check()
	if e := link.AsError(err); e == nil || e.Key != "order.cancel.reason" || e.Field != "reason" || e.Args["max"] != "200" {
		t.Error(err)
	}
}

func TestQuotasThatTheCatalogueRefuses(t *testing.T) {
	t.Parallel()
	if to, err := contract.AfterRefusal(contract.QuotaBooking, false); err != nil || to != contract.QuotaProposed {
		t.Errorf("a proposal: %s, %v", to, err)
	}
	if to, err := contract.AfterRefusal(contract.QuotaBooking, true); err != nil || to != contract.QuotaDeclined {
		t.Errorf("an own wish: %s, %v", to, err)
	}
	for _, own := range []bool{true, false} {
		if _, err := contract.AfterRefusal(contract.QuotaProposed, own); err == nil {
			t.Error("a quota that is not booked is refused")
		}
	}
	if _, err := contract.AfterRefusal(contract.QuotaSigned, false); err == nil {
		t.Error("a signed quota is refused")
	}
}

func TestProposalsAreChecked(t *testing.T) {
	t.Parallel()
	k := terms()
	for name, c := range map[string]struct {
		qty  int64
		days int
		want string
	}{
		"all that is left":  {0, 0, ""},
		"as much as left":   {50, 60, ""},
		"more than left":    {51, 1, "contract.left qty"},
		"less than nothing": {-1, 1, "contract.left qty"},
		"too many days":     {1, 61, "contract.answer_days answer_days"},
		"no day":            {1, -1, "contract.answer_days answer_days"},
	} {
		r, err := contract.ProposeQuotas{Qty: c.qty, AnswerDays: c.days, IdempotencyKey: key}.Check(k, 250)
		if got := strings.Join(problemsOf(err), ", "); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
		if c.days == 0 && r.AnswerDays != 7 || c.days != 0 && r.AnswerDays != c.days {
			t.Errorf("%s: %d days", name, r.AnswerDays)
		}
	}
	_, err := contract.ProposeQuotas{Qty: 51, AnswerDays: 61}.Check(k, 250)
	if got := problemsOf(err); !slices.Equal(got, []string{"order.key.invalid idempotency_key", "contract.left qty", "contract.answer_days answer_days"}) {
		t.Error(got)
	}
	if d := link.AsError(err).Details; d[1].Args["left"] != "50" || d[2].Args["max"] != "60" {
		t.Errorf("%+v", d)
	}
}

func TestProposalsThatFit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		qty  []int64
		left int64
		n    int
		sum  int64
	}{
		"all":            {[]int64{10, 20}, 30, 2, 30},
		"the first":      {[]int64{10, 20, 1}, 29, 1, 10},
		"none":           {[]int64{10}, 9, 0, 0},
		"nothing to fit": {nil, 9, 0, 0},
	} {
		if n, sum := contract.Fit(c.qty, c.left); n != c.n || sum != c.sum {
			t.Errorf("%s: %d, %d", name, n, sum)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		qty := rapid.SliceOf(rapid.Int64Range(1, 100)).Draw(t, "qty")
		left := rapid.Int64Range(0, 1000).Draw(t, "left")
		n, sum := contract.Fit(qty, left)
		if sum > left || n < len(qty) && sum+qty[n] <= left {
			t.Errorf("%d of %d, %d of %d", n, len(qty), sum, left)
		}
	})
}
