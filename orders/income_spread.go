package orders

import (
	"slices"
	"sort"
)

// Earner is a household's income, for figures of how income is spread.
type Earner struct {
	Persons int64
	Fen     int64
}

func (e Earner) perPerson() float64 { return float64(e.Fen) / float64(max(e.Persons, 1)) }

// Gini is the Gini coefficient of income per person, each household counted by its persons: 0 when all have the same.
// Debts count as no income. It is a figure to look at, no amount of money.
func Gini(earners []Earner) float64 {
	earners = slices.Clone(earners)
	sort.Slice(earners, func(i, j int) bool { return earners[i].perPerson() < earners[j].perPerson() })
	var persons, income, area float64
	for _, e := range earners {
		n, x := float64(max(e.Persons, 1)), float64(max(e.Fen, 0))
		area += n * (2*income + x) // twice the trapezium under the Lorenz curve
		persons, income = persons+n, income+x
	}
	if income == 0 {
		return 0
	}
	return 1 - area/(persons*income)
}

const histogramBins = 12

// Histogram counts households by income per person, in bins of a round width that take in all but the highest few, which
// are in the last one.
func Histogram(earners []Earner) []HistogramBin {
	if len(earners) == 0 {
		return []HistogramBin{}
	}
	fen := make([]int64, len(earners))
	for i, e := range earners {
		fen[i] = PerPerson(max(e.Fen, 0), e.Persons)
	}
	slices.Sort(fen)
	width := roundUp(fen[len(fen)*98/100]/histogramBins + 1)
	bins := make([]HistogramBin, histogramBins)
	for i := range bins {
		bins[i].FromFen, bins[i].ToFen = int64(i)*width, int64(i+1)*width
	}
	for _, f := range fen {
		bins[min(f/width, histogramBins-1)].Households++
	}
	bins[histogramBins-1].ToFen = max(bins[histogramBins-1].ToFen, fen[len(fen)-1]+1)
	return bins
}

// roundUp is the next 1, 2 or 5 times a power of ten, in yuan.
func roundUp(fen int64) int64 {
	for p := int64(100); ; p *= 10 {
		for _, k := range []int64{1, 2, 5} {
			if fen <= k*p {
				return k * p
			}
		}
	}
}
