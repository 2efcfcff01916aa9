package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

func sealOwner(household int64) string { return fmt.Sprintf("household:%d", household) }

type accountRow struct {
	ID        int64                       `db:"id"`
	Household int64                       `db:"household"`
	Holder    string                      `db:"holder"`
	Bank      string                      `db:"bank"`
	Tail      string                      `db:"number_tail"`
	State     payments.PayoutAccountState `db:"state"`
	Creator   int64                       `db:"creator"`
	ChangedAt time.Time                   `db:"changed_at"`
	PayFrom   *time.Time                  `db:"pay_from"`
}

const accountColumns = `id, household, holder, bank, number_tail, state, creator, changed_at, pay_from`

func (a accountRow) out() payments.PayoutAccount {
	out := payments.PayoutAccount{Household: a.Household, Holder: a.Holder, Bank: a.Bank, Number: payments.MaskNumber(a.Tail), State: string(a.State), ChangedAt: a.ChangedAt.UTC()}
	if a.PayFrom != nil && a.State == payments.AccountActive {
		from := a.PayFrom.UTC()
		out.PayFrom = &from
	}
	return out
}

// payoutAccount returns a household's account to show: the one that waits for review, else the active, else a closed one.
func payoutAccount(ctx context.Context, q queryer, household int64) (*payments.PayoutAccount, error) {
	var a accountRow
	err := get(ctx, q, &a, `
		SELECT `+accountColumns+` FROM payout_account
		WHERE household = $1 AND state <> 'superseded'
		ORDER BY array_position(ARRAY['review', 'active', 'closed'], state), id DESC LIMIT 1`, household)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read payout account: %w", err)
	}
	out := a.out()
	var sheet struct {
		Batch int64  `db:"id"`
		Name  string `db:"name"`
		By    string `db:"decided_by"`
	}
	err = get(ctx, q, &sheet, `SELECT b.id, b.name, b.decided_by FROM payout_account a JOIN account_batch b ON b.id = a.batch_id WHERE a.id = $1`, a.ID)
	if err != nil && !missing(err) {
		return nil, fmt.Errorf("read sheet of payout account: %w", err)
	}
	out.Batch, out.Sheet, out.ApprovedBy = sheet.Batch, sheet.Name, sheet.By
	return &out, nil
}

// SetPayoutAccount writes a new account; until one that waits for review is approved, the old one is used.
func (s *Service) SetPayoutAccount(ctx context.Context, r payments.SetPayoutAccount) (payments.PayoutAccount, error) {
	actor, err := needHousehold(ctx, r.Household)
	if err != nil {
		return payments.PayoutAccount{}, err
	}
	if err := payments.MayEnterAccount(actor); err != nil {
		return payments.PayoutAccount{}, err
	}
	if r, err = r.Check(); err != nil {
		return payments.PayoutAccount{}, err
	}
	registered, err := s.registered(ctx, 0, []payments.HouseholdKey{{ID: r.Household}})
	if err != nil {
		return payments.PayoutAccount{}, err
	}
	if err := r.CheckHolder(registered[0]); err != nil {
		return payments.PayoutAccount{}, err
	}
	var out *payments.PayoutAccount
	err = s.change(ctx, func(c *change) error {
		by := enteredBy{Name: c.actor, Account: actor.Account}
		if err := s.enterAccount(ctx, c, by, r); err != nil {
			return err
		}
		out, err = payoutAccount(ctx, c.tx, r.Household)
		return err
	})
	if err != nil {
		return payments.PayoutAccount{}, err
	}
	return *out, nil
}

// enteredBy is the person who entered an account, and the batch that it came in.
type enteredBy struct {
	Name    string
	Account int64
	Batch   int64
}

// enterAccount writes a household's new account, by itself or as a row of a batch. An account that is the same as the one
// in use, or as the one that waits, is not written again.
func (s *Service) enterAccount(ctx context.Context, c *change, by enteredBy, r payments.SetPayoutAccount) error {
	if err := lockHousehold(ctx, c.tx, r.Household); err != nil {
		return err
	}
	state := payments.EnteredAccountState
	var same payments.PayoutAccountState
	err := c.tx.GetContext(ctx, &same, `
		SELECT state FROM payout_account
		WHERE household = $1 AND state IN ('active', 'review') AND number_index = $2 AND holder = $3 AND bank = $4 AND ($5::bigint = 0 OR batch_id = $5)
		ORDER BY state LIMIT 1`, r.Household, s.keys.Index(r.Number), r.Holder, r.Bank, by.Batch)
	if err != nil && !missing(err) {
		return fmt.Errorf("look up payout account: %w", err)
	}
	if same == state || same == payments.AccountActive {
		return nil
	}
	_, err = c.tx.ExecContext(ctx, `
		UPDATE payout_account SET state = $3, changed_at = $2 WHERE household = $1 AND state = ANY($4)`, r.Household, c.now,
		payments.PayoutAccountMachine.To(payments.AccountReplace), pq.Array(payments.ReplacedStates(state)))
	if err != nil {
		return fmt.Errorf("replace payout account: %w", err)
	}
	_, err = c.tx.ExecContext(ctx, `
		INSERT INTO payout_account (household, holder, bank, number_sealed, number_index, number_tail, state, created_by, creator, changed_at, batch_id,
		                            holder_why, holder_document)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, nullif($11::bigint, 0), $12, $13)`, r.Household, r.Holder, r.Bank,
		s.keys.Seal(r.Number, sealOwner(r.Household)), s.keys.Index(r.Number), payments.NumberTail(r.Number), state, by.Name, by.Account, c.now, by.Batch,
		r.Why, r.Document)
	if err != nil {
		return fmt.Errorf("write payout account: %w", err)
	}
	if by.Batch != 0 { // decided in the same transaction: one message is enough
		return nil
	}
	return c.publishAccount(ctx, r.Household, payments.AccountEnter, nil)
}

