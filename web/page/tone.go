package page

// tone is how a status feels: nothing to do, under way, money or goods arrived,
// needs care, or over. Each has a dot of its own shape, so that colour is never
// alone.
type tone string

const (
	Quiet tone = "quiet" // drafts, not yet begun
	Busy  tone = "busy"  // under way, waiting for somebody
	Good  tone = "good"  // arrived
	Care  tone = "care"  // somebody has to do something
	Over  tone = "over"  // ended without result
)

// Tones gives status words of the glossary their tone. A status that is not listed is quiet.
type Tones map[tone][]string

// pageTones are the tones of this package's words.
var pageTones = Tones{Good: {"tone.good", "status.season.current"}, Busy: {"tone.busy", "status.season.closing"}, Care: {"tone.care"},
	Over: {"tone.over", "status.season.closed"}}

func (s *Site) toneOf(key string) tone {
	if t, ok := s.tones[key]; ok {
		return t
	}
	return Quiet
}
