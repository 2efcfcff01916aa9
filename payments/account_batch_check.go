package payments

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/internal/entry"
)

// AccountOutcome is the effect of an approval on a row.
type AccountOutcome string

const (
	AccountNew       AccountOutcome = "new"       // the household has no account yet
	AccountReplaces  AccountOutcome = "replaces"  // it has another one in use
	AccountUnchanged AccountOutcome = "unchanged" // it is paid to this one already
	AccountWrong     AccountOutcome = "wrong"     // not taken
)

// AccountFinding is something about a row: wrong, or unusual and for the second person to look at. It holds no names and no
// numbers in full.
type AccountFinding struct {
	Field string            `json:"field,omitempty"`
	Key   string            `json:"key"`
	Args  map[string]string `json:"args,omitempty"`
	Wrong bool              `json:"wrong,omitempty"`
}

// manyHouseholds is how many households may be paid to one number, each looked at by the second person. One number for more
// is a mistake or a fraud.
const manyHouseholds = 3

// AccountRow is a row of a batch with everything that is known about it.
type AccountRow struct {
	Line      int
	Values    entry.Values
	Faults    []entry.Fault
	Household RegisteredHousehold // ID 0: not registered

	InUse      *PayoutAccount // of the household
	SameNumber bool           // InUse has the row's number
	Waits      bool           // another account of the household waits for the second person
	Others     []int64        // other households with the number on record
}

// ReadAccountRow reads the cells of a row.
func ReadAccountRow(row entry.Row, now time.Time) AccountRow {
	v, faults := accountKind.Parse(row, true, now)
	r := AccountRow{Line: row.Line, Values: v}
	for i, f := range faults {
		if f.Field == "number" && f.Key == "entry.account" && scientific(row.Cells["number"]) {
			faults[i].Key = "entry.cut"
		}
	}
	named := func(field string) bool {
		return slices.ContainsFunc(faults, func(f entry.Fault) bool { return f.Field == field })
	}
	for _, f := range accountKind.Missing(v) {
		if !named(f.Field) && (f.Key != "accounts.household.missing" || !named("head_id")) {
			faults = append(faults, f)
		}
	}
	if len(faults) == 0 {
		faults = r.cannotBe()
	}
	r.Faults = faults
	return r
}

// scientific reports whether a spreadsheet wrote a number as 6.22848E+18.
func scientific(cell string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
	return err == nil && strings.ContainsAny(cell, "eE")
}

// Set is the row as an account that is entered by itself.
func (r AccountRow) Set() SetPayoutAccount {
	return SetPayoutAccount{Household: r.Household.ID, Holder: r.Values.Text("holder"), Bank: r.Values.Text("bank"), Number: r.Number(),
		Why: r.Values.Text("reason"), Document: r.Values.Text("document")}
}

// Number is the row's account number, of digits only where it is one.
func (r AccountRow) Number() string { return CleanNumber(r.Values.Text("number")) }

// Key names the row's household.
func (r AccountRow) Key() HouseholdKey {
	return HouseholdKey{Code: r.Values.Text("household"), HeadID: r.Values.Text("head_id")}
}

// cannotBe lists the fields that the form for one account refuses as well.
func (r AccountRow) cannotBe() []entry.Fault {
	set := r.Set()
	if n := set.Number; cutNumber(n) && !luhn(n) {
		return []entry.Fault{{Field: "number", Key: "entry.cut"}}
	}
	var faults []entry.Fault
	if !bankName(set.Holder, 40) {
		faults = append(faults, entry.Fault{Field: "holder", Key: "payout.holder"})
	}
	if !bankName(set.Bank, 60) {
		faults = append(faults, entry.Fault{Field: "bank", Key: "payout.bank"})
	}
	if !plausibleNumber(set.Number) {
		faults = append(faults, entry.Fault{Field: "number", Key: "payout.number"})
	} else if isCard(set.Number) && !luhn(set.Number) {
		faults = append(faults, entry.Fault{Field: "number", Key: "accounts.number.check"})
	}
	return faults
}

