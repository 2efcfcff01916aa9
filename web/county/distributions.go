package county

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

// distributionRoutes are the county's pages of dividends. Who may decide is the payment module's business.
func (s *pools) distributionRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/distributions", "county.distributions", s.distributions, county...)
	s.Guarded("GET", "/county/distributions/new", "county.distribution.new", s.distributionNew, county...)
	s.Guarded("POST", "/county/distributions/new", "county.distribution.create", s.distributionSave, county...)
	s.Guarded("GET", "/county/distributions/{id:[0-9]+}", "county.distribution", s.distribution, county...)
	s.Guarded("GET", "/county/distributions/{id:[0-9]+}/edit", "county.distribution.edit", s.distributionEdit, county...)
	s.Guarded("POST", "/county/distributions/{id:[0-9]+}/edit", "county.distribution.save", s.distributionSave, county...)
	s.Guarded("GET", "/county/distributions/{id:[0-9]+}/list", "county.distribution.file", s.distributionFile, county...)
	s.Guarded("POST", "/county/distributions/{id:[0-9]+}/list", "county.distribution.upload", s.distributionUpload, county...)
	s.Guarded("POST", "/county/distributions/{id:[0-9]+}/members", "county.distribution.members", s.distributionMembers, county...)
	s.Guarded("POST", "/county/distributions/{id:[0-9]+}/submit", "county.distribution.submit", s.distributionSubmit, county...)
	s.Guarded("POST", "/county/distributions/{id:[0-9]+}/decide", "county.distribution.decide", s.distributionDecide, county...)
	s.AllowBody("/county/distributions/", 2*uploadMostBytes)
}

type distributionsPage struct {
	Words page.Words
	Pools []payments.Pool
	Kind  string
	Kinds []payments.PoolKind
	Orgs  map[int64]string
	Paid  int64 // of what is posted
}

func (s *pools) distributions(w http.ResponseWriter, r *http.Request) error {
	d := distributionsPage{Words: s.Words(r), Kind: r.URL.Query().Get("kind"), Kinds: payments.PoolKinds}
	pools, err := s.Distributions.Pools(r.Context(), payments.PoolFilter{Kind: payments.PoolKind(d.Kind)})
	if err != nil {
		return err
	}
	d.Pools = pools.Items
	for _, p := range d.Pools {
		if p.State == payments.PoolPosted {
			d.Paid += p.SurplusFen
		}
	}
	if d.Orgs, err = s.OrgNames(r.Context()); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "county/distributions", d)
}

type distributionPage struct {
	Words      page.Words
	Pool       payments.Pool
	Org        string
	Members    payments.PoolMembers
	Problem    string // why it cannot be closed as it is
	Households map[int64]catalog.Household
	Query      string
	Mine       bool // the reader submitted it
	MayEdit    bool
	MayDecide  bool
	Townships  []page.Option
	Problems   []rowProblem
}

// Household of a share.
func (d distributionPage) Household(id int64) catalog.Household { return d.Households[id] }

func (d distributionPage) figures() page.PoolFigures {
	return page.PoolFigures{Format: page.Format{Lang: d.Words.Lang}, Kind: d.Pool.Kind}
}

// SharesText and TradeText are a weight with its unit.
func (d distributionPage) SharesText(n int64) string { return d.figures().Shares(n) }
func (d distributionPage) TradeText(n int64) string  { return d.figures().Trade(n) }

