package contract

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// Advances are billed to the buyer under a Ref of the contract, one delivery for each quota, and paid to the households like
// other income. Later deductions are not billed again: a call-off's delivery is billed less the advance worked off by it.

func advanceKey(quota int64) string { return fmt.Sprintf("advance:%d", quota) }

// nextDelivery takes an id that no delivery has or will have.
func nextDelivery(ctx context.Context, tx *sqlx.Tx) (int64, error) {
	var id int64
	if err := tx.GetContext(ctx, &id, `SELECT nextval(pg_get_serial_sequence('delivery', 'id'))`); err != nil {
		return 0, fmt.Errorf("take a delivery's id: %w", err)
	}
	return id, nil
}

// grantAdvances has payments bill and owe the advances of a contract that starts. Quotas with a raiser get none.
func (m *Room) grantAdvances(ctx context.Context, tx *sqlx.Tx, c *contractRow) error {
	if c.terms.AdvanceFen == 0 {
		return nil
	}
	var rows []quotaRow
	err := tx.SelectContext(ctx, &rows, `SELECT `+quotaColumns+` FROM quota q WHERE q.contract_id = $1 AND q.state = $2 AND q.agent_org = 0 ORDER BY q.id`,
		c.ID, string(contract.QuotaSigned))
	if err != nil {
		return fmt.Errorf("read quotas: %w", err)
	}
	var msgs []link.Message
	var total int64
	for _, q := range rows {
		fen := q.Qty * c.terms.AdvanceFen
		msg, err := m.advance(ctx, tx, c, q.ID, q.HouseholdID, fen)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE quota SET advance_fen = $2 WHERE id = $1`, q.ID, fen); err != nil {
			return fmt.Errorf("grant advance of quota %d: %w", q.ID, err)
		}
		msgs = append(msgs, msg)
		total += fen
	}
	// The households see it at once; later changes come from payments.
	_, err = tx.ExecContext(ctx, `
		INSERT INTO income_entry (source_key, household_id, season, month, programme, channel, product, qty, gross_fen, fee_fen, amount_fen,
		                          stage, version, occurred_on)
		SELECT 'advance:' || q.id, q.household_id, c.season, season_month(c.season, $2::date), c.programme, 'contract', c.product, q.qty,
		       q.advance_fen, 0, q.advance_fen, 'owed', 1, $2::date
		FROM quota q JOIN contract c ON c.id = q.contract_id WHERE c.id = $1 AND q.state = $3 AND q.advance_fen > 0`, c.ID, m.today(),
		string(contract.QuotaSigned))
	if err != nil {
		return fmt.Errorf("write advances as income: %w", err)
	}
	return m.billAdvances(ctx, tx, c, total, total, msgs)
}

// advance makes the delivery under which a household is owed an advance.
func (m *Room) advance(ctx context.Context, tx *sqlx.Tx, c *contractRow, quota, household, fen int64) (link.Message, error) {
	id, err := nextDelivery(ctx, tx)
	if err != nil {
		return link.Message{}, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE quota SET advance_id = $2 WHERE id = $1`, quota, id); err != nil {
		return link.Message{}, fmt.Errorf("write advance of quota %d: %w", quota, err)
	}
	return link.Message{Subject: payments.CmdAcceptDelivery, Data: payments.AcceptDelivery{DeliveryID: id, Ref: contract.AdvanceRef(c.ID),
		Coop: c.CollectorOrg, OccurredAt: m.Now().Unix(),
		Shares: []payments.DeliveryShare{{SourceKey: advanceKey(quota), Household: household, GrossFen: fen}}}}, nil
}

