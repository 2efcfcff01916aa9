package page

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

// PickupPoints are the collection points that are open to buyers, as choices.
func PickupPoints(ref catalog.Reference) []Option {
	var all []Option
	for _, p := range ref.Points {
		if p.Pickup {
			text := p.Name
			if p.Address != "" {
				text += "（" + p.Address + "）"
			}
			all = append(all, Option{Value: Num64(p.ID), Label: text})
		}
	}
	return all
}

func (s *Site) OrgNames(ctx context.Context) (map[int64]string, error) {
	ref, err := s.Reference(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(ref.Organisations))
	for _, o := range ref.Organisations {
		names[o.ID] = o.Name
	}
	return names, nil
}

func (s *Site) Organisation(ctx context.Context) catalog.Organisation {
	a := auth.FromContext(ctx)
	ref, err := s.Reference(ctx)
	if err == nil && a != nil {
		for _, o := range ref.Organisations {
			if o.ID == a.OrgID {
				return o
			}
		}
	}
	return catalog.Organisation{}
}

func (s *Site) Village(ctx context.Context, id int64) (catalog.Village, string) {
	ref, err := s.Reference(ctx)
	if err != nil {
		return catalog.Village{ID: id}, ""
	}
	for _, v := range ref.Villages {
		if v.ID == id {
			for _, t := range ref.Townships {
				if t.ID == v.TownshipID {
					return v, t.Name
				}
			}
			return v, ""
		}
	}
	return catalog.Village{ID: id}, ""
}

// referenceFresh is how long names may be old.
const referenceFresh = 2 * time.Second

type referenceCache struct {
	sync.Mutex
	value catalog.Reference
	at    time.Time
}

// Reference holds names of places and products. It changes rarely and every page asks for it.
func (s *Site) Reference(ctx context.Context) (catalog.Reference, error) {
	s.ref.Lock()
	defer s.ref.Unlock()
	if s.Now().Sub(s.ref.at) < referenceFresh {
		return s.ref.value, nil
	}
	ref, err := s.register.Reference(link.WithActor(ctx, link.Actor{}), catalog.None{})
	if err != nil {
		if !s.ref.at.IsZero() {
			return s.ref.value, nil // old names are better than no page
		}
		return ref, err
	}
	s.ref.value, s.ref.at = ref, s.Now()
	return ref, nil
}

// PublicNames are the names of the county, its townships and products, in both languages: words that people guess as passwords.
// A Chinese name of a place is there without its last character as well (平川 beside 平川县).
func PublicNames(ref catalog.Reference) []string {
	names := []string{ref.County.Name.Zh, ref.County.Name.En}
	for _, t := range ref.Townships {
		names = append(names, t.Name)
	}
	for _, name := range slices.Clone(names) {
		if place := []rune(name); len(place) > 2 && unicode.Is(unicode.Han, place[0]) {
			names = append(names, string(place[:len(place)-1]))
		}
	}
	for _, p := range ref.Products {
		names = append(names, p.Name.Zh, p.Name.En)
	}
	return names
}

// referenceWait bounds the wait of a page that is being written for names.
const referenceWait = 2 * time.Second

// county returns the county that the installation serves, the zero value until it is entered.
func (s *Site) county() catalog.County {
	ctx, cancel := context.WithTimeout(context.Background(), referenceWait)
	defer cancel()
	ref, err := s.Reference(ctx)
	if err != nil {
		return catalog.County{}
	}
	return ref.County
}

// countyName returns the county's name, or words for a county that nobody has entered.
func (s *Site) countyName(l Lang) string {
	if name := l.Text(s.county().Name); name != "" {
		return name
	}
	return l.Pick("本县", "the county")
}

// named returns a word that the county's data define: the name of a programme.
func (s *Site) named(key string) (catalog.Text, bool) {
	code, ok := strings.CutPrefix(key, "programme.")
	if !ok {
		return catalog.Text{}, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), referenceWait)
	defer cancel()
	ref, err := s.Reference(ctx)
	if err == nil {
		for _, p := range ref.Programmes {
			if p.Code == code {
				return p.Name, true
			}
		}
	}
	return catalog.Text{Zh: code, En: code}, true
}

// Text returns the text of a module in the reader's language.
func (l Lang) Text(t catalog.Text) string { return l.Pick(t.Zh, t.En) }

// BuyersChannel is the channel an account orders through: private unless it buys for an organisation.
func (s *Site) BuyersChannel(ctx context.Context, a *auth.Account) catalog.Channel {
	if a == nil || a.OrgID == 0 {
		return catalog.ChannelPrivate
	}
	ref, err := s.Reference(ctx)
	if err != nil {
		return catalog.ChannelContract
	}
	i := slices.IndexFunc(ref.Organisations, func(o catalog.Organisation) bool { return o.ID == a.OrgID })
	if i >= 0 && ref.Organisations[i].Kind == catalog.OrgSupermarket {
		return catalog.ChannelMarket
	}
	return catalog.ChannelContract
}

func (s *Site) Point(ctx context.Context, id int64) catalog.CollectionPoint {
	ref, err := s.Reference(ctx)
	if err == nil {
		for _, p := range ref.Points {
			if p.ID == id {
				return p
			}
		}
	}
	return catalog.CollectionPoint{}
}