func (s *pools) distributionPage(r *http.Request) (distributionPage, error) {
	ctx := r.Context()
	query := r.URL.Query()
	d := distributionPage{Words: s.Words(r), Query: strings.TrimSpace(query.Get("q")), Households: map[int64]catalog.Household{}}
	var err error
	if d.Pool, err = s.Distributions.Pool(ctx, payments.PoolRef{ID: page.PathInt(r, "id")}); err != nil {
		return d, err
	}
	ask := payments.PoolMembersRequest{ID: d.Pool.ID, Cursor: query.Get("cursor"), Limit: 50}
	if d.Query != "" {
		found, err := s.Catalog.Households(ctx, catalog.HouseholdFilter{Query: d.Query, Limit: 100})
		if err != nil {
			return d, err
		}
		ask.Households = []int64{-1} // nobody
		for _, h := range found.Items {
			ask.Households = append(ask.Households, h.ID)
		}
	}
	if d.Members, err = s.Distributions.PoolMembers(ctx, ask); err != nil {
		return d, err
	}
	if d.Members.Problem != nil {
		d.Problem = d.Words.Problem(d.Members.Problem.Key, d.Members.Problem.Args)
	}
	ids := make([]int64, len(d.Members.Items))
	for i, m := range d.Members.Items {
		ids[i] = m.Household
	}
	if len(ids) > 0 {
		households, err := s.Catalog.Households(ctx, catalog.HouseholdFilter{IDs: ids})
		if err != nil {
			return d, err
		}
		for _, h := range households.Items {
			d.Households[h.ID] = h
		}
	}
	ref, err := s.Reference(ctx)
	if err != nil {
		return d, err
	}
	for _, o := range ref.Organisations {
		if o.ID == d.Pool.Org {
			d.Org = o.Name
		}
	}
	d.Townships = page.Options(page.LangOf(r).Pick("全县", "The whole county"), ref.Townships,
		func(t catalog.Township) string { return page.Num64(t.ID) }, func(t catalog.Township) string { return t.Name })
	a := auth.FromContext(ctx)
	d.Mine = d.Pool.SubmittedBy == a.Login
	d.MayEdit = a.Role.In(auth.Operator, auth.Admin)
	d.MayDecide = a.Role.In(auth.Approver, auth.Admin) && !d.Mine
	return d, nil
}

func (s *pools) distribution(w http.ResponseWriter, r *http.Request) error {
	d, err := s.distributionPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/distribution", d, s.NewForm(page.LangOf(r)))
}

// onDistribution runs a command on the distribution of the path, and shows its page with what is wrong or goes there.
func (s *pools) onDistribution(w http.ResponseWriter, r *http.Request, command func(context.Context, *page.Form) (done string, problems []rowProblem, err error)) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	done, problems, err := command(r.Context(), f)
	if err != nil && !f.Fail(err) {
		return err
	}
	if f.OK() {
		s.Flash(r, page.Good, done)
		return s.GoTo(w, r, "county.distribution", "id", page.PathInt(r, "id"))
	}
	d, err := s.distributionPage(r)
	if err != nil {
		return err
	}
	d.Problems = problems
	return s.RenderForm(w, r, "county/distribution", d, f)
}

func (s *pools) distributionSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.onDistribution(w, r, func(ctx context.Context, f *page.Form) (string, []rowProblem, error) {
		id := payments.PoolRef{ID: page.PathInt(r, "id")}
		if f.Text("what") == "cancel" {
			_, err := s.Distributions.CancelPool(ctx, id)
			return "pool.cancelled", nil, err
		}
		_, err := s.Distributions.SubmitPool(ctx, id)
		return "pool.submitted", nil, err
	})
}

func (s *pools) distributionDecide(w http.ResponseWriter, r *http.Request) error {
	return s.onDistribution(w, r, func(ctx context.Context, f *page.Form) (string, []rowProblem, error) {
		approve := f.Text("decision") == "approve"
		if !approve && !f.Need("reason") {
			return "", nil, nil
		}
		_, err := s.Distributions.DecidePool(ctx, payments.DecidePool{ID: page.PathInt(r, "id"), Version: int(f.Int("version")), Approve: approve, Reason: f.Text("reason")})
		if !approve {
			return "pool.sent_back", nil, err
		}
		return "pool.posted", nil, err
	})
}

// poolProgramme is the catalogue's name of who takes part.
func poolProgramme(k payments.PoolKind) string {
	switch k {
	case payments.PoolSeedPotato:
		return catalog.ProgrammeSeedPotato
	case payments.PoolMushroom:
		return catalog.ProgrammeMushroom
	}
	return catalog.ProgrammeSolar
}

// distributionMembers takes who is registered today as the snapshot.
func (s *pools) distributionMembers(w http.ResponseWriter, r *http.Request) error {
	return s.onDistribution(w, r, func(ctx context.Context, f *page.Form) (string, []rowProblem, error) {
		pool, err := s.Distributions.Pool(ctx, payments.PoolRef{ID: page.PathInt(r, "id")})
		if err != nil {
			return "", nil, err
		}
		var members []payments.Member
		filter := catalog.HouseholdFilter{Programme: poolProgramme(pool.Kind), Township: f.Int("township")}
		err = catalog.EachHousehold(ctx, s.Catalog, filter, func(h catalog.Household) error {
			if m, ok := payments.RegisteredMember(pool.Kind, h.ID, int64(h.Persons), h.MushroomBag); ok {
				members = append(members, m)
			}
			return nil
		})
		if err != nil {
			return "", nil, err
		}
		_, err = s.Distributions.SetMembers(ctx, payments.SetMembers{ID: pool.ID, Version: int(f.Int("version")), Members: members})
		return "pool.snapshot", nil, err
	})
}

