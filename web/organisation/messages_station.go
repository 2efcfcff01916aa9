package organisation

import "banmuyuan/web/page"

// stationMessages are the words of the weigh station that works without a network.
var stationWords = map[string][2]string{
	"conflict.done":             {"已记下核对结果。", "What you found is recorded."},
	"status.conflict.open":      {"待核对", "Open"},
	"status.conflict.dropped":   {"以账上为准", "The books hold"},
	"status.conflict.reweighed": {"已补开或更正", "Weighed by hand"},
}

var stationTones = page.Tones{
	page.Care: {"status.conflict.open"},
	page.Good: {"status.conflict.reweighed"},
	page.Over: {"status.conflict.dropped"},
}
