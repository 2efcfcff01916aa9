package linktest

// Sweep is the sweep that the first Postgres of a test binary makes.
func Sweep() { sweep() }
