package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

// Roles of an organisation that may read its accounts.
const (
	roleOfficer     = "officer"
	roleOrgApprover = "org_approver"
)

// needOrg lets the county read every organisation and an organisation's officers their own, and returns the organisation
// that may be read. For another organisation officers get NotFound.
func needOrg(ctx context.Context, org int64) (own bool, readable int64, err error) {
	a, err := need(ctx, append(county, roleOfficer, roleOrgApprover)...)
	switch {
	case err != nil:
		return false, 0, err
	case a.System, slices.Contains(county, a.Role):
		return false, org, nil
	case a.Org == 0 || org != 0 && org != a.Org:
		return false, 0, link.E(link.NotFound, "not_found", "org")
	}
	return true, a.Org, nil
}

// orgAccount names one account of one organisation.
type orgAccount struct {
	Account payments.OrgAccountKind
	Org     int64
}

// payable is the account of the money it is owed, receivable that of its overpayment.
func (a orgAccount) payable() ledger.Account {
	switch a.Account {
	case payments.OrgRaiser:
		return ledger.PayableRaiser(a.Org)
	case payments.OrgVillage:
		return ledger.PayableVillage(a.Org)
	case payments.OrgCoop:
	}
	return ledger.PayableCoop(a.Org)
}

func (a orgAccount) receivable() ledger.Account {
	switch a.Account {
	case payments.OrgRaiser:
		return ledger.RaiserReceivable(a.Org)
	case payments.OrgVillage:
		return ledger.VillageReceivable(a.Org)
	case payments.OrgCoop:
	}
	return ledger.CoopReceivable(a.Org)
}

// lockOrgs serialises deductions from organisations' accounts, in one order. Additions need no lock: a deduction that misses
// one only takes less.
func (c *change) lockOrgs(ctx context.Context, accounts ...orgAccount) error {
	slices.SortFunc(accounts, func(a, b orgAccount) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Org, b.Org))
	})
	for _, a := range slices.Compact(accounts) {
		_, err := c.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, fmt.Sprintf("payments org %s %d", a.Account, a.Org))
		if err != nil {
			return fmt.Errorf("lock what organisation %d is owed: %w", a.Org, err)
		}
	}
	return nil
}

// owedToOrg returns the balances of a locked account: owed and overpaid, both counted positive, in fen.
func (c *change) owedToOrg(ctx context.Context, a orgAccount) (owed, overpaid int64, err error) {
	b, err := ledger.Balances(ctx, c.tx, a.payable(), a.receivable())
	return -b[a.payable().Code], b[a.receivable().Code], err
}

// lackingAtOrg returns the part of a deduction that exceeds the balance of a locked account: it was paid already and becomes
// overpayment.
func (c *change) lackingAtOrg(ctx context.Context, a orgAccount, fen int64) (int64, error) {
	owed, _, err := c.owedToOrg(ctx, a)
	return payments.LackFen(fen, owed), err
}

// orgUnwind returns lines that prepare the reversal of a delivery at its cooperative, village and raisers: a part that was
// paid already becomes overpayment, and goes to the account from which the mirror takes it.
func (c *change) orgUnwind(ctx context.Context, d deliveryRow, payables []payableRow) ([]ledger.Line, error) {
	fen := map[orgAccount]int64{}
	if coop := d.Fee - d.VillageFen; coop > 0 {
		fen[orgAccount{payments.OrgCoop, d.Coop}] = coop
	}
	if d.VillageFen > 0 {
		fen[orgAccount{payments.OrgVillage, d.Village}] = d.VillageFen
	}
	for _, p := range payables {
		if p.AgentFen > 0 {
			fen[orgAccount{payments.OrgRaiser, p.Agent}] += p.AgentFen
		}
	}
	accounts := make([]orgAccount, 0, len(fen))
	for a := range fen {
		accounts = append(accounts, a)
	}
	if err := c.lockOrgs(ctx, accounts...); err != nil {
		return nil, err
	}
	var lines []ledger.Line
	for _, a := range accounts {
		lack, err := c.lackingAtOrg(ctx, a, fen[a])
		if err != nil {
			return nil, err
		}
		lines = append(lines, ledger.Debit(a.receivable(), lack), ledger.Credit(a.payable(), lack))
	}
	return lines, nil
}

type orgAccountRow struct {
	Org     int64                   `db:"org"`
	Account payments.OrgAccountKind `db:"account"`
	Owed    int64                   `db:"owed"`
	Waiting int64                   `db:"waiting"`
	Till    int64                   `db:"till"`
	Open    int64                   `db:"open"`
	Paid    int64                   `db:"paid"`
}

// free is the sum that can be paid: see payments.FreeFen.
func (r orgAccountRow) free() int64 { return payments.FreeFen(r.Owed, r.Waiting, r.Till, r.Open) }

func (r orgAccountRow) out() payments.OrgAccount {
	return payments.OrgAccount{Org: r.Org, Account: r.Account, EarnedFen: r.Owed + r.Paid, PaidFen: r.Paid, OwedFen: r.Owed, WaitingFen: r.Waiting,
		TillFen: r.Till, OpenFen: r.Open, PayableFen: max(r.free(), 0)}
}

