package page

import (
	"time"
)

// Pager is one page of a long list. Total counts everything, not only the page.
type Pager struct {
	Page, Pages, PerPage int
	Total                int64
}

// NewPager describes a page of a list of total rows. A page behind the end is the
// last one.
func NewPager(page, perPage int, total int64) Pager {
	pages := int((total + int64(perPage) - 1) / int64(perPage))
	return Pager{Page: max(1, min(page, pages)), Pages: pages, PerPage: perPage, Total: total}
}

// Offset is how many rows come before the page.
func (p Pager) Offset() int { return (p.Page - 1) * p.PerPage }

// From is the number of the first row of the page, counted from 1.
func (p Pager) From() int64 { return min(int64(p.Offset())+1, p.Total) }

// To is the number of the last row of the page.
func (p Pager) To() int64 { return min(int64(p.Page)*int64(p.PerPage), p.Total) }

// Numbers are the pages to link to; 0 is a gap.
func (p Pager) Numbers() []int {
	var list []int
	for n := 1; n <= p.Pages; n++ {
		if n == 1 || n == p.Pages || n >= p.Page-1 && n <= p.Page+1 {
			list = append(list, n)
		} else if list[len(list)-1] != 0 {
			list = append(list, 0)
		}
	}
	return list
}

// Crumb is one step of the way to a page; the last has no URL.
type Crumb struct{ Text, URL string }

// Step is one entry of a timeline. State is done, now, next or wrong.
type Step struct {
	Title, Text, State string
	At                 time.Time
}
