package document

// Reader is the actor that asks for a document of an order.
type Reader struct {
	Order bool  // sees the whole order: its buyer, or the county
	Org   int64 // the cooperative that the reader works for, or 0
}

// Reads reports whether a reader may have a document of an order: readers of the whole order may have all, a cooperative the
// acceptance notes of goods that it sold. Purchase statements are not an order's: see Statement.
func (r Reader) Reads(k Kind, seller int64) bool {
	return r.Order || k == DocAcceptance && r.Org != 0 && r.Org == seller
}

// Statement reports whether somebody may read a purchase statement, which names a household: the county, the cooperative
// that sold the goods, and readers of the household's income.
func Statement(county, earns bool, org, seller int64) bool {
	return county || earns || org != 0 && org == seller
}
