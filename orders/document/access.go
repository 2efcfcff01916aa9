package document

// Reader is somebody who asks for a document of an order.
type Reader struct {
	Order bool  // sees the whole order: its buyer, or the county
	Org   int64 // the cooperative that the reader works for, or 0
}

// Reads reports whether a reader of an order may have one of its documents: all of them who sees the order, the acceptance
// notes the cooperative that sold their goods. Purchase statements are not an order's: see Statement.
func (r Reader) Reads(k Kind, seller int64) bool {
	return r.Order || k == DocAcceptance && r.Org != 0 && r.Org == seller
}

// Statement reports whether somebody may read a purchase statement, which names a household: the county, the cooperative
// that bought, and who may see the household's income.
func Statement(county, earns bool, org, seller int64) bool {
	return county || earns || org != 0 && org == seller
}
