package shop

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"banmuyuan/catalog"
)

const stockTopic = "stock"

// publishStock sends the stock of open presales to the pages that are open, once a second, until ctx ends.
func (s *ordering) publishStock(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !s.Live.Watched(stockTopic) {
			last = ""
			continue
		}
		stock, err := s.Catalog.Stock(ctx, catalog.None{})
		if err != nil {
			continue // the pages keep the last figure; the next tick asks again
		}
		left := make(map[string]int64, len(stock))
		for _, one := range stock {
			left[strconv.FormatInt(one.PresaleID, 10)] = one.Left
		}
		data, err := json.Marshal(left)
		if err == nil && string(data) != last {
			last = string(data)
			s.Live.Publish(stockTopic, last)
		}
	}
}
