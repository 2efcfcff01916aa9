package payments

import "banmuyuan/internal/link"

// CheckReversible returns an error for a posting that may not be reversed by hand: Invalid for a mirror and for a kind that is
// corrected elsewhere, Conflict for one that was reversed. reverses and reversedBy are ids of postings, 0 for none.
func CheckReversible(kind string, reverses, reversedBy int64) error {
	switch {
	case reverses != 0:
		return link.E(link.Invalid, "reversal.mirror", "txn_id")
	case reversedBy != 0:
		return link.E(link.Conflict, "reversal.reversed", "txn_id")
	case !MayReverse(kind):
		return link.E(link.Invalid, "reversal.kind", "txn_id")
	}
	return nil
}
