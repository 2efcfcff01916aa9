package orders

import "banmuyuan/catalog"

// PlotKind is a kind of thing that can be adopted.
type PlotKind string

const (
	PlotGoose  PlotKind = "goose"  // geese with numbered rings; each comes by itself
	PlotGarden PlotKind = "garden" // beds of a garden; each brings a box at every date
)

// KindOfPlot returns the kind that an adoption presale of a product offers. ok is false for products nobody adopts.
func KindOfPlot(product string) (kind PlotKind, ok bool) {
	switch product {
	case "goose":
		return PlotGoose, true
	case "vegetable_box", "veg_box":
		return PlotGarden, true
	}
	return "", false
}

// PlotOf returns the kind that a presale offers for adoption. Such a presale takes no ordinary orders: all its stock belongs
// to households that a buyer picks.
func PlotOf(p catalog.PublicPresale) (kind PlotKind, ok bool) {
	if p.Policy != "direct" {
		return "", false
	}
	return KindOfPlot(p.Product.Code)
}
