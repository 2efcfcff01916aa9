package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/catalog/allocate"
	"banmuyuan/internal/link"
)

// memory is the door to the seasons in memory for rooms that read where households stand. Lines are copied when they are
// asked for and the season's version is another than the copy's, at most once within Config.Lines: any number of readers
// costs the reservation writer one copy a presale and second.
type memory struct {
	*Catalog
	mu    sync.Mutex
	lines map[int64]*lineCopy // by presale
}

// lineCopy is a presale's line as of a version of its season.
type lineCopy struct {
	mu      sync.Mutex // held while it is copied, so that readers wait for the same copy meanwhile
	line    *allocate.Line
	version int64
	at      time.Time
}

// line returns a presale's line and when it was right.
func (m *memory) line(ctx context.Context, presale int64) (*allocate.Line, time.Time, error) {
	m.mu.Lock()
	c := m.lines[presale]
	if c == nil {
		c = &lineCopy{}
		m.lines[presale] = c
	}
	m.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	now, version := m.Now(), (*m.versions.Load())[presale]
	if c.line != nil && version == c.version {
		return c.line, now, nil
	}
	if c.line != nil && now.Sub(c.at) < m.cfg.Lines {
		return c.line, c.at, nil
	}
	err := m.writer.do(ctx, func() error {
		s := m.writer.of[presale]
		if s == nil {
			return link.E(link.NotFound, "presale.unknown", "presale_id")
		}
		c.line, c.version, c.at = s.pool.Line(presale, s.presales[presale].CollectionMin), s.version, now
		return nil
	})
	if err != nil {
		return nil, now, err
	}
	c.line.Sort()
	return c.line, c.at, nil
}

// Standing returns where a household stands in a presale.
func (m *memory) Standing(ctx context.Context, presale, household int64) (catalog.Standing, error) {
	ref := m.reference.Load()
	public := ref.byID[presale]
	if public == nil {
		return catalog.Standing{}, link.E(link.NotFound, "presale.unknown", "presale_id")
	}
	st := catalog.Standing{Presale: public.Presale, FullFen: catalog.UnitFen(public.Presale, public.Product)}
	for _, s := range ref.forAll.Seasons {
		if s.ID == public.Season {
			st.Season = s.State
		}
	}
	line, at, err := m.line(ctx, presale)
	if err != nil {
		return st, err
	}
	st.Place, st.InLine = line.Place(household)
	st.At, st.LineFen = at, line.LevelFen()
	return st, nil
}

// LevelFen returns a household's level in a season, also where it stands in no line.
func (m *memory) LevelFen(ctx context.Context, season int, household int64) (fen int64, err error) {
	err = m.writer.do(ctx, func() error {
		if s := m.writer.seasons[season]; s != nil {
			if h, ok := s.pool.Household(household); ok {
				fen = h.LevelFen()
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("look up a level: %w", err)
	}
	return fen, nil
}

// RaiserName returns the name of an organisation that raises for households.
func (m *memory) RaiserName(org int64) string { return m.reference.Load().organisations[org].Name }

// SellersPresale returns a presale to the county and its seller.
func (m *memory) SellersPresale(ctx context.Context, r catalog.PresaleRef) (catalog.PublicPresale, error) {
	p, err := m.sellersPresale(ctx, r)
	return p.PublicPresale, err
}

// PresaleOf returns a presale of the reference.
func (m *memory) PresaleOf(id int64) (catalog.Presale, bool) {
	if p := m.reference.Load().byID[id]; p != nil {
		return p.Presale, true
	}
	return catalog.Presale{}, false
}

// DefaultSeason is the season of requests that name none.
func (m *memory) DefaultSeason() int { return m.defaultSeason() }
