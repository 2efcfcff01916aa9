package payments_test

import (
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

func TestCheckHolder(t *testing.T) {
	t.Parallel()
	zheng := payments.RegisteredHousehold{ID: 17, Head: "郑大河", Members: []string{"郑小河"}}
	for name, c := range map[string]struct {
		holder, why, document string
		h                     payments.RegisteredHousehold
		want                  string // fields
	}{
		"the head":               {"郑大河", "", "", zheng, ""},
		"a member":               {"郑小河", "", "", zheng, "why document"},
		"a member, explained":    {"郑小河", "户主不识字，委托儿子", "委托书 2026-014", zheng, ""},
		"no document":            {"郑小河", "户主不识字，委托儿子", "", zheng, "document"},
		"no reason":              {"郑小河", "", "委托书 2026-014", zheng, "why"},
		"a stranger":             {"王五", "", "", zheng, "why document"},
		"a stranger, explained":  {"王五", "监护人", "民政〔2026〕3 号", zheng, ""},
		"another household's":    {"郑大河", "", "", payments.RegisteredHousehold{ID: 18, Head: "郑大河"}, "household"},
		"nobody is registered":   {"郑大河", "", "", payments.RegisteredHousehold{}, "household"},
		"a household out of use": {"郑大河", "", "", payments.RegisteredHousehold{ID: 17, Head: "郑大河", Retired: true}, "household"},
	} {
		err := payments.SetPayoutAccount{Household: 17, Holder: c.holder, Why: c.why, Document: c.document}.CheckHolder(c.h)
		var fields []string
		if e := link.AsError(err); e != nil {
			for _, one := range append([]*link.Error{e}, e.Details...) {
				if one.Field != "" {
					fields = append(fields, one.Field)
				}
			}
		}
		if strings.Join(fields, " ") != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestMayEnterAccount(t *testing.T) {
	t.Parallel()
	for begun, ok := range map[string]bool{"": true, link.BegunByCard: false, link.BegunByPIN: false, "some other way": false} {
		if err := payments.MayEnterAccount(link.Actor{Account: 7, Role: "household", Household: 17, Begun: begun}); (err == nil) != ok {
			t.Errorf("begun by %q: %v", begun, err)
		}
	}
}

func TestPayFrom(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	if got := payments.PayFrom(now, 72*time.Hour); got == nil || !got.Equal(now.AddDate(0, 0, 3)) {
		t.Errorf("three days: %v", got)
	}
	if got := payments.PayFrom(now, 0); got != nil {
		t.Errorf("none: %v", got)
	}
}

func TestReplacedStates(t *testing.T) {
	t.Parallel()
	for entered, want := range map[payments.PayoutAccountState]string{payments.EnteredAccountState: "review", payments.AccountActive: "review active closed"} {
		if got := strings.Join(payments.ReplacedStates(entered), " "); got != want {
			t.Errorf("%s replaces %s, want %s", entered, got, want)
		}
	}
}
