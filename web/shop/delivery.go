package shop

import (
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// presetDelivery fills in the receiver from the account.
func presetDelivery(f *page.Form, a *auth.Account) {
	f.Values.Set("delivery.kind", string(orders.DeliverAddress))
	f.Values.Set("delivery.name", a.Name)
	f.Values.Set("delivery.phone", a.Phone)
}

// postedDelivery reads where something goes.
func postedDelivery(f *page.Form) orders.Delivery {
	d := orders.Delivery{Kind: orders.DeliveryKind(f.Text("delivery.kind")), Name: f.Text("delivery.name"), Phone: f.Text("delivery.phone")}
	if d.Kind == orders.DeliverAddress {
		d.Address = f.Text("delivery.address")
	} else {
		d.PointID = f.Int("delivery.point_id")
	}
	return d
}

// needDelivery notes missing fields of a delivery.
func needDelivery(f *page.Form) {
	f.Need("delivery.name", "delivery.phone")
	switch f.Text("delivery.kind") {
	case string(orders.DeliverAddress):
		f.Need("delivery.address")
	case string(orders.DeliverPickup):
		f.Need("delivery.point_id")
	default:
		f.Add("delivery.kind", "form.required")
	}
}
