package web

// stationMessages are the words of the weigh station that works without a network.
var stationWords = map[string][2]string{
	"conflict.done":             {"已记下核对结果。", "What you found is recorded."},
	"status.conflict.open":      {"待核对", "Open"},
	"status.conflict.dropped":   {"以账上为准", "The books hold"},
	"status.conflict.reweighed": {"已补开或更正", "Weighed by hand"},
}

var stationTones = Tones{
	care: {"status.conflict.open"},
	good: {"status.conflict.reweighed"},
	over: {"status.conflict.dropped"},
}
