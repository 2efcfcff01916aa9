package sandbox

import "time"

// china is the zone of the page's readers; it has no daylight saving time.
var china = time.FixedZone("CST", 8*60*60)