// lockHousehold serialises changes of a household's accounts.
func lockHousehold(ctx context.Context, tx *sqlx.Tx, household int64) error {
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, fmt.Sprintf("%s payout_account %d", "payments", household))
	if err != nil {
		return fmt.Errorf("lock payout accounts: %w", err)
	}
	return nil
}

// ApprovePayoutAccount puts an account into use that somebody else entered for the household.
func (s *Service) ApprovePayoutAccount(ctx context.Context, r payments.HouseholdRef) (payments.PayoutAccount, error) {
	actor, err := need(ctx, roleApprover)
	if err != nil {
		return payments.PayoutAccount{}, err
	}
	var out payments.PayoutAccount
	err = s.change(ctx, func(c *change) error {
		a, err := s.decideAccount(ctx, c, actor, r.ID, true, "", "")
		out = a.out()
		return err
	})
	if err != nil {
		return payments.PayoutAccount{}, err
	}
	return out, nil
}

// LoadPayoutAccounts enters many accounts at once and replaces earlier ones. System only.
func (s *Service) LoadPayoutAccounts(ctx context.Context, accounts []payments.PayoutAccount) error {
	if err := needSystem(ctx); err != nil {
		return err
	}
	n := len(accounts)
	households, holders, banks, tails := make([]int64, n), make([]string, n), make([]string, n), make([]string, n)
	sealed, index := make([][]byte, n), make([][]byte, n)
	for i, a := range accounts {
		r, err := payments.SetPayoutAccount{Household: a.Household, Holder: a.Holder, Bank: a.Bank, Number: a.Number}.Check()
		if err != nil {
			return fmt.Errorf("payout account %d: %w", i, err)
		}
		households[i], holders[i], banks[i], tails[i] = r.Household, r.Holder, r.Bank, payments.NumberTail(r.Number)
		sealed[i], index[i] = s.keys.Seal(r.Number, sealOwner(r.Household)), s.keys.Index(r.Number)
	}
	return s.change(ctx, func(c *change) error {
		_, err := c.tx.ExecContext(ctx, `
			UPDATE payout_account SET state = $3, changed_at = $2 WHERE household = ANY($1) AND state = ANY($4)`, pq.Array(households), c.now,
			payments.PayoutAccountMachine.To(payments.AccountReplace), pq.Array(payments.ReplacedStates(payments.AccountActive)))
		if err != nil {
			return fmt.Errorf("replace payout accounts: %w", err)
		}
		_, err = c.tx.ExecContext(ctx, `
			INSERT INTO payout_account (household, holder, bank, number_sealed, number_index, number_tail, state, created_by, creator, changed_at)
			SELECT h, o, b, s, i, t, $9, $7, 0, $8
			FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::text[]) AS a (h, o, b, s, i, t)`,
			pq.Array(households), pq.Array(holders), pq.Array(banks), pq.ByteaArray(sealed), pq.ByteaArray(index), pq.Array(tails), c.actor, c.now,
			payments.AccountActive)
		if link.Constraint(err) == "payout_account_active" {
			return errors.New("load payout accounts: a household is there twice")
		}
		if err != nil {
			return fmt.Errorf("load payout accounts: %w", err)
		}
		return nil
	})
}

// HouseholdAccount returns a household's sums by state, its payout account and its payouts.
func (s *Service) HouseholdAccount(ctx context.Context, r payments.HouseholdRef) (payments.HouseholdAccount, error) {
	if _, err := needHousehold(ctx, r.ID); err != nil {
		return payments.HouseholdAccount{}, err
	}
	out := payments.HouseholdAccount{Household: r.ID}
	err := s.db.QueryRowxContext(ctx, `
		SELECT coalesce(sum(amount_fen) FILTER (WHERE state = 'pending'), 0)::bigint,
		       coalesce(sum(amount_fen) FILTER (WHERE state = 'released'), 0)::bigint,
		       coalesce(sum(amount_fen) FILTER (WHERE state = 'batched'), 0)::bigint,
		       coalesce(sum(amount_fen) FILTER (WHERE state = 'paid'), 0)::bigint
		FROM payable WHERE household = $1`, r.ID).Scan(&out.PendingFen, &out.ReleasedFen, &out.InTransitFen, &out.PaidFen)
	if err != nil {
		return out, fmt.Errorf("sum payables of household %d: %w", r.ID, err)
	}
	if out.Account, err = payoutAccount(ctx, s.db, r.ID); err != nil {
		return out, err
	}
	if a := out.Account; a != nil && a.PayFrom != nil && !s.now().Before(*a.PayFrom) {
		a.PayFrom = nil // it is paid to
	}
	out.Payouts, err = readItems(ctx, s.db, `i.household = $1 ORDER BY i.id DESC LIMIT 200`, r.ID)
	return out, err
}