// memberColumns are the columns of a list of members; which of them are needed depends on the kind.
func memberColumns(k payments.PoolKind) []sheet.Column {
	code := sheet.Column{Name: "code", Heads: []string{"户编号", "编号", "农户编号", "code"}, Need: true}
	switch k {
	case payments.PoolSolar:
		return []sheet.Column{code, {Name: "amount", Heads: []string{"金额(元)", "金额（元）", "金额", "分配金额", "amount"}, Need: true}}
	case payments.PoolSeedPotato:
		return []sheet.Column{code, {Name: "shares", Heads: []string{"股金(元)", "股金（元）", "股金", "shares"}, Need: true},
			{Name: "trade", Heads: []string{"委托面积(亩)", "委托面积（亩）", "委托面积", "面积", "mu"}, Need: true}}
	}
	return []sheet.Column{code, {Name: "shares", Heads: []string{"股数", "股份", "shares"}, Need: true}, {Name: "trade", Heads: []string{"菌棒数", "菌棒(袋)", "菌棒", "bags"}, Need: true}}
}

// distributionUpload takes a list by household codes, all of it or nothing; wrong rows are listed.
func (s *pools) distributionUpload(w http.ResponseWriter, r *http.Request) error {
	return s.onDistribution(w, r, func(ctx context.Context, f *page.Form) (string, []rowProblem, error) {
		pool, err := s.Distributions.Pool(ctx, payments.PoolRef{ID: page.PathInt(r, "id")})
		if err != nil {
			return "", nil, err
		}
		_, data, err := uploaded(r, "file")
		if err != nil {
			return "", nil, err
		}
		known := map[string]catalog.Household{}
		err = catalog.EachHousehold(ctx, s.Catalog, catalog.HouseholdFilter{}, func(h catalog.Household) error {
			known[h.Code] = h
			return nil
		})
		if err != nil {
			return "", nil, err
		}
		members, problems, err := readMembers(s.Words(r), pool.Kind, data, known)
		if err != nil {
			return "", nil, err
		}
		if len(problems) > 0 {
			f.Add("file", "upload.lines", "count", strconv.Itoa(len(problems)))
			return "", problems, nil
		}
		_, err = s.Distributions.SetMembers(ctx, payments.SetMembers{ID: pool.ID, Version: int(f.Int("version")), Members: members})
		return "pool.list_taken", nil, err
	})
}

func readMembers(words page.Words, kind payments.PoolKind, data []byte, known map[string]catalog.Household) ([]payments.Member, []rowProblem, error) {
	rows, err := sheet.Read(data)
	if err != nil {
		return nil, nil, err
	}
	at, err := sheet.Columns(rows[0], memberColumns(kind))
	if err != nil {
		return nil, nil, err
	}
	var members []payments.Member
	var problems []rowProblem
	first := map[int64]int{}
	for _, row := range rows[1:] {
		wrong := func(key string, pairs ...string) {
			args := map[string]string{}
			for i := 0; i+1 < len(pairs); i += 2 {
				args[pairs[i]] = pairs[i+1]
			}
			problems = append(problems, rowProblem{row.Line, words.Problem(key, args)})
		}
		code := strings.ToUpper(row.Cell(at, "code"))
		h, ok := known[code]
		if !ok {
			wrong("pool.row.unknown", "code", code)
			continue
		}
		if line, twice := first[h.ID]; twice {
			wrong("pool.row.twice", "code", code, "line", strconv.Itoa(line))
			continue
		}
		first[h.ID] = row.Line
		m := payments.Member{Household: h.ID, Persons: int64(h.Persons)}
		read := func(into *int64, column string, parse func(string) (int64, error)) {
			n, err := parse(row.Cell(at, column))
			if err != nil && !errors.Is(err, money.ErrEmpty) || n < 0 {
				wrong("pool.row.number", "value", row.Cell(at, column))
			}
			*into = n
		}
		count := func(text string) (int64, error) { return money.ParseCount(text, money.Unit{}) }
		switch kind {
		case payments.PoolSolar:
			if read(&m.ListedFen, "amount", money.ParseYuan); m.ListedFen == 0 && row.Cell(at, "amount") == "" {
				wrong("pool.row.number", "value", "")
			}
		case payments.PoolSeedPotato: // hundredths of a mu are written like yuan
			read(&m.Shares, "shares", money.ParseYuan)
			read(&m.Trade, "trade", money.ParseYuan)
		default:
			read(&m.Shares, "shares", count)
			read(&m.Trade, "trade", count)
		}
		members = append(members, m)
	}
	return members, problems, nil
}

