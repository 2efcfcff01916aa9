package web

// tone is how a status feels: nothing to do, under way, money or goods arrived,
// needs care, or over. Each has a dot of its own shape, so that colour is never
// alone.
type tone string

const (
	quiet tone = "quiet" // drafts, not yet begun
	busy  tone = "busy"  // under way, waiting for somebody
	good  tone = "good"  // arrived
	care  tone = "care"  // somebody has to do something
	over  tone = "over"  // ended without result
)

// tones of status words. A status that is not listed is quiet.
var tones = map[string]tone{}

// SetTones gives status words of the glossary their tone. It is called while the
// program starts, by the files that own the pages of a module.
func setTones(t tone, keys ...string) {
	for _, key := range keys {
		tones[key] = t
	}
}

func toneOf(key string) tone {
	if t, ok := tones[key]; ok {
		return t
	}
	return quiet
}
