package document

import (
	"fmt"
	"strconv"
	"strings"

	"banmuyuan/internal/link"
)

// about is the first word of the subject of each kind.
var about = map[Kind]string{DocConfirmation: subjectOrder, DocReceipt: "payment", DocRefund: "refund", DocAcceptance: "delivery", DocPurchase: "ticket"}

const subjectOrder = "order"

// SubjectOf is the subject of a document about the thing with that id: "payment:7". A confirmation is about its order.
func SubjectOf(k Kind, id int64) string {
	if k == DocConfirmation {
		return subjectOrder
	}
	return about[k] + ":" + strconv.FormatInt(id, 10)
}

// About reads the subject of a request: the id of the payment, refund, delivery or ticket, 0 for the order. Invalid for
// another kind of document, and for a subject that SubjectOf does not write.
func (r Issue) About() (int64, error) {
	if _, ok := Kinds[r.Kind]; !ok {
		return 0, link.E(link.Invalid, "document.kind", "kind")
	}
	wrong := link.E(link.Invalid, "document.subject", "subject")
	if r.Kind == DocConfirmation {
		if r.Subject != subjectOrder {
			return 0, wrong
		}
		return 0, nil
	}
	_, number, _ := strings.Cut(r.Subject, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id <= 0 || r.Subject != SubjectOf(r.Kind, id) {
		return 0, wrong
	}
	return id, nil
}

// Number is the number of the document that was issued at that place of its kind in a year: SJ2026-000001.
func Number(k Kind, year, serial int) string {
	return fmt.Sprintf("%s%d-%06d", Kinds[k], year, serial)
}

// ReadNumber is a number as people type it.
func ReadNumber(text string) string { return strings.ToUpper(strings.TrimSpace(text)) }