// distributionFile is the list as a table: who gets what, or for a draft without a list the form to fill in.
func (s *pools) distributionFile(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	pool, err := s.Distributions.Pool(ctx, payments.PoolRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return err
	}
	shares := map[int64]payments.PoolShare{}
	ask := payments.PoolMembersRequest{ID: pool.ID, Limit: 5000}
	for {
		list, err := s.Distributions.PoolMembers(ctx, ask)
		if err != nil {
			return err
		}
		for _, m := range list.Items {
			shares[m.Household] = m
		}
		if list.Cursor == "" {
			break
		}
		ask.Cursor = list.Cursor
	}
	l := page.LangOf(r)
	head := []string{"户编号", "户主", "乡镇", "村", "人口"}
	for _, c := range memberColumns(pool.Kind)[1:] {
		head = append(head, c.Heads[0])
	}
	if !pool.Kind.Listed() {
		head = append(head, l.Pick("按交易量", "by volume"), l.Pick("按股", "by shares"), l.Pick("分红(元)", "amount"))
	}
	var rows [][]sheet.Value
	err = catalog.EachHousehold(ctx, s.Catalog, catalog.HouseholdFilter{Programme: poolProgramme(pool.Kind)}, func(h catalog.Household) error {
		m, in := shares[h.ID]
		if !in && len(shares) > 0 {
			return nil
		}
		if !in {
			m.Member, _ = payments.RegisteredMember(pool.Kind, h.ID, int64(h.Persons), h.MushroomBag)
		}
		row := []sheet.Value{sheet.Text(h.Code), sheet.Text(h.Head), sheet.Text(h.Township), sheet.Text(h.Village), sheet.Count(int64(h.Persons))}
		switch pool.Kind {
		case payments.PoolSolar:
			row = append(row, sheet.Fen(m.ListedFen))
		case payments.PoolSeedPotato:
			row = append(row, sheet.Fen(m.Shares), sheet.Fen(m.Trade))
		default:
			row = append(row, sheet.Count(m.Shares), sheet.Count(m.Trade))
		}
		if !pool.Kind.Listed() {
			row = append(row, sheet.Fen(m.TradeFen), sheet.Fen(m.ShareFen), sheet.Fen(m.AmountFen))
		}
		rows = append(rows, row)
		return nil
	})
	if err != nil {
		return err
	}
	return sendSheet(w, pool.Title, head, rows)
}

// sendSheet hands a table over as XLSX.
func sendSheet(w http.ResponseWriter, name string, head []string, rows [][]sheet.Value) error {
	data, err := sheet.Write(name, head, rows)
	if err != nil {
		return err
	}
	sendFile(w, payments.File{Name: name + ".xlsx", Type: sheet.XLSX, Data: data})
	return nil
}

type distributionFormPage struct {
	Words  page.Words
	ID     int64
	Title  string
	Kinds  []page.Option
	Orgs   []page.Option
	Income []poolLine
	Costs  []poolLine
}

// poolLine is one row of amounts in the form.
type poolLine struct{ Name, Number, Label, Amount, LabelError, AmountError string }

const (
	incomeLines = 3
	costLines   = 5
)

func poolLines(f *page.Form, group string, n int) []poolLine {
	lines := make([]poolLine, n)
	for i := range lines {
		name := fmt.Sprintf("%s-%d", group, i)
		lines[i] = poolLine{Name: name, Number: strconv.Itoa(i + 1), Label: f.Text(name + "-label"), Amount: f.Text(name + "-fen"), LabelError: f.Error(name + "-label"),
			AmountError: f.Error(name + "-fen")}
	}
	return lines
}

