package postgres

import (
	"github.com/lib/pq"

	"banmuyuan/payments"
)

// origins are where the shares of a delivery come from, as columns.
type origins struct {
	seasons, months, quantities, grams pq.Int64Array
	programmes, channels, products     pq.StringArray
}

func newOrigins(n int) origins {
	return origins{
		seasons: make(pq.Int64Array, n), months: make(pq.Int64Array, n), quantities: make(pq.Int64Array, n), grams: make(pq.Int64Array, n),
		programmes: make(pq.StringArray, n), channels: make(pq.StringArray, n), products: make(pq.StringArray, n),
	}
}

// set describes the i-th share; an order describes its own, and has none here.
func (o origins) set(i int, from *payments.Origin) {
	if from == nil {
		return
	}
	o.seasons[i], o.months[i], o.quantities[i], o.grams[i] = int64(from.Season), int64(from.Month), from.Qty, from.NetGrams
	o.programmes[i], o.channels[i], o.products[i] = from.Programme, from.Channel, from.Product
}
