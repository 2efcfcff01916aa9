package county

import (
	"context"
	"fmt"
	"strings"

	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/county/words"
	"banmuyuan/web/page"
)

// auditDetail writes the detail of an entry in words.
func (s *people) auditDetail(ctx context.Context, said page.Words, e audit.Entry) (string, error) {
	if e.Detail == "" {
		return "", nil
	}
	if what, ok := words.AuditCounts[e.Kind]; ok {
		return words.AuditCount(said, what, e.Detail), nil
	}
	area, act, _ := strings.Cut(string(e.Kind), ".")
	switch {
	case e.Kind == audit.LoginDone:
		return said.Say("audit.how", e.Detail), nil
	case e.Kind == audit.RulesChanged:
		return words.AuditValues(said, "audit.detail.security", e.Detail, "days", "minutes"), nil
	case e.Kind == "rules.unpaid":
		return words.AuditValues(said, "audit.detail.unpaid", e.Detail, "orders", "part", "org"), nil
	case area == "rules":
		return words.AuditValues(said, "audit.detail.cooling", e.Detail, "before", "after"), nil
	case area == "decision":
		return said.Say("audit.decided", e.Detail), nil
	case e.Kind == "transfer.explained":
		return said.Say("booked", e.Detail), nil
	case area == "request" || area == "agreed" || area == "refused":
		var no int64
		var role string
		if n, _ := fmt.Sscanf(e.Detail, "no. %d, %s", &no, &role); n == 2 {
			return words.AuditCount(said, "request", fmt.Sprint(no)) + said.Lang.Pick("，", ", ") + said.Say("role", role), nil
		}
	case area == "account":
		return s.accountDetail(ctx, said, auth.Changed(act), e.Detail)
	}
	return e.Detail, nil
}

// accountDetail writes the state of an account before and after.
func (s *people) accountDetail(ctx context.Context, said page.Words, what auth.Changed, detail string) (string, error) {
	before, after, changed := strings.Cut(detail, " → ")
	value := func(v string) (string, error) {
		switch {
		case v == "":
			return said.Lang.Pick("（无）", "(none)"), nil
		case what == auth.ChangedRole || what == auth.ChangedOpened:
			return said.Say("role", v), nil
		case what == auth.ChangedHousehold || what == auth.ChangedHelper:
			return s.boundName(ctx, what, v)
		}
		return v, nil
	}
	was, err := value(before)
	if err != nil || !changed {
		return was, err
	}
	is, err := value(after)
	return was + " → " + is, err
}
