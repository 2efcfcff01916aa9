package orders

import (
	"banmuyuan/catalog"
)

// Adoption (认养): a private buyer takes geese or beds of the garden of one household for a season. Everything that
// counts is fixed when it is taken: which geese or beds, the dates of the boxes, price, deposit, when the balance is due
// and what happens when something does not come.
//
// What must always hold:
//   - a goose or bed is taken by one adoption at a time (the database refuses the second);
//   - the amounts of an adoption's boxes add up to its price, and what was paid less what was refunded or kept never
//     exceeds what was or will be delivered;
//   - a household is owed a box when it was handed over, and no earlier;
//   - nobody but the adopter, and the household that wrote it, sees an update or its photos.

// PlotKind is what of a household can be adopted.
type PlotKind string

const (
	PlotGoose  PlotKind = "goose"  // geese with numbered rings; each comes by itself
	PlotGarden PlotKind = "garden" // beds of a garden; each brings a box at every date
)

// KindOfPlot tells what an adoption presale of a product offers. ok is false for products nobody adopts.
func KindOfPlot(product string) (kind PlotKind, ok bool) {
	switch product {
	case "goose":
		return PlotGoose, true
	case "vegetable_box", "veg_box":
		return PlotGarden, true
	}
	return "", false
}

// PlotOf tells what a presale offers for adoption. Such a presale takes no ordinary orders: everything it has belongs to a
// household that somebody picks.
func PlotOf(p catalog.PublicPresale) (kind PlotKind, ok bool) {
	if p.Policy != "direct" {
		return "", false
	}
	return KindOfPlot(p.Product.Code)
}
