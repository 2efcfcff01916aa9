package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

var _ payments.AccountReviews = (*Service)(nil)

// AccountsToReview lists the accounts that wait for a second person.
func (s *Service) AccountsToReview(ctx context.Context, _ payments.None) (payments.AccountsToReview, error) {
	out := payments.AccountsToReview{Items: []payments.AccountToReview{}}
	if _, err := need(ctx, county...); err != nil {
		return out, err
	}
	var rows []struct {
		accountRow
		CreatedBy string        `db:"created_by"`
		Why       string        `db:"holder_why"`
		Document  string        `db:"holder_document"`
		Shared    pq.Int64Array `db:"shared"`
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT a.id, a.household, a.holder, a.bank, a.number_tail, a.state, a.creator, a.changed_at, a.pay_from, a.created_by, a.holder_why, a.holder_document,
		       ARRAY(SELECT DISTINCT o.household FROM payout_account o
		             WHERE o.number_index = a.number_index AND o.household <> a.household AND o.state IN ('active', 'review') ORDER BY 1) AS shared
		FROM payout_account a WHERE a.state = 'review' ORDER BY a.id LIMIT 500`)
	if err != nil {
		return out, fmt.Errorf("list accounts to review: %w", err)
	}
	for _, r := range rows {
		by, _, onBehalf := strings.Cut(r.CreatedBy, payments.OnBehalfOf)
		out.Items = append(out.Items, payments.AccountToReview{PayoutAccount: r.out(), EnteredBy: by, OnBehalf: onBehalf, Shared: r.Shared,
			HolderWhy: r.Why, HolderDocument: r.Document})
	}
	return out, nil
}

// DecidePayoutAccount is the second person's word on an account that waits.
func (s *Service) DecidePayoutAccount(ctx context.Context, r payments.DecidePayoutAccount) (payments.PayoutAccount, error) {
	actor, err := need(ctx, roleApprover)
	if err != nil {
		return payments.PayoutAccount{}, err
	}
	if r, err = r.Check(); err != nil {
		return payments.PayoutAccount{}, err
	}
	if r.IdempotencyKey == "" || len(r.IdempotencyKey) > 200 {
		return payments.PayoutAccount{}, link.E(link.Invalid, "payment.key", "idempotency_key")
	}
	key := fmt.Sprintf("%d:%s", actor.Account, r.IdempotencyKey)
	var out payments.PayoutAccount
	err = s.change(ctx, func(c *change) error {
		if err := lockHousehold(ctx, c.tx, r.Household); err != nil {
			return err
		}
		prior, err := c.accountDecision(ctx, key)
		if err != nil {
			return err
		}
		if prior != nil {
			if prior.Household != r.Household || prior.As != payments.PayoutAccountMachine.To(decision(r.Approve)) || prior.Why != r.Why {
				return link.E(link.Conflict, "payment.key_reused", "idempotency_key")
			}
			out = prior.out()
			return nil
		}
		a, err := s.decideAccount(ctx, c, actor, r.Household, r.Approve, r.Why, key)
		out = a.out()
		return err
	})
	if link.Constraint(err) == "payout_account_decided_key" { // sent at this moment for two households
		err = link.E(link.Conflict, "payment.key_reused", "idempotency_key")
	}
	if err != nil {
		return payments.PayoutAccount{}, err
	}
	return out, nil
}

// accountDecision is the account that a key decided about, as it was then, or nil.
func (c *change) accountDecision(ctx context.Context, key string) (*decidedAccount, error) {
	var a decidedAccount
	err := get(ctx, c.tx, &a, `
		SELECT `+accountColumns+`, decided_as, decided_why, decided_at
		FROM payout_account WHERE decided_key = $1`, key)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up decision of key: %w", err)
	}
	a.State, a.ChangedAt = a.As, a.At
	return &a, nil
}

type decidedAccount struct {
	accountRow
	As  payments.PayoutAccountState `db:"decided_as"`
	Why string                      `db:"decided_why"`
	At  time.Time                   `db:"decided_at"`
}

// decision returns the event of a second person's decision on an account.
func decision(approve bool) payments.PayoutAccountStep {
	if approve {
		return payments.AccountApprove
	}
	return payments.AccountRefuse
}

// decideAccount puts the account that waits into use, from which on it cools, or takes it away. key is of the request, if
// it had one.
func (s *Service) decideAccount(ctx context.Context, c *change, actor link.Actor, household int64, approve bool, why, key string) (accountRow, error) {
	var a accountRow
	if err := lockHousehold(ctx, c.tx, household); err != nil {
		return a, err
	}
	err := get(ctx, c.tx, &a, `
		SELECT `+accountColumns+` FROM payout_account WHERE household = $1 AND state = ANY($2)`, household, pq.Array(payments.PayoutAccountMachine.From(decision(approve))))
	if missing(err) {
		return a, link.E(link.Conflict, payments.PayoutAccountMachine.Refused(decision(approve)), "")
	}
	if err != nil {
		return a, fmt.Errorf("read payout account: %w", err)
	}
	if c.same(actor, a.Creator, "") {
		return a, link.E(link.Forbidden, "payout.second_person", "")
	}
	a.State, a.ChangedAt = payments.PayoutAccountMachine.To(decision(approve)), c.now
	if approve {
		cooling, err := s.coolingTime(ctx, c.tx)
		if err != nil {
			return a, err
		}
		a.PayFrom = payments.PayFrom(c.now, cooling)
	}
	if err := c.publishAccount(ctx, household, decision(approve), a.PayFrom); err != nil {
		return a, err
	}
	if approve {
		_, err := c.tx.ExecContext(ctx, `
			UPDATE payout_account SET state = $3, changed_at = $2 WHERE household = $1 AND state = ANY($4)`, household, c.now,
			payments.PayoutAccountMachine.To(payments.AccountReplace), pq.Array(payments.PayoutAccountMachine.From(payments.AccountReplace)))
		if err != nil {
			return a, fmt.Errorf("replace payout account: %w", err)
		}
	}
	_, err = c.tx.ExecContext(ctx, `
		UPDATE payout_account SET state = $2, approved_by = $3, changed_at = $4, decided_why = $5, decided_as = $2, decided_at = $4, decided_key = nullif($6, ''),
		       approver = $7, pay_from = $8
		WHERE id = $1`, a.ID, a.State, c.actor, c.now, why, key, actor.Account, a.PayFrom)
	if err != nil {
		return a, fmt.Errorf("decide payout account: %w", err)
	}
	return a, nil
}

// publishAccount tells of the account that waits, before it is decided, and of the one in use until now.
func (c *change) publishAccount(ctx context.Context, household int64, step payments.PayoutAccountStep, payFrom *time.Time) error {
	var rows []accountRow
	err := c.tx.SelectContext(ctx, &rows, `SELECT `+accountColumns+` FROM payout_account WHERE household = $1 AND state <> 'superseded'`, household)
	if err != nil {
		return fmt.Errorf("read accounts of household %d: %w", household, err)
	}
	e := payments.PayoutAccountEvent{Household: household, Step: step}
	for _, a := range rows {
		if a.State == payments.AccountReview {
			e.AccountID, e.Tail = a.ID, a.Tail
		} else {
			e.InUse = a.Tail
		}
	}
	if payFrom != nil {
		e.PayFrom = payFrom.Unix()
	}
	c.publish(payments.EvtPayoutAccount, e)
	return nil
}

// AccountHistory is every account a household had.
func (s *Service) AccountHistory(ctx context.Context, r payments.HouseholdRef) (payments.AccountHistory, error) {
	out := payments.AccountHistory{Items: []payments.AccountChange{}}
	if _, err := needHousehold(ctx, r.ID); err != nil {
		return out, err
	}
	var rows []struct {
		Bank       string    `db:"bank"`
		Tail       string    `db:"number_tail"`
		State      string    `db:"state"`
		CreatedBy  string    `db:"created_by"`
		ApprovedBy string    `db:"approved_by"`
		Why        string    `db:"decided_why"`
		ChangedAt  time.Time `db:"changed_at"`
		Batch      int64     `db:"batch"`
		Sheet      string    `db:"sheet"`
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT a.bank, a.number_tail, a.state, a.created_by, a.approved_by, a.decided_why, a.changed_at, coalesce(a.batch_id, 0) AS batch, coalesce(b.name, '') AS sheet
		FROM payout_account a LEFT JOIN account_batch b ON b.id = a.batch_id
		WHERE a.household = $1 ORDER BY a.id DESC LIMIT 100`, r.ID)
	if err != nil {
		return out, fmt.Errorf("read accounts of household %d: %w", r.ID, err)
	}
	for _, a := range rows {
		by, _, onBehalf := strings.Cut(a.CreatedBy, payments.OnBehalfOf)
		out.Items = append(out.Items, payments.AccountChange{At: a.ChangedAt.UTC(), Bank: a.Bank, Number: payments.MaskNumber(a.Tail), State: a.State,
			EnteredBy: by, ApprovedBy: a.ApprovedBy, Why: a.Why, OnBehalf: onBehalf, Batch: a.Batch, Sheet: a.Sheet})
	}
	return out, nil
}
