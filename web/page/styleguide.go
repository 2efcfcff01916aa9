package page

import (
	"net/http"
	"time"

	"banmuyuan/internal/link"
)

// guide is the data of /styleguide: one of everything, with the longest names and
// the largest figures a page may meet.
type guide struct {
	Soon, Past, LastYear time.Time
	Pager, OnePage       Pager
	Villages             []Option
	Ways                 []Option
	Steps                []Step
	Crumbs               []Crumb
	Rows                 []guideRow
	Months               []guideMonth
	Pictures             []string
}

type guideRow struct {
	No, Village, Status string
	Heads, Grams, Fen   int64
	At                  time.Time
}

type guideMonth struct {
	Name              string
	Planting, Raising int64
}

// Styleguide shows every component, in the reader's language. It is served only
// where the configuration asks for it.
func (s *Site) Styleguide(w http.ResponseWriter, r *http.Request) error {
	l, now := LangOf(r), s.Now()
	f := s.NewForm(l)
	if r.URL.Query().Get("errors") != "" {
		f.Values.Set("g-phone", "1390000")
		f.Add("g-phone", "account.phone.invalid")
		f.Add("g-weight", "form.weight")
		f.Add("g-way", "form.choose")
		f.AddError("", link.E(link.Unavailable, "unavailable", ""))
	}
	g := guide{
		Soon: now.Add(75 * time.Hour), Past: now.AddDate(0, 0, -9), LastYear: now.AddDate(-1, 0, 0),
		Pager: NewPager(137, 50, 10943), OnePage: NewPager(1, 50, 3),
		Villages: []Option{{Value: "", Label: l.Pick("全部乡镇", "All townships")}, {Value: "1", Label: l.Pick("青禾镇", "Qinghe")}, {Value: "2", Label: l.Pick("太东乡", "Taidong")}},
		Ways: []Option{
			{Value: "pickup", Label: l.Pick("自提", "Pick up"), Hint: l.Pick("爱心超市（青禾镇店），每天 8:00–18:00", "Charity supermarket, Qinghe, daily 8:00–18:00")},
			{Value: "address", Label: l.Pick("送到地址", "Deliver to an address"), Hint: l.Pick("县城免费，其他地方 ¥12.00", "Free in town, ¥12.00 elsewhere")},
		},
		Steps: []Step{
			{Title: l.Pick("已付订金", "Deposit paid"), State: "done", At: now.AddDate(0, 0, -9)},
			{Title: l.Pick("分给 3 个村的 7 户", "Shared among 7 households of 3 villages"), State: "done", At: now.AddDate(0, 0, -9)},
			{Title: l.Pick("等待过秤", "Waiting to be weighed"), State: "now", Text: l.Pick("预计 9月18日 前后，过秤后告诉您实际重量和尾款。", "About 18 September. You will then learn the real weight and what is left to pay.")},
			{Title: l.Pick("付尾款", "Pay the balance"), State: "next"},
			{Title: l.Pick("两只没有达到等级", "Two geese missed their grade"), State: "wrong", Text: l.Pick("请选择退款，或由其他农户补上。", "Choose a refund, or let other households fill in.")},
		},
		Crumbs: []Crumb{{Text: l.Pick("订单", "Orders"), URL: "/orders"}, {Text: "D-2026-004217"}},
		Rows: []guideRow{
			{"D-2026-004217", l.Pick("太东乡长胜村", "Changsheng, Taidong"), "tone.good", 20, 98_500, 275_800, now.AddDate(0, 0, -9)},
			{"D-2026-004218", l.Pick("依龙镇新合作农业种植专业合作社联合社第一生产队", "First team of the united planting cooperatives of Yilong"), "tone.busy", 88_120, 431_780_500, 1_209_000_000, now},
			{"D-2026-004219", l.Pick("红星乡", "Hongxing"), "tone.care", 1, 4_750, -1_330, now},
			{"D-2026-004220", l.Pick("先锋乡", "Xianfeng"), "tone.over", 0, 0, 0, now.AddDate(-1, 0, 0)},
			{"D-2026-004221", l.Pick("新屯乡", "Xintun"), "tone.quiet", 300, 1_480_250, 4_144_700, now},
		},
		Pictures: []string{"goose", "goose-egg", "potato", "seed-potato", "purple-bean", "kidney-bean", "ground-cherry", "vegetable-box",
			"mushroom", "chilli", "marigold", "melon", "chicken", "pig", "cow", "sheep", "corn", "leafy-green", "seedling", "basket", "tractor", "house"},
	}
	for m := time.January; m <= time.December; m++ {
		name := time.Date(2026, m, 1, 0, 0, 0, 0, China)
		g.Months = append(g.Months, guideMonth{Name: l.Pick(name.Format("1月"), name.Format("Jan")),
			Planting: int64(m%5) * 812_300, Raising: int64((13-m)%6) * 1_430_150})
	}
	return s.RenderForm(w, r, "page/styleguide", g, f)
}
