package contract

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Bounds of proposals, in days.
const (
	AnswerDays    = 7
	maxAnswerDays = 60
)

// Expected is the income that qty units bring a household at the best grade's floor price, less the fee and a raiser's
// part.
func (t Terms) Expected(unitGrams, qty, agentBP int64) (int64, error) {
	p, err := orders.ExpectedParts(t.Grades[0].Floor, max(unitGrams, 1), qty, t.FeeBP, agentBP)
	if err != nil {
		return 0, fmt.Errorf("estimate quota: %w", err)
	}
	return p.NetFen(), nil
}

// Excludes returns the message key of the reason why a household cannot sign, or "".
func (t Terms) Excludes(township int64, programmes []string) string {
	if len(t.Townships) > 0 && !slices.Contains(t.Townships, township) {
		return "contract.not_eligible.township"
	}
	for _, p := range t.Programmes {
		if !slices.Contains(programmes, p) {
			return "contract.not_eligible.programme"
		}
	}
	return ""
}

// Signable refuses signatures before signing was opened, and after its last day.
func Signable(s State, signBy, now time.Time) error {
	switch {
	case s != Signing:
		return link.E(link.Conflict, "contract.not_signing", "")
	case !now.Before(EndOf(signBy)):
		return link.E(link.Conflict, "contract.sign_over", "")
	}
	return nil
}

// Most is the largest quota that a household with spare units can sign, or 0 and the message key of the reason.
func (t Terms) Most(spare, promised int64) (most int64, why string) {
	most = min(spare, t.Quantity-promised, t.MaxQuota)
	switch {
	case spare < t.MinQuota:
		return 0, "contract.not_eligible.supply"
	case most < t.MinQuota:
		return 0, "contract.full"
	}
	return most, ""
}

// Check refuses a quota outside of the contract's bounds.
func (r SignUp) Check(t Terms) error {
	var problems link.Problems
	orders.CheckKey(&problems, r.IdempotencyKey)
	if r.Qty < t.MinQuota || r.Qty > t.MaxQuota {
		problems.Add("quota.bounds", "qty", "min", figure(t.MinQuota), "max", figure(t.MaxQuota))
	}
	return problems.Err()
}

// CheckLeft refuses a quota above the quantity that the contract has not promised yet.
func (t Terms) CheckLeft(promised, qty int64) error {
	if left := t.Quantity - promised; qty > left {
		return link.E(link.SoldOut, "contract.left", "qty", "left", figure(left))
	}
	return nil
}

// Check returns the trimmed reason of an answer.
func (r AnswerQuota) Check() (reason string, err error) {
	reason, ok := orders.Clean(r.Reason, 0, orders.ReasonMax)
	if !ok {
		return "", link.E(link.Invalid, "order.cancel.reason", "reason", "max", strconv.Itoa(orders.ReasonMax))
	}
	return reason, nil
}

// Next returns the state of a quota after an answer. repeated is true when the same answer was given before.
func (r AnswerQuota) Next(s QuotaState) (to QuotaState, repeated bool, err error) {
	switch {
	case r.Accept && (s == QuotaSigned || s == QuotaBooking), !r.Accept && s == QuotaDeclined:
		return s, true, nil
	case r.Accept:
		to, err = s.Next(QuotaAgree)
	default:
		to, err = s.Next(QuotaDecline)
	}
	return to, false, err
}

// CheckInTime refuses an answer that comes after the proposal lapsed.
func CheckInTime(answerBy, now time.Time) error {
	if !now.Before(answerBy) {
		return link.E(link.Conflict, "quota.too_late", "")
	}
	return nil
}

// AfterRefusal is the state of a quota that the catalogue refused to book: a proposal stands again, the household's own
// wish is dropped.
func AfterRefusal(s QuotaState, own bool) (QuotaState, error) {
	to, err := s.Next(QuotaRefused)
	if err == nil && own {
		to, err = to.Next(QuotaDecline)
	}
	return to, err
}

// Check fills in the days for an answer, and refuses more than is left and days out of bounds.
func (r ProposeQuotas) Check(t Terms, promised int64) (ProposeQuotas, error) {
	var problems link.Problems
	orders.CheckKey(&problems, r.IdempotencyKey)
	if left := t.Quantity - promised; r.Qty < 0 || r.Qty > left {
		problems.Add("contract.left", "qty", "left", figure(left))
	}
	if r.AnswerDays == 0 {
		r.AnswerDays = AnswerDays
	}
	if r.AnswerDays < 1 || r.AnswerDays > maxAnswerDays {
		problems.Add("contract.answer_days", "answer_days", "max", strconv.Itoa(maxAnswerDays))
	}
	return r, problems.Err()
}

// AnswerBy is when a proposal lapses: after some days, and no later than signing ends.
func AnswerBy(now time.Time, days int, signBy time.Time) time.Time {
	by := now.AddDate(0, 0, days)
	if last := EndOf(signBy); by.After(last) {
		return last
	}
	return by
}

// Fit returns how many proposals, from the first on, fit into the rest, and their sum. Other households may have signed
// since they were made: the last proposals give way.
func Fit(qty []int64, left int64) (n int, sum int64) {
	for n < len(qty) && qty[n] <= left-sum {
		sum += qty[n]
		n++
	}
	return n, sum
}

func figure(n int64) string { return strconv.FormatInt(n, 10) }
