package linktest

// Sweep is what the first Postgres of a test binary does.
func Sweep() { sweep() }
