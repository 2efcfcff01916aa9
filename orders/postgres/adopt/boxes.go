package adopt

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// boxSource is the key of a household's money for a box, in payments and in the income ledger.
func boxSource(adoption int64, no int) string { return fmt.Sprintf("adoption:%d:%d", adoption, no) }

// moveBox takes a box of a locked adoption to its next state.
func moveBox(ctx context.Context, tx *sqlx.Tx, b *boxRow, step adopt.BoxStep) error {
	to, err := b.State.Next(step)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE adoption_box SET state = $3 WHERE adoption_id = $1 AND no = $2`, b.AdoptionID, b.No, string(to)); err != nil {
		return fmt.Errorf("move box %d of adoption %d: %w", b.No, b.AdoptionID, err)
	}
	b.State = to
	return nil
}

// withBox runs fn on a locked adoption and its boxes, at the one named, for somebody with that stake.
func (m *Room) withBox(ctx context.Context, number string, no int, need adopt.Stake, fn func(tx *sqlx.Tx, a *adoptionRow, boxes []boxRow, at int) error) (adopt.Adoption, error) {
	found, known, s, household, err := m.findAdoption(ctx, number)
	if err != nil {
		return adopt.Adoption{}, err
	}
	if s != need {
		return adopt.Adoption{}, desk.ErrRole()
	}
	mine := func(b boxRow) bool { return b.No == no && (need != adopt.StakeHousehold || b.HouseholdID == household) }
	if !slices.ContainsFunc(known, mine) {
		return adopt.Adoption{}, link.E(link.NotFound, "adoption.box.unknown", "no")
	}
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		a, err := lockAdoption(ctx, tx, found.ID)
		if err != nil {
			return err
		}
		boxes, err := boxesOf(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(boxes[a.ID], mine)
		if at < 0 { // another household fills it by now
			return link.E(link.Conflict, "adoption.box.wrong_state", "no", "state", string(adopt.BoxFailed))
		}
		return fn(tx, a, boxes[a.ID], at)
	})
	if err != nil {
		return adopt.Adoption{}, err
	}
	return m.Adoption(ctx, adopt.Ref{No: number})
}

// DeliverBox: the box was handed over. From now on the household is owed its part.
func (m *Room) DeliverBox(ctx context.Context, r adopt.BoxRequest) (adopt.Adoption, error) {
	return m.withBox(ctx, r.AdoptionNo, r.No, adopt.StakeHousehold, func(tx *sqlx.Tx, a *adoptionRow, boxes []boxRow, at int) error {
		b := &boxes[at]
		if b.State.Handed() {
			return nil
		}
		now := m.Now()
		if err := b.part().CheckDeliver(a.State, now); err != nil {
			return err
		}
		if err := moveBox(ctx, tx, b, adopt.BoxDeliver); err != nil {
			return err
		}
		part, err := orders.VillageFee(b.FeeFen, a.VillageBP)
		if err != nil {
			return fmt.Errorf("divide the fee of box %d of adoption %d: %w", b.No, a.ID, err)
		}
		release := now.Add(time.Duration(a.InspectHours) * time.Hour)
		var delivery int64
		err = tx.GetContext(ctx, &delivery, `
			UPDATE adoption_box SET done_at = $3, release_at = $4, village_fen = $5, delivery_id = nextval(pg_get_serial_sequence('delivery', 'id'))
			WHERE adoption_id = $1 AND no = $2 RETURNING delivery_id`, a.ID, b.No, now, release, part)
		if err != nil {
			return fmt.Errorf("deliver box %d of adoption %d: %w", b.No, a.ID, err)
		}
		if err := writeBoxIncome(ctx, tx, a.ID); err != nil {
			return err
		}
		m.income.ForgetAverages()
		if err := m.publishAdoption(ctx, tx, a.ID, a.State, "adoption.timeline.delivered", "no", strconv.Itoa(b.No)); err != nil {
			return err
		}
		cmd := payments.AcceptDelivery{DeliveryID: delivery, Ref: adopt.PaymentRef(a.ID), Coop: a.SellerOrg, OccurredAt: now.Unix(),
			Shares: []payments.DeliveryShare{{SourceKey: boxSource(a.ID, b.No), Household: b.HouseholdID, GrossFen: b.AmountFen, FeeFen: b.FeeFen}}}
		if part > 0 {
			cmd.Village, cmd.VillageFen = b.VillageID, part
		}
		return link.Publish(ctx, tx,
			link.Message{Subject: catalog.CmdDeliver, Data: catalog.HoldDeliver{OrderID: a.ID, Line: 1, Lots: []int64{b.LotID},
				Delivered: []int64{b.Qty}, Returned: []int64{0}}},
			link.Message{Subject: payments.CmdAcceptDelivery, Data: cmd})
	})
}

// FailBoxes: a box will not come from this household, or it and all later ones. As the adopter chose, another household
// is looked for or the box's part of the price goes back.
func (m *Room) FailBoxes(ctx context.Context, r adopt.FailBox) (adopt.Adoption, error) {
	if err := r.Check().Err(); err != nil {
		return adopt.Adoption{}, err
	}
	return m.withBox(ctx, r.AdoptionNo, r.No, adopt.StakeHousehold, func(tx *sqlx.Tx, a *adoptionRow, boxes []boxRow, at int) error {
		if !a.State.Can(adopt.StepComplete) {
			return link.E(link.Conflict, "adoption.wrong_state", "no", "state", string(a.State))
		}
		failed := boxes[at].part()
		for i := range boxes {
			if !r.Affects(failed, boxes[i].part()) {
				continue
			}
			if err := m.failBox(ctx, tx, a, &boxes[i], r.Reason, r.Note); err != nil {
				return err
			}
		}
		return m.balanceOut(ctx, tx, a)
	})
}

// failBox gives a box's stock up and starts to look for another household, or leaves its money to balanceOut.
func (m *Room) failBox(ctx context.Context, tx *sqlx.Tx, a *adoptionRow, b *boxRow, reason, note string) error {
	now := m.Now()
	story, seekAt, doneAt := "adoption.timeline.failed", (*time.Time)(nil), &now
	step := adopt.FailStep(a.OnFailure)
	if step == adopt.BoxSeek {
		story, seekAt, doneAt = "adoption.timeline.seeking", &now, nil
	}
	if err := moveBox(ctx, tx, b, step); err != nil {
		return err
	}
	b.Tried = append(b.Tried, b.HouseholdID)
	_, err := tx.ExecContext(ctx, `
		UPDATE adoption_box SET reason = $3, note = $4, tried = $5, seek_at = $6, done_at = $7 WHERE adoption_id = $1 AND no = $2`,
		a.ID, b.No, reason, note, b.Tried, seekAt, doneAt)
	if err != nil {
		return fmt.Errorf("fail box %d of adoption %d: %w", b.No, a.ID, err)
	}
	if err := writeBoxIncome(ctx, tx, a.ID); err != nil {
		return err
	}
	if err := m.AddTimeline(ctx, tx, []int64{a.ID}, story, map[string]string{"no": strconv.Itoa(b.No), "reason": "adoption.reason." + reason}); err != nil {
		return err
	}
	return link.Publish(ctx, tx, link.Message{Subject: catalog.CmdDeliver, Data: catalog.HoldDeliver{OrderID: a.ID, Line: 1,
		Lots: []int64{b.LotID}, Delivered: []int64{0}, Returned: []int64{b.Qty}, Lost: adopt.LosesStock(reason)}})
}

// DisputeBox keeps a box's money back until the county has looked.
func (m *Room) DisputeBox(ctx context.Context, r adopt.DisputeBox) (adopt.Adoption, error) {
	if err := r.Check(); err != nil {
		return adopt.Adoption{}, err
	}
	return m.withBox(ctx, r.AdoptionNo, r.No, adopt.StakeAdopter, func(tx *sqlx.Tx, a *adoptionRow, boxes []boxRow, at int) error {
		b := &boxes[at]
		if b.State == adopt.BoxDisputed {
			return nil
		}
		if err := moveBox(ctx, tx, b, adopt.BoxDispute); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE adoption_box SET note = $3 WHERE adoption_id = $1 AND no = $2`, a.ID, b.No, r.Note); err != nil {
			return fmt.Errorf("dispute box %d of adoption %d: %w", b.No, a.ID, err)
		}
		return m.publishAdoption(ctx, tx, a.ID, a.State, "adoption.timeline.disputed", "no", strconv.Itoa(b.No))
	})
}

