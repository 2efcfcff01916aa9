package page

import (
	"net/http"
	"strconv"

	"banmuyuan/catalog"
)

// SeasonChoice is the season of a page, with the others that a reader may change to. The template "seasons" shows it.
type SeasonChoice struct {
	Season  int
	Current int // 0: none has begun
	All     []catalog.Season
	lang    Lang
}

// SeasonChoice returns the choice of a page about a season; 0 stands for the default one.
func (s *Site) SeasonChoice(r *http.Request, season int) (SeasonChoice, error) {
	ref, err := s.Reference(r.Context())
	if err != nil {
		return SeasonChoice{}, err
	}
	c := SeasonChoice{Season: season, All: ref.Seasons, lang: LangOf(r)}
	if season == 0 {
		c.Season = ref.Season
	}
	if now, ok := ref.Current(); ok {
		c.Current = now.ID
	}
	return c, nil
}

// Options are the seasons of some states as choices of a form, newest first; the default one is chosen.
func (c SeasonChoice) Options(states ...catalog.SeasonState) []Option {
	var all []Option
	for _, s := range c.All {
		for _, state := range states {
			if s.State == state {
				all = append(all, Option{Value: strconv.Itoa(s.ID), Label: c.Name(s), Selected: s.ID == c.Season})
			}
		}
	}
	return all
}

// Name is a season in the reader's language: its year, and its title where it has one.
func (c SeasonChoice) Name(s catalog.Season) string {
	name := c.lang.Pick(strconv.Itoa(s.ID)+" 年度", strconv.Itoa(s.ID))
	if title := c.lang.Text(s.Title); title != "" {
		name += c.lang.Pick("（"+title+"）", " ("+title+")")
	}
	return name
}

// ForgetReference has the next page read names and seasons anew: somebody has just changed them.
func (s *Site) ForgetReference() {
	s.ref.Lock()
	defer s.ref.Unlock()
	s.ref.at = s.ref.at.Add(-referenceFresh)
}
