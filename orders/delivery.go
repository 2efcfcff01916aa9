package orders

import (
	"strconv"
	"strings"

	"banmuyuan/internal/link"
)

// CheckDelivery cleans the destination of an order and adds a problem for each mistake. pickup returns the name of a
// collection point; open is false for a point that is unknown or not open to buyers. The other kind's fields are emptied.
func CheckDelivery(problems *link.Problems, d *Delivery, pickup func(point int64) (name string, open bool)) {
	d.Point = ""
	var ok bool
	if d.Name, ok = Clean(d.Name, 1, NameMax); !ok {
		problems.Add("order.delivery.name", "delivery.name", "max", strconv.Itoa(NameMax))
	}
	d.Phone = strings.TrimSpace(d.Phone)
	if !PhonePattern.MatchString(d.Phone) {
		problems.Add("order.delivery.phone", "delivery.phone")
	}
	switch d.Kind {
	case DeliverPickup:
		d.Address = ""
		if d.Point, ok = pickup(d.PointID); !ok {
			problems.Add("order.delivery.point", "delivery.point_id")
		}
	case DeliverAddress:
		d.PointID = 0
		if d.Address, ok = Clean(d.Address, AddressMin, AddressMax); !ok {
			problems.Add("order.delivery.address", "delivery.address", "min", strconv.Itoa(AddressMin), "max", strconv.Itoa(AddressMax))
		}
	default:
		problems.Add("order.delivery.kind", "delivery.kind")
	}
}
