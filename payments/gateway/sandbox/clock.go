package sandbox

import "time"

// china is the zone of everybody who uses the page; it has no daylight saving time.
var china = time.FixedZone("CST", 8*60*60)