// orgAccounts reads accounts of one organisation, or of all (0), in one statement: a sale adds the same sum to the money
// owed and to the money that waits, and cash in a till ends the waiting.
//
// The fee of a delivery waits as long as its households do, the village's part of it as well. An organisation's own goods have no household: their price
// waits until the sale is closed and paid.
func orgAccounts(ctx context.Context, q queryer, org int64, account payments.OrgAccountKind) ([]orgAccountRow, error) {
	rows, err := q.QueryxContext(ctx, `
		WITH owed AS (
			SELECT a.party_id::bigint AS org, substr(a.kind, strpos(a.kind, '_') + 1) AS account, -sum(b.balance)::bigint AS fen
			FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
			WHERE a.kind IN ('payable_coop', 'receivable_coop', 'payable_raiser', 'receivable_raiser', 'payable_village', 'receivable_village')
			  AND ($1 = 0 OR a.party_id = $1::text)
			GROUP BY 1, 2),
		waiting AS (
			SELECT d.coop AS org, 'coop' AS account, sum(d.fee_fen - d.village_fen)::bigint AS fen
			FROM delivery d WHERE NOT d.reversed AND d.fee_fen > d.village_fen AND ($1 = 0 OR d.coop = $1)
			  AND (EXISTS (SELECT FROM payable p WHERE p.delivery_id = d.delivery_id AND p.state = 'pending')
			       OR NOT EXISTS (SELECT FROM payable p WHERE p.delivery_id = d.delivery_id)
			          AND (EXISTS (SELECT FROM ref r WHERE r.ref = d.ref AND NOT r.closed)
			               OR EXISTS (SELECT FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.code = 'receivable:' || d.ref AND b.balance <> 0)))
			GROUP BY d.coop
			UNION ALL
			SELECT d.village, 'village', sum(d.village_fen)::bigint
			FROM delivery d WHERE NOT d.reversed AND d.village_fen > 0 AND ($1 = 0 OR d.village = $1)
			  AND EXISTS (SELECT FROM payable p WHERE p.delivery_id = d.delivery_id AND p.state = 'pending')
			GROUP BY d.village
			UNION ALL
			SELECT agent, 'raiser', sum(agent_fen)::bigint FROM payable WHERE state = 'pending' AND agent <> 0 AND ($1 = 0 OR agent = $1) GROUP BY agent),
		till AS (
			SELECT a.party_id::bigint AS org, 'coop' AS account, b.balance AS fen
			FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.kind = 'cash:till' AND ($1 = 0 OR a.party_id = $1::text)),
		payout AS (
			SELECT org, account, coalesce(sum(amount_fen) FILTER (WHERE state = 'paid'), 0)::bigint AS paid,
			       coalesce(sum(amount_fen) FILTER (WHERE state IN ('proposed', 'approved')), 0)::bigint AS open
			FROM org_payout WHERE $1 = 0 OR org = $1 GROUP BY org, account)
		SELECT o.org, o.account, o.fen AS owed, coalesce(w.fen, 0) AS waiting, coalesce(t.fen, 0) AS till, coalesce(p.open, 0) AS open, coalesce(p.paid, 0) AS paid
		FROM owed o
		LEFT JOIN waiting w ON w.org = o.org AND w.account = o.account
		LEFT JOIN till t ON t.org = o.org AND t.account = o.account
		LEFT JOIN payout p ON p.org = o.org AND p.account = o.account
		WHERE o.account = $2 OR $2 = '' AND ($1 = 0 OR o.account <> 'village')
		ORDER BY o.fen - coalesce(w.fen, 0) - coalesce(t.fen, 0) - coalesce(p.open, 0) DESC, o.org, o.account`, org, string(account))
	if err != nil {
		return nil, fmt.Errorf("read what organisations are owed: %w", err)
	}
	defer rows.Close()
	var all []orgAccountRow
	for rows.Next() {
		var r orgAccountRow
		if err := rows.StructScan(&r); err != nil {
			return nil, fmt.Errorf("read what organisations are owed: %w", err)
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read what organisations are owed: %w", err)
	}
	return all, nil
}

// freeFor returns the sum that can be paid to an account.
func (c *change) freeFor(ctx context.Context, a orgAccount) (int64, error) {
	rows, err := orgAccounts(ctx, c.tx, a.Org, a.Account)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].free(), nil
}

// OrgAccounts lists the accounts of organisations.
func (s *Service) OrgAccounts(ctx context.Context, f payments.OrgAccountFilter) (payments.OrgAccounts, error) {
	own, org, err := needOrg(ctx, f.Org)
	if err != nil {
		return payments.OrgAccounts{}, err
	}
	if err := f.Check(); err != nil {
		return payments.OrgAccounts{}, err
	}
	if own && f.Account == payments.OrgVillage {
		return payments.OrgAccounts{Items: []payments.OrgAccount{}}, nil // the village with the organisation's number is another's
	}
	rows, err := orgAccounts(ctx, s.db, org, f.Account)
	out := payments.OrgAccounts{Items: make([]payments.OrgAccount, len(rows))}
	for i, r := range rows {
		out.Items[i] = r.out()
	}
	return out, err
}
