package page

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"banmuyuan/web/auth"
)

// navItem is one entry of a menu.
type navItem struct {
	Route, Icon, Text, URL string
	Current                bool
	Count                  int // of things behind it, 0: not shown
	group                  Group
}

// navGroup are the entries of a menu that stand under one heading, or one entry without a heading.
type navGroup struct {
	Text  string // "": no heading
	Open  bool   // the page is under one of the entries
	Items []navItem
}

// Group is the heading over some entries of a menu, which opens and closes. The entries of a group follow each other.
type Group struct{ ZH, EN string }

// Entry is an item of a menu before it has a language. It is shown only when its route
// exists and the reader has one of its roles; no roles means everybody.
type Entry struct {
	Route, Icon, ZH, EN string
	Roles               []auth.Role
	Group               Group    // none: the entry stands by itself
	Beside              []string // paths of pages that belong to the entry without being under its own
}

// keeps asks all wings whether an entry makes sense for a reader.
func (s *Site) keeps(ctx context.Context, a *auth.Account, route string) bool {
	for _, w := range s.wings {
		if w.Keeps != nil && !w.Keeps(ctx, s, a, route) {
			return false
		}
	}
	return true
}

// Home is where somebody starts: a visitor at the shop.
func (s *Site) Home(a *auth.Account) string {
	names := []string{"shop.home"}
	if a != nil {
		names = append(slices.Clone(s.homes[a.Role]), "account")
	}
	for _, name := range names {
		if s.Router.Get(name) != nil && s.keeps(context.Background(), a, name) {
			if u, err := s.URL(name); err == nil {
				return u
			}
		}
	}
	return "/login"
}

// Home is the address where the reader of the page starts.
func (v *view) Home() string { return v.site.Home(v.Account) }

// nav is the menu of the page's audience, with the entry that the page is under
// marked.
func (s *Site) nav(v *view, r *http.Request) []navItem {
	var items []navItem
	longest, current := 0, -1
	for _, e := range s.menu(v.Audience) {
		if s.Router.Get(e.Route) == nil || !s.keeps(r.Context(), v.Account, e.Route) || len(e.Roles) > 0 && (v.Account == nil || !v.Account.Role.In(e.Roles...)) {
			continue
		}
		u, err := s.URL(e.Route)
		if err != nil {
			continue
		}
		for _, path := range append([]string{u}, e.Beside...) {
			under := r.URL.Path == path || len(path) > 1 && strings.HasPrefix(r.URL.Path, path+"/")
			if under && len(path) > longest {
				longest, current = len(path), len(items)
			}
		}
		items = append(items, navItem{Route: e.Route, Icon: e.Icon, Text: v.Lang.Pick(e.ZH, e.EN), URL: u, group: e.Group})
	}
	if current >= 0 {
		items[current].Current = true
	}
	for i := range items {
		if items[i].Route == "shop.basket" {
			items[i].Count = s.basketCount(r)
		}
	}
	return items
}

// NavGroups is the menu by its headings.
func (v *view) NavGroups() []navGroup {
	var groups []navGroup
	for i, item := range v.Nav {
		if i == 0 || item.group == (Group{}) || item.group != v.Nav[i-1].group {
			groups = append(groups, navGroup{Text: v.Lang.Pick(item.group.ZH, item.group.EN)})
		}
		g := &groups[len(groups)-1]
		g.Items, g.Open = append(g.Items, item), g.Open || item.Current
	}
	return groups
}

// menu joins the menus of the wings whose pages wear a layout.
func (s *Site) menu(layout string) []Entry {
	var all []Entry
	for _, w := range s.wings {
		if w.Layout == layout {
			all = append(all, w.Menu...)
		}
	}
	return all
}
