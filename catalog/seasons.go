package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"banmuyuan/internal/link"
)

// Seasons is the part of the catalogue with which the county plans what is offered when: its seasons, and how presales
// open. Presales, lots and figures belong to one season. From the first begin on exactly one season is current.
//
//link:service catalog v1 raw
type Seasons interface {
	// Seasons lists all seasons with their figures, newest first. For county staff.
	Seasons(context.Context, None) (SeasonList, error)
	// Season returns one season with its history, and the one that its beginning would replace. For county staff. NotFound.
	Season(context.Context, SeasonRef) (SeasonDetail, error)
	// PlanSeason makes a season, so that presales can be prepared in it. Repeating it changes nothing; Conflict where the
	// season exists with another title. For county staff.
	PlanSeason(context.Context, PlanSeason) (SeasonSummary, error) //link:subject season_plan
	// BeginSeason makes a planned season the current one; the one that was current is closing from then on. Repeating it
	// changes nothing. Conflict. For a person of the county.
	BeginSeason(context.Context, SeasonRef) (SeasonSummary, error) //link:subject season_begin
	// CloseSeason ends a closing season in which no presale is open and nothing is held. System only: orders asks for it on
	// behalf of a person, when nothing of the season is open elsewhere. Repeating it changes nothing. Conflict.
	CloseSeason(context.Context, CloseSeason) (SeasonSummary, error) //link:subject season_close
	// ReopenSeason takes a closed season back to closing, with a reason. System only, like CloseSeason. Conflict.
	ReopenSeason(context.Context, ReopenSeason) (SeasonSummary, error) //link:subject season_reopen

	// PresaleReach returns the supply that a presale has, or would have if it were opened now. For the county and the
	// selling cooperative. NotFound.
	PresaleReach(context.Context, PresaleRef) (PresaleReach, error)
	// PresaleHistory returns the openings and closings of a presale, newest first. For the county and the selling
	// cooperative. NotFound.
	PresaleHistory(context.Context, PresaleRef) (PresaleHistory, error)
}

// Season is a year of produce. Its id is the calendar year in which it grows; deliveries may go on in the next.
type Season struct {
	ID    int         `json:"id"`
	Title Text        `json:"title"` // empty: the year alone
	State SeasonState `json:"state"`
}

type SeasonRef struct {
	Season int `json:"season"`
}

type PlanSeason struct {
	Season int  `json:"season"`
	Title  Text `json:"title"` // may be empty
}

// SeasonActor is the person for whom another module closes or reopens a season.
type SeasonActor struct {
	Account int64  `json:"account"`
	Login   string `json:"login"`
	Role    string `json:"role"`
}

type CloseSeason struct {
	Season int         `json:"season"`
	By     SeasonActor `json:"by"`
}

type ReopenSeason struct {
	Season int         `json:"season"`
	Reason string      `json:"reason"`
	By     SeasonActor `json:"by"`
}

// SeasonFigures counts the contents of a season. Units of different products cannot be added; households can.
type SeasonFigures struct {
	Drafts     int64 `json:"drafts"` // presales by state, without those of contracts
	Open       int64 `json:"open"`
	Ended      int64 `json:"ended"`
	Contracts  int64 `json:"contracts"`  // presales of contracts that are not over
	Lots       int64 `json:"lots"`       // with units
	Households int64 `json:"households"` // with units in at least one lot
	Selling    int64 `json:"selling"`    // households with at least one unit reserved or delivered
	Holds      int64 `json:"holds"`      // that keep units
}

// SeasonSummary is a season with its figures.
type SeasonSummary struct {
	Season
	PlannedAt *time.Time    `json:"planned_at,omitempty"`
	BegunAt   *time.Time    `json:"begun_at,omitempty"`
	ClosedAt  *time.Time    `json:"closed_at,omitempty"`
	Figures   SeasonFigures `json:"figures"`
}

type SeasonList struct {
	Items   []SeasonSummary `json:"items"`
	Default int             `json:"default"` // of pages that name none; see DefaultSeason
}

