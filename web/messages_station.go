package web

import "maps"

// stationMessages are the words of the weigh station that works without a network.
var stationMessages = map[string][2]string{
	"conflict.done":             {"已记下核对结果。", "What you found is recorded."},
	"status.conflict.open":      {"待核对", "Open"},
	"status.conflict.dropped":   {"以账上为准", "The books hold"},
	"status.conflict.reweighed": {"已补开或更正", "Weighed by hand"},
}

func init() {
	setTones(care, "status.conflict.open")
	setTones(good, "status.conflict.reweighed")
	setTones(over, "status.conflict.dropped")
	maps.Copy(Messages, stationMessages)
}
