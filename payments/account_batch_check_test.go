package payments_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"banmuyuan/internal/entry"
	"banmuyuan/payments"
)

const goodCard = "6200000000000000018"

func accountRow(line int, household int64, number string, change ...string) payments.AccountRow {
	cells := map[string]string{"household": "QH-" + strconv.FormatInt(household, 10), "holder": "郑大河", "bank": "青禾农商银行", "number": number}
	for i := 0; i+1 < len(change); i += 2 {
		cells[change[i]] = change[i+1]
	}
	r := payments.ReadAccountRow(entry.Row{Line: line, Cells: cells}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	r.Household = payments.RegisteredHousehold{ID: household, Code: cells["household"], Head: "郑大河", Members: []string{"李秀英"}}
	return r
}

func TestCheckOneAccount(t *testing.T) {
	t.Parallel()
	inUse := &payments.PayoutAccount{Holder: "郑大河", Bank: "青禾农商银行", Number: "•••• 0018"}
	for name, tt := range map[string]struct {
		row     payments.AccountRow
		change  func(*payments.AccountRow)
		outcome payments.AccountOutcome
		keys    []string
	}{
		"a card of the head":        {row: accountRow(3, 1, goodCard), outcome: payments.AccountNew},
		"a passbook":                {row: accountRow(3, 1, "150320100000123"), outcome: payments.AccountNew},
		"written with spaces":       {row: accountRow(3, 1, "6200 0000 0000 0000 018", "holder", "郑 大河"), outcome: payments.AccountNew},
		"check digit":               {row: accountRow(3, 1, "6200000000000000013"), outcome: payments.AccountWrong, keys: []string{"accounts.number.check"}},
		"scientific":                {row: accountRow(3, 1, "6.22848E+18"), outcome: payments.AccountWrong, keys: []string{"entry.cut"}},
		"cut at fifteen":            {row: accountRow(3, 1, "6228481234567890000"), outcome: payments.AccountWrong, keys: []string{"entry.cut"}},
		"zeros with a check digit":  {row: accountRow(3, 1, "6200000000000000000"), outcome: payments.AccountNew, keys: []string{"accounts.number.zeros"}},
		"62 of another length":      {row: accountRow(3, 1, "62000000000000"), outcome: payments.AccountNew, keys: []string{"accounts.number.length"}},
		"too short":                 {row: accountRow(3, 1, "620000000"), outcome: payments.AccountWrong, keys: []string{"payout.number"}},
		"no holder":                 {row: accountRow(3, 1, goodCard, "holder", ""), outcome: payments.AccountWrong, keys: []string{"entry.missing"}},
		"a formula for a bank":      {row: accountRow(3, 1, goodCard, "bank", "=1+1银行"), outcome: payments.AccountWrong, keys: []string{"payout.bank"}},
		"no household":              {row: accountRow(3, 0, goodCard, "household", ""), outcome: payments.AccountWrong, keys: []string{"accounts.household.missing"}},
		"unknown household":         {row: accountRow(3, 0, goodCard), outcome: payments.AccountWrong, keys: []string{"accounts.household.unknown"}},
		"a member's":                {row: accountRow(3, 1, goodCard, "holder", "李秀英", "reason", "户主住院", "document", "委托书 3 号"), outcome: payments.AccountNew, keys: []string{"accounts.holder.member"}},
		"a member's, unexplained":   {row: accountRow(3, 1, goodCard, "holder", "李秀英"), outcome: payments.AccountWrong, keys: []string{"accounts.holder.member", "payout.holder.why", "payout.holder.document"}},
		"a stranger's":              {row: accountRow(3, 1, goodCard, "holder", "王二"), outcome: payments.AccountWrong, keys: []string{"accounts.holder.other"}},
		"retired":                   {row: accountRow(3, 1, goodCard), change: func(r *payments.AccountRow) { r.Household.Retired = true }, outcome: payments.AccountWrong, keys: []string{"accounts.household.retired"}},
		"another head's id":         {row: accountRow(3, 1, goodCard), change: func(r *payments.AccountRow) { r.Household.HeadID = payments.HeadOther }, outcome: payments.AccountWrong, keys: []string{"accounts.head_id.other"}},
		"no id registered":          {row: accountRow(3, 1, goodCard), change: func(r *payments.AccountRow) { r.Household.HeadID = payments.HeadUnknown }, outcome: payments.AccountNew, keys: []string{"accounts.head_id.unknown"}},
		"the same as in use":        {row: accountRow(3, 1, goodCard), change: func(r *payments.AccountRow) { r.InUse, r.SameNumber = inUse, true }, outcome: payments.AccountUnchanged},
		"replaces another":          {row: accountRow(3, 1, goodCard), change: func(r *payments.AccountRow) { r.InUse = inUse }, outcome: payments.AccountReplaces, keys: []string{"accounts.replaces"}},
		"the same at another bank":  {row: accountRow(3, 1, goodCard, "bank", "邮政储蓄"), change: func(r *payments.AccountRow) { r.InUse, r.SameNumber = inUse, true }, outcome: payments.AccountReplaces, keys: []string{"accounts.replaces"}},
		"another waits":             {row: accountRow(3, 1, goodCard), change: func(r *payments.AccountRow) { r.Waits = true }, outcome: payments.AccountNew, keys: []string{"accounts.waits"}},
		"shared with one on record": {row: accountRow(3, 1, goodCard), change: func(r *payments.AccountRow) { r.Others = []int64{9} }, outcome: payments.AccountNew, keys: []string{"accounts.number.shared"}},
		"shared by four":            {row: accountRow(3, 1, goodCard), change: func(r *payments.AccountRow) { r.Others = []int64{7, 8, 9} }, outcome: payments.AccountWrong, keys: []string{"accounts.number.many"}},
	} {
		if tt.change != nil {
			tt.change(&tt.row)
		}
		v := payments.CheckAccounts([]payments.AccountRow{tt.row})[0]
		var keys []string
		for _, f := range v.Findings {
			keys = append(keys, f.Key)
			if _, known := payments.Messages[f.Key]; !known && f.Key[:5] != "entry" {
				t.Errorf("%s: no message %s", name, f.Key)
			}
		}
		if v.Outcome != tt.outcome || !slices.Equal(keys, tt.keys) {
			t.Errorf("%s: %s %v, want %s %v", name, v.Outcome, keys, tt.outcome, tt.keys)
		}
	}
}

func TestCheckAccountsTogether(t *testing.T) {
	t.Parallel()
	found := payments.CheckAccounts([]payments.AccountRow{accountRow(3, 1, goodCard), accountRow(4, 2, goodCard), accountRow(5, 3, "150320100000123"), accountRow(6, 3, "150320100000124")})
	if found[0].Findings[0].Key != "accounts.number.shared" || !slices.Equal(found[0].Shared, []int64{2}) || !found[1].Unusual() {
		t.Errorf("one number for two households: %+v", found[:2])
	}
	for _, v := range found[2:] {
		if v.Outcome != payments.AccountWrong || v.Findings[0].Args["lines"] != "5、6" {
			t.Errorf("a household twice: %+v", v)
		}
	}
}

func TestStillHolds(t *testing.T) {
	t.Parallel()
	seen := payments.SeenAccount{Household: 1, Record: "7:active", Holder: payments.HolderHead, Shared: []int64{2}}
	home := payments.RegisteredHousehold{ID: 1, Head: "郑大河", Members: []string{"李秀英"}}
	for want, change := range map[string]func(*payments.AccountNow){
		"":                           func(n *payments.AccountNow) { n.Shared = []int64{2} },
		"accounts.household.unknown": func(n *payments.AccountNow) { n.Household.ID = 0 },
		"accounts.household.retired": func(n *payments.AccountNow) { n.Household.Retired = true },
		"accounts.skipped.holder":    func(n *payments.AccountNow) { n.Household.Head = "李秀英" },
		"accounts.skipped.account":   func(n *payments.AccountNow) { n.Record = "7:closed" },
		"accounts.skipped.shared":    func(n *payments.AccountNow) { n.Shared = []int64{2, 3} },
	} {
		now := payments.AccountNow{Household: home, Record: "7:active", Holder: "郑大河"}
		change(&now)
		if got := payments.StillHolds(seen, now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAccountDecisions(t *testing.T) {
	t.Parallel()
	_, err := payments.DecideAccountBatch{}.Check()
	wantKey(t, err, "accounts.why")
	_, err = payments.DecideAccountBatch{Approve: true}.Check()
	wantKey(t, err, "")
	_, err = payments.ExcludeAccountRow{}.Check()
	wantKey(t, err, "accounts.exclude.why")
}