// billAdvances closes the bill of a contract's advances at billed. due is the expected payment of the buyer until payments
// reports it.
func (m *Room) billAdvances(ctx context.Context, tx *sqlx.Tx, c *contractRow, billed, due int64, msgs []link.Message) error {
	if len(msgs) == 0 {
		return nil
	}
	c.AdvanceSeq++
	_, err := tx.ExecContext(ctx, `UPDATE contract SET advance_seq = $2, advance_due = $3 WHERE id = $1`, c.ID, c.AdvanceSeq, due)
	if err != nil {
		return fmt.Errorf("bill advances of contract %d: %w", c.ID, err)
	}
	msgs = append(msgs, link.Message{Subject: payments.CmdCloseRef,
		Data: payments.CloseRef{Ref: contract.AdvanceRef(c.ID), Seq: c.AdvanceSeq, BilledFen: &billed}})
	return link.Publish(ctx, tx, msgs...)
}

// takeBackAdvances reverses the unworked part of advances when a contract ends: it is kept back from the households' next
// payouts and refunded to the buyer.
func (m *Room) takeBackAdvances(ctx context.Context, tx *sqlx.Tx, c *contractRow) error {
	var rows []quotaRow
	err := tx.SelectContext(ctx, &rows, `
		SELECT `+quotaColumns+` FROM quota q WHERE q.contract_id = $1 AND q.advance_fen > 0 ORDER BY q.id FOR UPDATE`, c.ID)
	if err != nil {
		return fmt.Errorf("read advances: %w", err)
	}
	var msgs []link.Message
	var worked int64
	for _, q := range rows {
		worked += q.WorkedFen
		if q.WorkedFen == q.AdvanceFen {
			continue
		}
		msgs = append(msgs, link.Message{Subject: payments.CmdReverseDelivery,
			Data: payments.ReverseDelivery{DeliveryID: q.AdvanceID, Ref: contract.AdvanceRef(c.ID)}})
		if q.WorkedFen > 0 {
			msg, err := m.advance(ctx, tx, c, q.ID, q.HouseholdID, q.WorkedFen)
			if err != nil {
				return err
			}
			msgs = append(msgs, msg)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE quota SET advance_fen = worked_fen WHERE id = $1`, q.ID); err != nil {
			return fmt.Errorf("end advance of quota %d: %w", q.ID, err)
		}
	}
	return m.billAdvances(ctx, tx, c, worked, contract.AdvanceDue(c.AdvanceDue, worked), msgs)
}

// advancesChanged applies the bills of advances that payments reports: the households are paid once the buyer has paid.
func (m *Room) advancesChanged(ctx context.Context, tx *sqlx.Tx, refs []payments.RefEvent) error {
	for _, e := range refs {
		id, ours := contract.ParseAdvanceRef(e.Ref)
		if !ours {
			continue
		}
		res, err := tx.ExecContext(ctx, `UPDATE contract SET advance_due = $2 WHERE id = $1 AND advance_seq > 0`, id, e.ReceivableFen)
		if err != nil {
			return fmt.Errorf("book advances of contract %d: %w", id, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 || e.ReceivableFen > 0 {
			if err != nil {
				return fmt.Errorf("book advances of contract %d: %w", id, err)
			}
			continue
		}
		if err := link.Publish(ctx, tx, link.Message{Subject: payments.CmdReleaseRef, Data: payments.ReleaseRef{Ref: e.Ref}}); err != nil {
			return err
		}
	}
	return nil
}

// WorkOff deducts advances from a delivery of a call-off and returns the sum, by which the delivery is billed less. Only
// advances that the buyer has paid are deducted.
func (m *Room) WorkOff(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, ws []orders.Weighing) (int64, error) {
	households := make([]int64, len(ws))
	for i, w := range ws {
		households[i] = w.Household
	}
	var rows []quotaRow
	err := tx.SelectContext(ctx, &rows, `
		SELECT `+quotaColumns+` FROM quota q JOIN call_off k ON k.contract_id = q.contract_id JOIN contract c ON c.id = q.contract_id
		WHERE k.order_id = $1 AND q.household_id = ANY($2) AND q.advance_fen > q.worked_fen AND c.advance_due = 0
		ORDER BY q.id FOR UPDATE OF q`, o.ID, desk.Ints(households))
	if err != nil {
		return 0, fmt.Errorf("read advances: %w", err)
	}
	var total int64
	for _, q := range rows {
		parts, worked := contract.Deduct(ws, q.HouseholdID, q.AdvanceFen-q.WorkedFen)
		for i, part := range parts {
			if part == 0 {
				continue
			}
			if _, err := tx.ExecContext(ctx, `UPDATE contract_ticket SET advance_fen = $2 WHERE ticket_id = $1`, ws[i].TicketID, part); err != nil {
				return 0, fmt.Errorf("deduct advance from ticket %d: %w", ws[i].TicketID, err)
			}
		}
		total += worked
		if _, err := tx.ExecContext(ctx, `UPDATE quota SET worked_fen = $2 WHERE id = $1`, q.ID, q.WorkedFen+worked); err != nil {
			return 0, fmt.Errorf("work off advance of quota %d: %w", q.ID, err)
		}
	}
	return total, nil
}

// UndoWorkOff gives back the advances that the tickets of a reversed delivery had worked off.
func (m *Room) UndoWorkOff(ctx context.Context, tx *sqlx.Tx, tickets []int64) error {
	_, err := tx.ExecContext(ctx, `
		WITH was AS (
			SELECT x.contract_id, t.household_id, sum(x.advance_fen)::bigint AS fen FROM contract_ticket x JOIN ticket t ON t.id = x.ticket_id
			WHERE x.ticket_id = ANY($1) AND x.advance_fen > 0 GROUP BY 1, 2
		), cleared AS (
			UPDATE contract_ticket SET advance_fen = 0 WHERE ticket_id = ANY($1) AND advance_fen > 0
		)
		UPDATE quota q SET worked_fen = worked_fen - was.fen FROM was
		WHERE q.contract_id = was.contract_id AND q.household_id = was.household_id AND q.advance_fen > 0`, desk.Ints(tickets))
	if err != nil {
		return fmt.Errorf("give back what was worked off: %w", err)
	}
	return nil
}

// PayAdvance starts the buyer's payment of a contract's advances.
func (m *Room) PayAdvance(ctx context.Context, r orders.PayRequest) (orders.PayStart, error) {
	var problems link.Problems
	orders.CheckKey(&problems, r.IdempotencyKey)
	if r.Method == "" {
		problems.Add("payment.method", "method")
	}
	if err := problems.Err(); err != nil {
		return orders.PayStart{}, err
	}
	c, p, err := m.findContract(ctx, r.OrderNo)
	if err != nil {
		return orders.PayStart{}, err
	}
	if err := p.Need(contract.PartBuyer); err != nil {
		return orders.PayStart{}, err
	}
	if c.AdvanceDue == 0 {
		return orders.PayStart{}, link.E(link.Conflict, "order.pay.nothing", "")
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return orders.PayStart{}, err
	}
	no := contract.Number(c.ID)
	pay, err := m.Payments.CreatePayment(desk.AsSystem(ctx), payments.CreatePayment{
		Key: "advance:" + r.IdempotencyKey, Ref: contract.AdvanceRef(c.ID), Purpose: string(orders.PurposeBalance), AmountFen: c.AdvanceDue,
		Method: r.Method, Party: payments.Party{Kind: "organisation", ID: c.OrgID, Name: ref.Orgs[c.OrgID].Name},
		Description: fmt.Sprintf("半亩园收购合同 %s 预付款", no), Code: no, ReturnURL: r.ReturnURL, ExpiresAt: m.Now().Add(m.Config.PayBalance),
	})
	if err != nil {
		if e := link.AsError(err); e.Field == "key" {
			e.Field = "idempotency_key"
		}
		return orders.PayStart{}, err
	}
	return orders.PayStart{PaymentID: pay.ID, State: string(pay.State), AmountFen: pay.AmountFen, URL: pay.URL, TransferCode: pay.TransferCode,
		PayTo: pay.PayTo, PayToAccount: pay.PayToAccount, PayToBank: pay.PayToBank, ExpiresAt: pay.ExpiresAt}, nil
}