// Act is an entry in the history of a season or a presale.
type Act struct {
	Step   string    `json:"step"`
	Actor  string    `json:"actor"`
	Role   string    `json:"role,omitempty"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

type SeasonDetail struct {
	SeasonSummary
	Replaces *SeasonSummary `json:"replaces,omitempty"` // of a planned season: the current one, which its beginning takes to closing
	Acts     []Act          `json:"acts"`               // newest first
}

type PresaleHistory struct {
	Acts []Act `json:"acts"`
}

// DefaultSeason returns the season of pages and requests that name none: the current one, else the newest that is
// closing, else the first that is planned. Zero where there is none of these. The order of seasons does not matter.
func DefaultSeason(seasons []Season) int {
	best := func(state SeasonState, better func(a, b int) int) (found int) {
		for _, s := range seasons {
			if s.State == state && (found == 0 || better(s.ID, found) > 0) {
				found = s.ID
			}
		}
		return found
	}
	newest, first := cmp.Compare[int], func(a, b int) int { return cmp.Compare(b, a) }
	return cmp.Or(best(SeasonCurrent, newest), best(SeasonClosing, newest), best(SeasonPlanned, first))
}

// FindSeason returns a season by its id.
func FindSeason(seasons []Season, id int) (Season, bool) {
	i := slices.IndexFunc(seasons, func(s Season) bool { return s.ID == id })
	if i < 0 {
		return Season{}, false
	}
	return seasons[i], true
}

// Current returns the current season; false before the first one has begun.
func (r Reference) Current() (Season, bool) {
	i := slices.IndexFunc(r.Seasons, func(s Season) bool { return s.State == SeasonCurrent })
	if i < 0 {
		return Season{}, false
	}
	return r.Seasons[i], true
}

// Takes reports whether presales, offers, contracts and orders may still come into a season of this state.
func (s SeasonState) Takes() bool { return s != SeasonClosed }

// CheckTakes refuses to bring anything new into a season that does not exist or is closed, or into none. Invalid; Conflict.
func CheckTakes(seasons []Season, id int, field string) error {
	if id == 0 {
		return link.E(link.Conflict, "season.none", field)
	}
	s, known := FindSeason(seasons, id)
	if !known {
		return ErrSeasonUnknown(id, field)
	}
	return s.CheckTakes(field)
}

// CheckTakes refuses to bring anything new into a closed season. Conflict.
func (s Season) CheckTakes(field string) error {
	if !s.State.Takes() {
		return link.E(link.Conflict, "season.closed", field, "season", yearText(s.ID))
	}
	return nil
}

// ErrSeasonUnknown refuses a season that nobody planned.
func ErrSeasonUnknown(id int, field string) error {
	return link.E(link.Invalid, "season.unknown", field, "season", yearText(id))
}

// Check reports all that is wrong with a season as typed.
func (p PlanSeason) Check() error {
	var problems link.Problems
	if p.Season < 2000 || p.Season > 2199 {
		problems.Add("presale.season", "season")
	}
	if utf8.RuneCountInString(p.Title.Zh) > 40 || utf8.RuneCountInString(p.Title.En) > 80 {
		problems.Add("season.title", "title")
	}
	return problems.Err()
}

// CheckClose refuses to close a season that sells or keeps units. Conflict.
func (f SeasonFigures) CheckClose() error {
	if f.Open+f.Contracts+f.Holds > 0 {
		return link.E(link.Conflict, "season.not_settled", "season")
	}
	return nil
}

// MostReason bounds the reason of an act.
const MostReason = 200

// CheckReason refuses an act without a reason, or with one of more than MostReason characters. Invalid.
func CheckReason(reason string) error {
	if n := utf8.RuneCountInString(strings.TrimSpace(reason)); n == 0 || n > MostReason {
		return link.E(link.Invalid, "act.reason", "reason")
	}
	return nil
}

// SeasonMessages holds the sentences of the keys of seasons and of opening presales.
var SeasonMessages = map[string][2]string{
	"season.unknown":      {"{season} 年度还没有建立，请先在“年度”里新建。", "There is no season {season} yet. Please plan it first, under Seasons."},
	"season.none":         {"县里还没有开始任何年度，请先在“年度”里新建并开始一个。", "The county has no season yet. Please plan and begin one first, under Seasons."},
	"season.taken":        {"{season} 年度已经有了。", "The season {season} exists already."},
	"season.title":        {"名称太长了：中文最多 40 个字，英文最多 80 个字母。", "This name is too long: 40 Chinese or 80 English characters at most."},
	"season.closed":       {"{season} 年度已经结束，不能再加入新的预售、可售数量、订单或冲正。确有需要，请县里先说明原因重新打开这个年度。", "The season {season} is closed and takes no new presales, offers, orders or reversals. If it must be, have the county reopen it with a reason first."},
	"season.begin.state":  {"只有筹备中的年度可以开始。", "Only a planned season can begin."},
	"season.begin.order":  {"{season} 年度比当前的 {current} 年度早，不能开始。", "The season {season} is before the current one, {current}, and cannot begin."},
	"season.close.state":  {"只有收尾中的年度可以结束；当前年度要等下一年度开始以后。", "Only a season that is closing can be closed; the current one once the next has begun."},
	"season.reopen.state": {"只有已经结束的年度可以重新打开。", "Only a closed season can be reopened."},
	"season.not_settled":  {"这个年度还有没办完的事，暂时不能结束。请先办完列出的各项。", "Some things of this season are still open, so it cannot be closed. Please finish those listed first."},
	"act.reason":          {"请写明原因，最多 200 个字。", "Please give the reason, 200 characters at most."},

	"presale.reach.no_yield":     {"产品“{product}”没有登记每户能产多少，系统不知道谁家有货，所以不能开放。请先在产品资料里填写产出。", "It is not recorded how much of {product} a household yields, so nobody is known to have any. Please enter the product's yield first."},
	"presale.reach.no_household": {"没有一户登记生产“{product}”，所以不能开放。请先核对农户登记。", "No household is registered for {product}, so it cannot be opened. Please check the register first."},
	"presale.reach.least":        {"按“农户至少得”的约定，“{product}”现有的货一份也卖不出去：都是代养的，没有别的货来补。请把约定的比例改小，或先补上农户自己养的货。", "Under the least part for households nothing of {product} can be sold: all of it is raised by others, and there are no other goods to cover it. Please lower the part, or add goods that households raise themselves."},
	"presale.reach.promised":     {"登记生产“{product}”的农户，这一年度的货都已经分给别的预售或合同，所以不能开放。请先减少别处的可售数量。", "All that the registered households have of {product} this season is promised in other presales or contracts. Please lower the offers there first."},
	"presale.reopen.over":        {"截单时间已经过了。请先把截单时间改到以后，再重新开放。", "Its closing time has passed. Please set a later one before reopening it."},
}