// isCard reports whether a number is a UnionPay card's. Others are passbooks', which have no check digit that all banks
// agree on.
func isCard(number string) bool {
	return strings.HasPrefix(number, "62") && len(number) >= 16 && len(number) <= 19
}

// cutNumber reports whether a number may have lost its last digits in a spreadsheet, which keeps fifteen.
func cutNumber(number string) bool {
	return len(number) >= 16 && strings.Trim(number[15:], "0") == ""
}

// luhn reports whether a number's last digit is its check digit (ISO/IEC 7812).
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// HolderKind is the holder's place in the household.
type HolderKind string

const (
	HolderHead   HolderKind = "head"
	HolderMember HolderKind = "member"
	HolderOther  HolderKind = "other" // nobody that is registered
)

// HolderOf compares an account's holder with the registered persons.
func HolderOf(holder string, h RegisteredHousehold) HolderKind {
	name := entry.FoldName(holder)
	switch {
	case name != "" && name == entry.FoldName(h.Head):
		return HolderHead
	case slices.ContainsFunc(h.Members, func(m string) bool { return name == entry.FoldName(m) }):
		return HolderMember
	}
	return HolderOther
}

// AccountVerdict is the result of checking a row.
type AccountVerdict struct {
	Outcome  AccountOutcome
	Findings []AccountFinding
	Holder   HolderKind
	Shared   []int64 // other households with the number, in the sheet or on record, ascending
}

// Unusual reports whether the second person should look at the row.
func (v AccountVerdict) Unusual() bool { return v.Outcome != AccountWrong && len(v.Findings) > 0 }

// CheckAccounts checks the rows of a batch together. A household that occurs twice is wrong in each of its rows: nobody
// knows which is meant.
func CheckAccounts(rows []AccountRow) []AccountVerdict {
	lines, users := map[int64][]int{}, map[string][]int64{}
	for _, r := range rows {
		if h := r.Household.ID; h != 0 {
			lines[h] = append(lines[h], r.Line)
			if n := r.Number(); plausibleNumber(n) {
				users[n] = append(append(users[n], h), r.Others...)
			}
		}
	}
	for n := range users {
		slices.Sort(users[n])
		users[n] = slices.Compact(users[n])
	}
	out := make([]AccountVerdict, len(rows))
	for i, r := range rows {
		out[i] = r.check(lines[r.Household.ID], users[r.Number()])
	}
	return out
}

func (r AccountRow) check(lines []int, users []int64) AccountVerdict {
	v := AccountVerdict{Outcome: AccountNew, Findings: []AccountFinding{}, Shared: []int64{}}
	wrong := func(field, key string, args ...string) {
		v.Outcome = AccountWrong
		v.Findings = append(v.Findings, NewAccountFinding(true, field, key, args))
	}
	unusual := func(field, key string, args ...string) {
		v.Findings = append(v.Findings, NewAccountFinding(false, field, key, args))
	}
	for _, f := range r.Faults {
		v.Outcome = AccountWrong
		v.Findings = append(v.Findings, AccountFinding{Field: f.Field, Key: f.Key, Args: f.Args, Wrong: true})
	}
	if !r.names(wrong, unusual) {
		return v
	}
	if len(lines) > 1 {
		wrong("household", "accounts.household.twice", "lines", JoinLines(lines))
	}
	if len(r.Faults) > 0 {
		return v
	}
	switch v.Holder = HolderOf(r.Values.Text("holder"), r.Household); v.Holder {
	case HolderMember:
		unusual("holder", "accounts.holder.member")
		if !plainText(r.Values.Text("reason"), 200) {
			wrong("reason", "payout.holder.why")
		}
		if !plainText(r.Values.Text("document"), 100) {
			wrong("document", "payout.holder.document")
		}
	case HolderOther:
		wrong("holder", "accounts.holder.other")
	}
	for _, h := range users {
		if h != r.Household.ID {
			v.Shared = append(v.Shared, h)
		}
	}
	switch n := len(v.Shared) + 1; {
	case n > manyHouseholds:
		wrong("number", "accounts.number.many", "n", strconv.Itoa(n), "max", strconv.Itoa(manyHouseholds))
	case n > 1:
		unusual("number", "accounts.number.shared", "n", strconv.Itoa(n))
	}
	number := r.Number()
	switch {
	case cutNumber(number) && len(number) > 17:
		unusual("number", "accounts.number.zeros")
	case strings.HasPrefix(number, "62") && !isCard(number):
		unusual("number", "accounts.number.length", "n", strconv.Itoa(len(number)))
	}
	if v.Outcome == AccountWrong {
		return v
	}
	r.compare(&v, unusual)
	return v
}

