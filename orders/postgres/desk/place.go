package desk

import (
	"context"
	"fmt"
	"strings"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// CheckDelivery fills in the pickup point's name and says what is wrong.
func (m *Desk) CheckDelivery(ctx context.Context, d *orders.Delivery, problems *link.Problems) error {
	d.Point = ""
	var ok bool
	if d.Name, ok = Clean(d.Name, 1, NameMax); !ok {
		problems.Add("order.delivery.name", "delivery.name", "max", fmt.Sprint(NameMax))
	}
	d.Phone = strings.TrimSpace(d.Phone)
	if !PhonePattern.MatchString(d.Phone) {
		problems.Add("order.delivery.phone", "delivery.phone")
	}
	switch d.Kind {
	case orders.DeliverPickup:
		d.Address = ""
		ref, err := m.Ref.Get(ctx)
		if err != nil {
			return err
		}
		p, known := ref.Points[d.PointID]
		if !known || !p.Pickup {
			problems.Add("order.delivery.point", "delivery.point_id")
		}
		d.Point = p.Name
	case orders.DeliverAddress:
		d.PointID = 0
		if d.Address, ok = Clean(d.Address, AddressMin, AddressMax); !ok {
			problems.Add("order.delivery.address", "delivery.address", "min", fmt.Sprint(AddressMin), "max", fmt.Sprint(AddressMax))
		}
	default:
		problems.Add("order.delivery.kind", "delivery.kind")
	}
	return nil
}
