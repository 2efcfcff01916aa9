package contract_test

import (
	"slices"
	"strings"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders/contract"
)

const submitter = 70

var (
	system    = contract.Viewer{System: true, County: true}
	operator  = contract.Viewer{County: true, Account: 1}
	admin     = contract.Viewer{Account: 2} // of accounts: no part in contracts
	officer   = contract.Viewer{Account: submitter, BuysFor: mill, WorksFor: mill}
	approver  = contract.Viewer{Account: 71, BuysFor: mill, WorksFor: mill, Approver: true}
	self      = contract.Viewer{Account: submitter, BuysFor: mill, WorksFor: mill, Approver: true}
	clerk     = contract.Viewer{Account: 72, WorksFor: coop}
	ownClerk  = contract.Viewer{Account: 73, WorksFor: mill}
	other     = contract.Viewer{Account: 74, BuysFor: 8, WorksFor: 8}
	household = contract.Viewer{Account: 75, Household: true}
	buyer     = contract.Viewer{Account: 76}
	nobody    = contract.Viewer{}
)

func bought(s contract.State) contract.Contract {
	return contract.Contract{ID: 1000, OrgID: mill, State: s, Terms: terms()}
}

func TestPartsInAContract(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		v             contract.Viewer
		before, after contract.Part // publication
	}{
		"operator":                {operator, contract.PartCounty, contract.PartCounty},
		"officer":                 {officer, contract.PartBuyer, contract.PartBuyer},
		"collector's clerk":       {clerk, contract.PartNone, contract.PartCollector},
		"buyer's clerk":           {ownClerk, contract.PartNone, contract.PartCollector},
		"household":               {household, contract.PartNone, contract.PartSeller},
		"another organisation":    {other, contract.PartNone, contract.PartNone},
		"private buyer":           {buyer, contract.PartNone, contract.PartNone},
		"nobody":                  {nobody, contract.PartNone, contract.PartNone},
		"officer that also sells": {contract.Viewer{BuysFor: mill, Household: true}, contract.PartBuyer, contract.PartBuyer},
	} {
		for _, s := range contract.States {
			want := c.after
			if s == contract.Draft || s == contract.Approval {
				want = c.before
			}
			if got := c.v.PartOf(bought(s)); got != want {
				t.Errorf("%s in %s: %d, want %d", name, s, got, want)
			}
		}
	}
	if nobody.PartOf(contract.Contract{State: contract.Running}) != contract.PartNone {
		t.Error("nobody works for no organisation")
	}
	for p, sees := range map[contract.Part]bool{contract.PartNone: false, contract.PartSeller: false, contract.PartCollector: true, contract.PartBuyer: true, contract.PartCounty: true} {
		if p.SeesDealings() != sees {
			t.Errorf("part %d sees dealings: %v", p, !sees)
		}
	}
	if err := contract.PartBuyer.Need(contract.PartCollector, contract.PartBuyer); err != nil {
		t.Error(err)
	}
	if err := contract.PartSeller.Need(contract.PartCollector, contract.PartBuyer); link.CodeOf(err) != link.Forbidden || link.AsError(err).Key != "forbidden" {
		t.Error(err)
	}
}

func TestSteps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		v    contract.Viewer
		want map[contract.State]string
	}{
		"system": {system, map[contract.State]string{contract.Draft: "submit", contract.Approval: "return approve", contract.Published: "open close", contract.Signing: "start close", contract.Running: "close"}},
		"officer": {officer, map[contract.State]string{contract.Draft: "submit", contract.Published: "open close", contract.Signing: "start close",
			contract.Running: "close"}},
		"approver": {approver, map[contract.State]string{contract.Draft: "submit", contract.Approval: "return approve", contract.Published: "open close",
			contract.Signing: "start close", contract.Running: "close"}},
		"approver who submitted it": {self, map[contract.State]string{contract.Draft: "submit", contract.Published: "open close", contract.Signing: "start close",
			contract.Running: "close"}},
		"operator":  {operator, map[contract.State]string{contract.Published: "close", contract.Signing: "close", contract.Running: "close"}},
		"admin":     {admin, nil},
		"clerk":     {clerk, nil},
		"household": {household, nil},
		"other":     {other, nil},
	} {
		for _, s := range contract.States {
			var got []string
			for _, step := range c.v.Steps(bought(s), submitter) {
				got = append(got, string(step))
			}
			if strings.Join(got, " ") != c.want[s] {
				t.Errorf("%s in %s: %q, want %q", name, s, got, c.want[s])
			}
		}
	}
	if steps := nobody.Steps(bought(contract.Running), submitter); steps == nil {
		t.Error("no steps are null instead of an empty list")
	}
	for want, err := range map[string]error{
		"forbidden":            officer.MayStep(bought(contract.Approval), submitter, contract.StepApprove),
		"contract.same_person": self.MayStep(bought(contract.Approval), submitter, contract.StepReturn),
	} {
		if link.CodeOf(err) != link.Forbidden || link.AsError(err).Key != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := operator.MayStep(bought(contract.Published), submitter, contract.StepOpen); link.CodeOf(err) != link.Forbidden {
		t.Errorf("the county opens a contract: %v", err)
	}
}

func TestReturnsNeedAReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r      contract.Move
		reason string
		ok     bool
	}{
		"return":                {contract.Move{Step: contract.StepReturn, Reason: " price "}, "price", true},
		"return without reason": {contract.Move{Step: contract.StepReturn, Reason: " "}, "", false},
		"approve":               {contract.Move{Step: contract.StepApprove}, "", true},
		"a long reason":         {contract.Move{Step: contract.StepClose, Reason: strings.Repeat("x", 201)}, "", false},
	} {
		reason, err := c.r.Check()
		if reason != c.reason || (err == nil) != c.ok {
			t.Errorf("%s: %q, %v", name, reason, err)
		}
		if e := link.AsError(err); err != nil && (e.Key != "contract.return.reason" || e.Field != "reason" || e.Args["max"] != "200") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnknownStepsAreNamed(t *testing.T) {
	t.Parallel()
	for _, step := range []contract.Step{"", "sell"} {
		if _, err := (contract.Move{Step: step}).Check(); link.AsError(err).Key != "contract.step.unknown" || link.AsError(err).Field != "step" {
			t.Errorf("%q: %v", step, err)
		}
	}
}

func TestConditionsOfSteps(t *testing.T) {
	t.Parallel()
	k := terms()
	for _, step := range contract.Machine.Events() {
		if err := contract.CheckSignBy(k, step, k.SignBy); err != nil {
			t.Errorf("%s on the last day: %v", step, err)
		}
		err := contract.CheckSignBy(k, step, "2026-08-21")
		if late := step == contract.StepSubmit || step == contract.StepOpen; (err != nil) != late {
			t.Errorf("%s a day later: %v", step, err)
		}
		if err != nil && (link.CodeOf(err) != link.Conflict || !slices.Equal(problemsOf(err), []string{"contract.sign_by sign_by"})) {
			t.Error(err)
		}
	}
	for name, c := range map[string]struct {
		err   error
		code  link.Code
		key   string
		retry int
	}{
		"start":                  {contract.CheckStart(1, 0), "", "", 0},
		"start while booking":    {contract.CheckStart(1, 1), link.Unavailable, "contract.booking", 2},
		"start with nobody":      {contract.CheckStart(0, 0), link.Conflict, "contract.nobody_signed", 0},
		"start with one booking": {contract.CheckStart(0, 1), link.Unavailable, "contract.booking", 2},
		"close":                  {contract.CheckClose(0, false), "", "", 0},
		"close with call-offs":   {contract.CheckClose(1, true), link.Conflict, "contract.open_call_offs", 0},
		"close while booking":    {contract.CheckClose(0, true), link.Unavailable, "contract.booking", 2},
		"change":                 {contract.CheckChange(bought(contract.Draft), mill), "", "", 0},
		"change another's":       {contract.CheckChange(bought(contract.Draft), coop), link.NotFound, "contract.unknown", 0},
		"change a submitted one": {contract.CheckChange(bought(contract.Approval), mill), link.Conflict, "contract.not_draft", 0},
	} {
		if link.CodeOf(c.err) != c.code || c.err != nil && (link.AsError(c.err).Key != c.key || link.AsError(c.err).RetryAfter != c.retry) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	if e := link.AsError(contract.CheckClose(3, false)); e.Args["n"] != "3" {
		t.Errorf("%+v", e)
	}
}