// names checks the row's household and reports whether it is one.
func (r AccountRow) names(wrong, unusual func(field, key string, args ...string)) bool {
	field := "household"
	if r.Values.Text("household") == "" {
		field = "head_id"
	}
	key := r.Key()
	switch {
	case key == HouseholdKey{}:
		return false
	case r.Household.ID == 0:
		wrong(field, "accounts.household.unknown")
		return false
	case r.Household.Retired:
		wrong(field, "accounts.household.retired")
	case r.Household.HeadID == HeadOther:
		wrong("head_id", "accounts.head_id.other")
	case r.Household.HeadID == HeadUnknown:
		unusual("head_id", "accounts.head_id.unknown")
	}
	return true
}

// compare compares a good row with the household's account.
func (r AccountRow) compare(v *AccountVerdict, unusual func(field, key string, args ...string)) {
	if r.InUse != nil {
		v.Outcome = AccountReplaces
		if r.SameNumber && r.InUse.Holder == r.Values.Text("holder") && r.InUse.Bank == r.Values.Text("bank") {
			v.Outcome, v.Findings = AccountUnchanged, []AccountFinding{}
			return
		}
		unusual("number", "accounts.replaces", "number", r.InUse.Number)
	}
	if r.Waits {
		unusual("household", "accounts.waits")
	}
}

// NewAccountFinding is a finding about a field; args are names and values.
func NewAccountFinding(wrong bool, field, key string, args []string) AccountFinding {
	f := AccountFinding{Field: field, Key: key, Wrong: wrong}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = map[string]string{}
		}
		f.Args[args[i]] = args[i+1]
	}
	return f
}

// JoinLines lists the first lines of a sheet.
func JoinLines(lines []int) string {
	texts := make([]string, 0, len(lines))
	for i, line := range lines {
		if i == 5 {
			texts = append(texts, "…")
			break
		}
		texts = append(texts, strconv.Itoa(line))
	}
	return strings.Join(texts, "、")
}

// SeenAccount is a row as the second person saw it.
type SeenAccount struct {
	Household int64
	Record    string // the household's accounts then: see AccountNow
	Holder    HolderKind
	Shared    []int64
}

// AccountNow holds the findings about the same row at the time of applying it.
type AccountNow struct {
	Household RegisteredHousehold
	Record    string  // the household's accounts and their states
	Holder    string  // of the row
	Shared    []int64 // other households with the number on record
}

// StillHolds returns "" while a row may be applied, or the message key of the reason why not: something changed since the
// check, and the second person has not seen it.
func StillHolds(seen SeenAccount, now AccountNow) string {
	switch h := now.Household; {
	case h.ID == 0 || h.ID != seen.Household:
		return "accounts.household.unknown"
	case h.Retired:
		return "accounts.household.retired"
	case HolderOf(now.Holder, h) != seen.Holder:
		return "accounts.skipped.holder"
	case now.Record != seen.Record:
		return "accounts.skipped.account"
	case slices.ContainsFunc(now.Shared, func(o int64) bool { return !slices.Contains(seen.Shared, o) }):
		return "accounts.skipped.shared"
	}
	return ""
}
