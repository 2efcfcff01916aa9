package orders

import "banmuyuan/catalog"

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
