package catalog

import (
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/link"
)

var (
	objectionHome = Household{ID: 7, HelperID: 4, Consent: true}
	ownHousehold  = link.Actor{Account: 70, Role: "household", Household: 7}
	ownHelper     = link.Actor{Account: 40, Role: "helper", Helper: 4}
	anOperator    = link.Actor{Account: 1, Role: "operator", Person: "p1"}
)

func TestMayObject(t *testing.T) {
	t.Parallel()
	silent := objectionHome
	silent.Consent = false
	for name, c := range map[string]struct {
		actor link.Actor
		h     Household
		key   string // of the refusal
	}{
		"itself":                      {ownHousehold, objectionHome, ""},
		"itself, without consent":     {ownHousehold, silent, ""},
		"another household":           {link.Actor{Role: "household", Household: 8}, objectionHome, "objection.not_yours"},
		"its helper":                  {ownHelper, objectionHome, ""},
		"its helper, without consent": {ownHelper, silent, "household.consent.missing"},
		"another helper":              {link.Actor{Role: "helper", Helper: 5}, objectionHome, "household.consent.missing"},
		"the county":                  {anOperator, objectionHome, "objection.not_yours"},
		"the approver":                {link.Actor{Role: "approver"}, objectionHome, "objection.not_yours"},
		"the collecting cooperative":  {link.Actor{Role: "officer", Org: 3}, objectionHome, "objection.not_yours"},
		"an administrator":            {link.Actor{Role: "admin", Account: 9}, objectionHome, "objection.not_yours"},
		"a buyer":                     {link.Actor{Role: "private", Account: 9}, objectionHome, "objection.not_yours"},
	} {
		err := ScopeOf(c.actor).MayObject(c.h)
		if got := link.AsError(err); c.key == "" && err != nil || c.key != "" && (got == nil || got.Key != c.key || got.Code != link.Forbidden) {
			t.Errorf("%s: %v, want %q", name, err, c.key)
		}
	}
}

func TestEndOfAnObjection(t *testing.T) {
	t.Parallel()
	answer := EndObjection{ID: 5, Step: ObjectionStepUphold, Words: "已改"}
	withdraw := EndObjection{ID: 5, Step: ObjectionStepWithdraw}
	open := ObjectionRecord{State: ObjectionOpen, Account: 40, Person: "p2"}
	for name, c := range map[string]struct {
		req   EndObjection
		was   ObjectionRecord
		actor link.Actor
		same  *PastEnd
		want  bool
		key   string
	}{
		"an operator answers":             {answer, open, anOperator, nil, true, ""},
		"the household answers":           {answer, open, ownHousehold, nil, false, "forbidden"},
		"the approver answers":            {answer, open, link.Actor{Account: 2, Role: "approver"}, nil, false, "forbidden"},
		"a job answers":                   {answer, open, link.Actor{System: true}, nil, false, "forbidden"},
		"a stranger answers":              {answer, open, link.Actor{}, nil, false, "unauthenticated"},
		"the account that raised it":      {answer, open, link.Actor{Account: 40, Role: "operator"}, nil, false, "objection.second_person"},
		"the person by another account":   {answer, open, link.Actor{Account: 41, Role: "operator", Person: "p2"}, nil, false, "objection.second_person"},
		"people without a proved phone":   {answer, ObjectionRecord{State: ObjectionOpen, Account: 40}, link.Actor{Account: 41, Role: "operator"}, nil, true, ""},
		"the household withdraws":         {withdraw, open, ownHousehold, nil, true, ""},
		"its helper withdraws":            {withdraw, open, ownHelper, nil, true, ""},
		"the county withdraws":            {withdraw, open, anOperator, nil, false, "objection.not_yours"},
		"answered already":                {answer, ObjectionRecord{State: ObjectionExplained}, anOperator, nil, false, "objection.ended"},
		"withdrawn already":               {answer, ObjectionRecord{State: ObjectionWithdrawn}, anOperator, nil, false, "objection.ended"},
		"the same again":                  {answer, ObjectionRecord{State: ObjectionUpheld}, anOperator, &PastEnd{5, ObjectionUpheld, "已改"}, false, ""},
		"other words under the key":       {answer, open, anOperator, &PastEnd{5, ObjectionUpheld, "没改"}, false, "reserve.key.reused"},
		"another step under the key":      {answer, open, anOperator, &PastEnd{5, ObjectionExplained, "已改"}, false, "reserve.key.reused"},
		"another objection under the key": {answer, open, anOperator, &PastEnd{6, ObjectionUpheld, "已改"}, false, "reserve.key.reused"},
	} {
		got, err := c.req.End(c.was, objectionHome, c.actor, c.same)
		if e := link.AsError(err); got != c.want || c.key == "" && err != nil || c.key != "" && (e == nil || e.Key != c.key) {
			t.Errorf("%s: %v, %v; want %v, %q", name, got, err, c.want, c.key)
		}
	}
}

