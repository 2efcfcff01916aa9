package words

import (
	"strings"

	"banmuyuan/web/audit"
	"banmuyuan/web/page"
)

// AuditObject is the thing of an entry that is about neither an account nor a household.
func AuditObject(said page.Words, e audit.Entry) string {
	switch {
	case e.Kind == audit.AuditExported:
		return AuditCount(said, "entries", e.Object)
	case e.Kind == audit.ReadByProgram:
		return said.Say("audit.endpoint", e.Object)
	case e.On == "":
		return e.Object
	}
	return strings.TrimSpace(said.Say("audit.on", e.On) + " " + e.Object)
}

// AuditCounts are the kinds with a number as their detail, and the words of the counted thing.
var AuditCounts = map[audit.Kind]string{
	"load.statement": "lines", "load.households": "households", "export.payout_file": "payments", audit.SessionEnded: "sessions",
	audit.PrivacyAgreed: "version", audit.CorrectionAnswered: "request", "unmask.id": "member", "refund.used": "payment", "contract.agreed": "quota",
	"contract.signed_up": "quota", "contract.declined": "quota", "transfer.matched": "payment", "transfer.split": "parts",
}

// AuditCount writes a number with the counted thing.
func AuditCount(said page.Words, what, n string) string {
	text, ok := said.Glossary.Say(said.Lang, "audit.count."+what, page.Values(map[string]string{"n": n}))
	if !ok || n == "" {
		return n
	}
	return text
}

// AuditValues writes a detail of several numbers as a sentence. Entries of before had units between them.
func AuditValues(said page.Words, key, detail string, names ...string) string {
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