// DecideBox ends a dispute: the household is released, or the delivery is taken back and refunded.
func (m *Room) DecideBox(ctx context.Context, r adopt.DecideBox) (adopt.Adoption, error) {
	if a := link.ActorFrom(ctx); a.Role != orders.RoleOperator && !a.System {
		return adopt.Adoption{}, desk.Denied(a)
	}
	if err := r.Check(); err != nil {
		return adopt.Adoption{}, err
	}
	return m.withBox(ctx, r.AdoptionNo, r.No, adopt.StakeCounty, func(tx *sqlx.Tx, a *adoptionRow, boxes []boxRow, at int) error {
		b := &boxes[at]
		if r.Decided(b.State) {
			return nil
		}
		args := map[string]string{"no": strconv.Itoa(b.No), "note": r.Note}
		if err := moveBox(ctx, tx, b, r.Step()); err != nil {
			return err
		}
		if err := desk.Decided(ctx, tx, "box", a.ID, r.Came); err != nil {
			return err
		}
		if r.Came {
			if err := m.AddTimeline(ctx, tx, []int64{a.ID}, "adoption.timeline.upheld", args); err != nil {
				return err
			}
			if err := m.releaseBox(ctx, tx, a, b); err != nil {
				return err
			}
			return m.balanceOut(ctx, tx, a)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM income_entry WHERE source_key = $1`, boxSource(a.ID, b.No)); err != nil {
			return fmt.Errorf("take back income of box %d: %w", b.No, err)
		}
		m.income.ForgetAverages()
		if err := m.AddTimeline(ctx, tx, []int64{a.ID}, "adoption.timeline.rejected", args); err != nil {
			return err
		}
		err := link.Publish(ctx, tx,
			link.Message{Subject: payments.CmdReverseDelivery, Data: payments.ReverseDelivery{DeliveryID: *b.DeliveryID, Ref: adopt.PaymentRef(a.ID)}},
			link.Message{Subject: catalog.CmdDeliver, Data: catalog.HoldDeliver{OrderID: a.ID, Line: 1, Lots: []int64{b.LotID},
				Delivered: []int64{-b.Qty}, Returned: []int64{b.Qty}, Lost: true}})
		if err != nil {
			return err
		}
		return m.balanceOut(ctx, tx, a)
	})
}

func (m *Room) releaseBox(ctx context.Context, tx *sqlx.Tx, a *adoptionRow, b *boxRow) error {
	return link.Publish(ctx, tx, link.Message{Subject: payments.CmdReleaseDelivery,
		Data: payments.ReleaseDelivery{DeliveryID: *b.DeliveryID, Ref: adopt.PaymentRef(a.ID)}})
}

// balanceOut brings the money of a locked adoption in line with its boxes after one of them changed. Package
// adopt decides: see Account.Settle.
func (m *Room) balanceOut(ctx context.Context, tx *sqlx.Tx, a *adoptionRow) error {
	all, err := boxesOf(ctx, tx, a.ID)
	if err != nil {
		return err
	}
	boxes := all[a.ID]
	s := a.account().Settle(partsOf(boxes))
	if s.RefundFen > 0 {
		a.RefundFen, a.Refunds = a.RefundFen+s.RefundFen, a.Refunds+1
		_, err := tx.ExecContext(ctx, `UPDATE adoption SET refund_fen = $2, refunds = $3, version = version + 1 WHERE id = $1`, a.ID, a.RefundFen, a.Refunds)
		if err != nil {
			return fmt.Errorf("refund adoption %d: %w", a.ID, err)
		}
		err = m.AddTimeline(ctx, tx, []int64{a.ID}, "adoption.timeline.refund", map[string]string{"amount": strconv.FormatInt(s.RefundFen, 10)})
		if err != nil {
			return err
		}
		err = link.Publish(ctx, tx, link.Message{Subject: payments.CmdRefundAhead, Data: payments.RefundAhead{
			Ref: adopt.PaymentRef(a.ID), Key: strconv.Itoa(a.Refunds), AmountFen: s.RefundFen, Reason: "refund.adoption_failed"}})
		if err != nil {
			return err
		}
	}
	switch s.Step {
	case adopt.StepComplete:
		return m.completeAdoption(ctx, tx, a, boxes)
	case adopt.StepPaidUp:
		if err := moveAdoption(ctx, tx, a, adopt.StepPaidUp, m.Now()); err != nil {
			return err
		}
		return m.publishAdoption(ctx, tx, a.ID, a.State, "adoption.timeline.growing")
	}
	return nil
}

func (m *Room) completeAdoption(ctx context.Context, tx *sqlx.Tx, a *adoptionRow, boxes []boxRow) error {
	if err := moveAdoption(ctx, tx, a, adopt.StepComplete, m.Now()); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE adoption_unit SET released = true WHERE adoption_id = $1`, a.ID); err != nil {
		return fmt.Errorf("free units of adoption %d: %w", a.ID, err)
	}
	if err := m.publishAdoption(ctx, tx, a.ID, a.State, "adoption.timeline.completed"); err != nil {
		return err
	}
	billed := adopt.Worth(partsOf(boxes))
	return link.Publish(ctx, tx, link.Message{Subject: payments.CmdCloseRef,
		Data: payments.CloseRef{Ref: adopt.PaymentRef(a.ID), Seq: 1, BilledFen: &billed}})
}