func TestObjectionsAreChecked(t *testing.T) {
	t.Parallel()
	key := func(err error) string {
		if err == nil {
			return ""
		}
		return link.AsError(err).Key
	}
	for _, c := range []struct {
		words, key, want string
	}{
		{" 少算一口人 ", "k", ""}, {"?", "k", "objection.words"}, {"  ", "k", "objection.words"}, {strings.Repeat("啊", 501), "k", "objection.words"},
		{strings.Repeat("啊", 500), "k", ""}, {"a\x00b", "k", "objection.words"}, {"\xffab", "k", "objection.words"}, {"好的", "", "reserve.key.missing"},
		{"好的", strings.Repeat("k", 65), "reserve.key.missing"},
	} {
		r := RaiseObjection{Words: c.words, IdempotencyKey: c.key}
		if got := key(r.Check()); got != c.want || got == "" && r.Words != strings.TrimSpace(c.words) {
			t.Errorf("%q: %q, want %q", c.words, got, c.want)
		}
	}
	for _, c := range []struct {
		step  ObjectionStep
		words string
		want  string
	}{
		{ObjectionStepUphold, "已改", ""}, {ObjectionStepExplain, "", "objection.answer"}, {ObjectionStepUphold, " ", "objection.answer"},
		{ObjectionStepWithdraw, "", ""}, {"", "好的", "objection.step"}, {"open", "好的", "objection.step"},
	} {
		r := EndObjection{Step: c.step, Words: c.words, IdempotencyKey: "k"}
		if got := key(r.Check()); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.step, c.words, got, c.want)
		}
	}
	for days, want := range map[int]string{0: "objection.days", 1: "", 60: "", 61: "objection.days", -1: "objection.days"} {
		if got := key((ObjectionDays{days}).Check()); got != want {
			t.Errorf("%d days: %q", days, got)
		}
	}
	for role, want := range map[string]string{"operator": "", "approver": "forbidden", "household": "forbidden", "admin": "forbidden"} {
		if got := key(MaySetObjectionDays(link.Actor{Account: 1, Role: role})); got != want {
			t.Errorf("%s sets the days: %q", role, got)
		}
	}
}

// The county has whole days, as people in the county count them.
func TestObjectionDue(t *testing.T) {
	t.Parallel()
	for raised, want := range map[string]string{
		"2026-09-01T15:59:59Z": "2026-09-08T16:00:00Z", // 23:59 on the 1st
		"2026-09-01T16:00:00Z": "2026-09-09T16:00:00Z", // midnight
		"2026-12-30T04:00:00Z": "2027-01-06T16:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339, raised)
		if err != nil {
			t.Fatal(err)
		}
		if got := ObjectionDue(at, 7).UTC().Format(time.RFC3339); got != want {
			t.Errorf("raised %s is due %s, want %s", raised, got, want)
		}
	}
}
