package contract

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres/desk"
)

// workContracts does the due work of contracts: proposals lapse, interrupted bookings go on, ended quotas are returned, and
// changed contracts are brought in step with the catalogue.
func (m *Room) workContracts(ctx context.Context) error {
	return errors.Join(m.lapseProposals(ctx), m.resumeBookings(ctx), m.returnQuotas(ctx), m.checkContracts(ctx))
}

// The work lists are read through indexes that are partial on the state, so the states are part of the text.
var (
	lapsedSQL = `SELECT DISTINCT contract_id FROM quota WHERE state IN (` + desk.StateList(contract.QuotaMachine.From(contract.QuotaLapse)) + `)
		AND answer_by <= $1 ORDER BY 1`
	bookingsSQL = `
		UPDATE quota SET booked_at = $2 WHERE id IN (
			SELECT id FROM quota WHERE state IN (` + desk.StateList(contract.QuotaMachine.From(contract.QuotaBooked)) + `) AND booked_at <= $1
			ORDER BY booked_at LIMIT $3 FOR UPDATE SKIP LOCKED)
		RETURNING id`
)

// lapseProposals ends proposals that nobody answered in time.
func (m *Room) lapseProposals(ctx context.Context) error {
	var due []int64
	err := m.DB.SelectContext(ctx, &due, lapsedSQL, m.Now())
	if err != nil {
		return fmt.Errorf("find lapsed proposals: %w", err)
	}
	for _, id := range due {
		err := m.Tx(ctx, func(tx *sqlx.Tx) error {
			c, err := contractByID(ctx, tx, id, true)
			if err != nil {
				return err
			}
			res, err := tx.ExecContext(ctx, `UPDATE quota SET state = $3 WHERE contract_id = $1 AND state = ANY($4) AND answer_by <= $2`,
				id, m.Now(), string(contract.QuotaMachine.To(contract.QuotaLapse)), desk.TextArray(contract.QuotaMachine.From(contract.QuotaLapse)))
			if err != nil {
				return fmt.Errorf("lapse proposals of contract %d: %w", id, err)
			}
			n, err := res.RowsAffected()
			if err != nil || n == 0 {
				return err
			}
			if err := checkLater(ctx, tx, id, m.Now()); err != nil {
				return err
			}
			return m.addTimeline(ctx, tx, c.ID, "contract.timeline.lapsed", "n", figure(n))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// resumeBookings books quotas that a stopped process left on the way.
func (m *Room) resumeBookings(ctx context.Context) error {
	var ids []int64
	err := m.DB.SelectContext(ctx, &ids, bookingsSQL, m.Now().Add(-m.Config.Lease), m.Now(), desk.WorkBatch)
	if err != nil {
		return fmt.Errorf("claim bookings: %w", err)
	}
	for _, id := range ids {
		if err := m.book(ctx, id); err != nil && !desk.Refused(err) {
			m.Log.Warn("booking has to wait", "quota", id, "error", err)
		}
	}
	return nil
}

// returnQuotas gives back the units of ended quotas that were not called off.
func (m *Room) returnQuotas(ctx context.Context) error {
	for {
		var rows []quotaRow
		err := m.DB.SelectContext(ctx, &rows, `
			SELECT `+quotaColumns+` FROM quota q WHERE q.state = $2 AND q.lot_id <> 0 AND NOT q.returned ORDER BY q.id LIMIT $1`,
			desk.WorkBatch, string(contract.QuotaEnded))
		if err != nil {
			return fmt.Errorf("find ended quotas: %w", err)
		}
		for _, q := range rows {
			_, err := m.CatalogContracts.SetQuota(desk.AsSystem(ctx), catalog.QuotaRequest{ContractID: q.ContractID, HouseholdID: q.HouseholdID})
			if err != nil {
				return fmt.Errorf("return quota %d: %w", q.ID, err)
			}
			if _, err := m.DB.ExecContext(ctx, `UPDATE quota SET returned = true WHERE id = $1`, q.ID); err != nil {
				return fmt.Errorf("note returned quota %d: %w", q.ID, err)
			}
		}
		if len(rows) < desk.WorkBatch {
			return nil
		}
	}
}

// checkContracts brings contracts that changed in step with the catalogue.
func (m *Room) checkContracts(ctx context.Context) error {
	var due []struct {
		ID      int64     `db:"id"`
		CheckAt time.Time `db:"check_at"`
	}
	err := m.DB.SelectContext(ctx, &due, `
		UPDATE contract SET check_at = $2 WHERE id IN (
			SELECT id FROM contract WHERE check_at <= $1 ORDER BY check_at LIMIT $3 FOR UPDATE SKIP LOCKED)
		RETURNING id, check_at`, m.Now(), m.After(m.Config.Lease), desk.WorkBatch)
	if err != nil {
		return fmt.Errorf("claim contracts: %w", err)
	}
	for _, d := range due {
		if err := m.checkContract(ctx, d.ID, d.CheckAt); err != nil {
			m.Log.Warn("contract has to wait", "contract", d.ID, "error", err)
		}
	}
	return nil
}

// checkNow checks a contract at once instead of at the workers' next round.
func (m *Room) checkNow(ctx context.Context, id int64) {
	ctx = link.WithActor(ctx, link.Actor{Login: "orders", System: true})
	var claim []time.Time
	err := m.DB.SelectContext(ctx, &claim, `UPDATE contract SET check_at = $2 WHERE id = $1 AND check_at <= $3 RETURNING check_at`,
		id, m.After(m.Config.Lease), m.Now())
	if err == nil && len(claim) == 1 {
		err = m.checkContract(ctx, id, claim[0])
	}
	if err != nil {
		m.Log.Warn("check contract", "contract", id, "error", err)
	}
}

// checkContract gives the catalogue the presale of a contract, and has free quantity proposed.
func (m *Room) checkContract(ctx context.Context, id int64, claim time.Time) error {
	c, err := contractByID(ctx, m.DB, id, false)
	if err != nil {
		return err
	}
	if want := contract.PresaleState(c.State); want != "" && string(want) != c.PresaleTold {
		p, err := m.contractPresale(ctx, c)
		if err != nil {
			return err
		}
		saved, err := m.CatalogContracts.SaveContractPresale(desk.AsSystem(ctx), catalog.ContractPresale{ContractID: c.ID, Presale: p, State: want})
		if err != nil {
			return fmt.Errorf("save presale of contract %d: %w", id, err)
		}
		_, err = m.DB.ExecContext(ctx, `UPDATE contract SET presale_id = $2, presale_told = $3 WHERE id = $1`, id, saved.ID, string(want))
		if err != nil {
			return fmt.Errorf("note presale of contract %d: %w", id, err)
		}
	}
	if c.Proposes && m.signable(c) == nil {
		if _, err := m.propose(ctx, c, 0, contract.AnswerDays, "", nil); err != nil {
			return err
		}
	}
	// A change that came meanwhile has set another time.
	if _, err := m.DB.ExecContext(ctx, `UPDATE contract SET check_at = NULL WHERE id = $1 AND check_at = $2`, id, claim); err != nil {
		return fmt.Errorf("note that contract %d is in step: %w", id, err)
	}
	return nil
}

func (m *Room) contractPresale(ctx context.Context, c *contractRow) (catalog.Presale, error) {
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return catalog.Presale{}, err
	}
	product, ok := ref.Products[c.Product]
	if !ok {
		return catalog.Presale{}, fmt.Errorf("contract %d is for a product %q that is not there", c.ID, c.Product)
	}
	return contract.PresaleOf(c.contract(), product), nil
}