func (s *pools) distributionForm(w http.ResponseWriter, r *http.Request, id int64, title string, f *page.Form) error {
	ref, err := s.Reference(r.Context())
	if err != nil {
		return err
	}
	l := page.LangOf(r)
	d := distributionFormPage{Words: s.Words(r), ID: id, Title: title, Income: poolLines(f, "income", incomeLines), Costs: poolLines(f, "costs", costLines)}
	for _, k := range payments.PoolKinds {
		d.Kinds = append(d.Kinds, page.Option{Value: string(k), Label: d.Words.Say("programme", string(k))})
	}
	coops := slices.DeleteFunc(slices.Clone(ref.Organisations), func(o catalog.Organisation) bool { return o.Kind != catalog.OrgCooperative })
	slices.SortStableFunc(coops, func(a, b catalog.Organisation) int { return cmp.Compare(a.ID, b.ID) })
	d.Orgs = page.Options(l.Pick("光伏收益，不属于合作社", "Solar income, no cooperative’s"), coops,
		func(o catalog.Organisation) string { return page.Num64(o.ID) }, func(o catalog.Organisation) string { return o.Name })
	return s.RenderForm(w, r, "county/distribution_form", d, f)
}

func (s *pools) distributionNew(w http.ResponseWriter, r *http.Request) error {
	f := s.NewForm(page.LangOf(r))
	now := s.Now().In(page.China)
	f.Values.Set("season", strconv.Itoa(now.Year()))
	f.Values.Set("month", strconv.Itoa(int(now.Month())))
	f.Values.Set("record_date", now.Format(time.DateOnly))
	f.Values.Set("trade", strconv.Itoa(payments.LeastTradeBP/100))
	return s.distributionForm(w, r, 0, "", f)
}

func (s *pools) distributionEdit(w http.ResponseWriter, r *http.Request) error {
	p, err := s.Distributions.Pool(r.Context(), payments.PoolRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return err
	}
	f := s.NewForm(page.LangOf(r))
	set := func(name, value string) { f.Values.Set(name, value) }
	set("kind", string(p.Kind))
	set("title", p.Title)
	set("season", strconv.Itoa(p.Season))
	set("month", strconv.Itoa(p.Month))
	set("record_date", p.RecordDate)
	set("reserve", page.Hundredths(p.ReserveFen))
	set("trade", page.Hundredths(p.TradeBP))
	set("version", strconv.Itoa(p.Version))
	if p.Org != 0 {
		set("org", page.Num64(p.Org))
	}
	for group, items := range map[string][]payments.PoolItem{"income": p.Income, "costs": p.Costs} {
		for i, item := range items {
			set(fmt.Sprintf("%s-%d-label", group, i), item.Label)
			set(fmt.Sprintf("%s-%d-fen", group, i), page.Hundredths(item.AmountFen))
		}
	}
	return s.distributionForm(w, r, p.ID, p.Title, f)
}

func readPoolItems(f *page.Form, group string, n int) []payments.PoolItem {
	items := []payments.PoolItem{}
	for i := range n {
		name := fmt.Sprintf("%s-%d", group, i)
		item := payments.PoolItem{Label: f.Text(name + "-label"), AmountFen: f.Fen(name + "-fen")}
		if item.Label == "" && f.Text(name+"-fen") == "" {
			continue
		}
		if item.Label == "" {
			f.Add(name+"-label", "pool.label")
		}
		if f.Text(name+"-fen") == "" {
			f.Add(name+"-fen", "form.required")
		}
		items = append(items, item)
	}
	return items
}

func (s *pools) distributionSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id") // 0: a new one
	save := payments.SavePool{ID: id, Version: int(f.Int("version")), IdempotencyKey: f.Key(), Kind: payments.PoolKind(f.Text("kind")), Title: f.Text("title"),
		Season: int(f.Int("season")), Month: int(f.Int("month")), Org: f.Int("org"), RecordDate: f.Text("record_date"),
		ReserveFen: f.Fen("reserve"), TradeBP: f.Fen("trade"), // hundredths of a percent are written like yuan
		Income: readPoolItems(f, "income", incomeLines), Costs: readPoolItems(f, "costs", costLines)}
	f.Need("kind", "title", "record_date")
	if f.OK() {
		pool, err := s.Distributions.SavePool(r.Context(), save)
		if err == nil {
			s.Flash(r, page.Good, "pool.saved")
			return s.GoTo(w, r, "county.distribution", "id", pool.ID)
		}
		if e := link.AsError(err); e.Field == "trade_bp" {
			e.Field = "trade"
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.distributionForm(w, r, id, save.Title, f)
}
