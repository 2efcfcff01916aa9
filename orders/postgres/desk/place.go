package desk

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// CheckDelivery fills in the pickup point's name and adds a problem for each mistake.
func (m *Desk) CheckDelivery(ctx context.Context, d *orders.Delivery, problems *link.Problems) error {
	var points map[int64]catalog.CollectionPoint
	if d.Kind == orders.DeliverPickup {
		ref, err := m.Ref.Get(ctx)
		if err != nil {
			return err
		}
		points = ref.Points
	}
	orders.CheckDelivery(problems, d, func(point int64) (string, bool) {
		p := points[point]
		return p.Name, p.Pickup
	})
	return nil
}
