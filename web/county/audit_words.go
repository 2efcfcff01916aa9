package county

import (
	"context"
	"fmt"
	"strings"

	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// auditObject is the thing of an entry that is about neither an account nor a household.
func auditObject(said page.Words, e audit.Entry) string {
	switch {
	case e.Kind == audit.AuditExported:
		return auditCount(said, "entries", e.Object)
	case e.Kind == audit.ReadByProgram:
		return said.Say("audit.endpoint", e.Object)
	case e.On == "":
		return e.Object
	}
	return strings.TrimSpace(said.Say("audit.on", e.On) + " " + e.Object)
}

// auditCounts are the kinds with a number as their detail, and the words of what is counted.
var auditCounts = map[audit.Kind]string{
	"load.statement": "lines", "load.households": "households", "export.payout_file": "payments", audit.SessionEnded: "sessions",
	audit.PrivacyAgreed: "version", audit.CorrectionAnswered: "request", "unmask.id": "member", "refund.used": "payment", "contract.agreed": "quota",
}

// auditCount writes a number with what it counts.
func auditCount(said page.Words, what, n string) string {
	text, ok := said.Glossary.Say(said.Lang, "audit.count."+what, page.Values(map[string]string{"n": n}))
	if !ok || n == "" {
		return n
	}
	return text
}

// auditValues writes a detail of several numbers as a sentence. Entries of before had units between them.
func auditValues(said page.Words, key, detail string, names ...string) string {
	fields := strings.FieldsFunc(detail, func(r rune) bool { return r < '0' || r > '9' })
	if len(fields) != len(names) {
		return detail
	}
	values := map[string]string{}
	for i, name := range names {
		values[name] = fields[i]
	}
	text, ok := said.Glossary.Say(said.Lang, key, page.Values(values))
	if !ok {
		return detail
	}
	return text
}

// auditDetail writes the detail of an entry in words.
func (s *people) auditDetail(ctx context.Context, said page.Words, e audit.Entry) (string, error) {
	if e.Detail == "" {
		return "", nil
	}
	if what, ok := auditCounts[e.Kind]; ok {
		return auditCount(said, what, e.Detail), nil
	}
	area, act, _ := strings.Cut(string(e.Kind), ".")
	switch {
	case e.Kind == audit.LoginDone:
		return said.Say("audit.how", e.Detail), nil
	case e.Kind == audit.RulesChanged:
		return auditValues(said, "audit.detail.security", e.Detail, "days", "minutes"), nil
	case e.Kind == "rules.unpaid":
		return auditValues(said, "audit.detail.unpaid", e.Detail, "orders", "part", "org"), nil
	case area == "rules":
		return auditValues(said, "audit.detail.cooling", e.Detail, "before", "after"), nil
	case area == "decision":
		return said.Say("audit.decided", e.Detail), nil
	case e.Kind == "transfer.explained":
		return said.Say("booked", e.Detail), nil
	case area == "request" || area == "agreed" || area == "refused":
		var no int64
		var role string
		if n, _ := fmt.Sscanf(e.Detail, "no. %d, %s", &no, &role); n == 2 {
			return auditCount(said, "request", fmt.Sprint(no)) + said.Lang.Pick("，", ", ") + said.Say("role", role), nil
		}
	case area == "account":
		return s.accountDetail(ctx, said, auth.Changed(act), e.Detail)
	}
	return e.Detail, nil
}

// accountDetail writes what an account was and is.
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
