package orders

import (
	"cmp"
	"slices"
	"strconv"

	"banmuyuan/catalog"
)

// ChannelNone is the key of income that was not sold: dividends and distributions.
const ChannelNone = "distribution"

// IncomeGroups sums income by month, programme and channel.
type IncomeGroups struct {
	months, programmes, channels map[string]IncomeSum
}

// Add adds a sum to its groups.
func (g *IncomeGroups) Add(month int, programme string, channel catalog.Channel, s IncomeSum) {
	if g.months == nil {
		g.months, g.programmes, g.channels = map[string]IncomeSum{}, map[string]IncomeSum{}, map[string]IncomeSum{}
	}
	for _, x := range []struct {
		sums map[string]IncomeSum
		key  string
	}{{g.months, strconv.Itoa(month)}, {g.programmes, programme}, {g.channels, cmp.Or(string(channel), ChannelNone)}} {
		x.sums[x.key] = x.sums[x.key].Plus(s)
	}
}

// Months returns the sums by month, in order.
func (g *IncomeGroups) Months() []IncomeGroup {
	return sortedGroups(g.months, func(a, b IncomeGroup) int {
		x, _ := strconv.Atoi(a.Key)
		y, _ := strconv.Atoi(b.Key)
		return cmp.Compare(x, y)
	})
}

// Programmes returns the sums by programme, the largest first.
func (g *IncomeGroups) Programmes() []IncomeGroup { return sortedGroups(g.programmes, largerGroup) }

// Channels returns the sums by channel, the largest first.
func (g *IncomeGroups) Channels() []IncomeGroup { return sortedGroups(g.channels, largerGroup) }

func largerGroup(a, b IncomeGroup) int {
	return cmp.Or(cmp.Compare(b.Total(), a.Total()), cmp.Compare(a.Key, b.Key))
}

func sortedGroups(sums map[string]IncomeSum, less func(a, b IncomeGroup) int) []IncomeGroup {
	out := make([]IncomeGroup, 0, len(sums))
	for k, s := range sums {
		out = append(out, IncomeGroup{Key: k, IncomeSum: s})
	}
	slices.SortFunc(out, less)
	return out
}
