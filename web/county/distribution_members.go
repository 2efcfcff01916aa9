package county

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

// distributionMembers takes the households registered today as the snapshot.
func (s *pools) distributionMembers(w http.ResponseWriter, r *http.Request) error {
	return s.onDistribution(w, r, func(ctx context.Context, f *page.Form) (string, []rowProblem, error) {
		pool, err := s.Distributions.Pool(ctx, payments.PoolRef{ID: page.PathInt(r, "id")})
		if err != nil {
			return "", nil, err
		}
		var members []payments.Member
		filter := catalog.HouseholdFilter{MemberOf: pool.Org, Township: f.Int("township")}
		err = catalog.EachHousehold(ctx, s.Catalog, filter, func(h catalog.Household) error {
			if m, ok := registeredMember(pool.Kind, h); ok {
				members = append(members, m)
			}
			return nil
		})
		if err != nil {
			return "", nil, err
		}
		if len(members) == 0 {
			f.Add("township", "pool.stake.none")
			return "", nil, nil
		}
		_, err = s.Distributions.SetMembers(ctx, payments.SetMembers{ID: pool.ID, Version: int(f.Int("version")), Members: members})
		return "pool.snapshot", nil, err
	})
}

// registeredMember is a household's part by its stake in the cooperative.
func registeredMember(kind payments.PoolKind, h catalog.Household) (payments.Member, bool) {
	stake := payments.Stake{Bags: h.MushroomBag}
	if m := h.Membership; m != nil {
		stake.Shares, stake.ShareFen, stake.Entrusted = m.Shares, m.ShareFen, m.Entrusted
	}
	return payments.RegisteredMember(kind, h.ID, int64(h.Persons), stake)
}

// poolFilter finds the households that may take part: members of the cooperative, or the households of the solar programme.
func poolFilter(p payments.Pool) catalog.HouseholdFilter {
	if p.Kind.Listed() {
		return catalog.HouseholdFilter{Programme: string(p.Kind)}
	}
	return catalog.HouseholdFilter{MemberOf: p.Org}
}

// memberColumns are the columns of a list of members; which of them are needed depends on the kind.
func memberColumns(k payments.PoolKind) []sheet.Column {
	code := sheet.Column{Name: "code", Heads: []string{"户编号", "编号", "农户编号", "code"}, Need: true, Type: entry.Code}
	switch k {
	case payments.PoolSolar:
		return []sheet.Column{code, {Name: "amount", Heads: []string{"金额(元)", "金额（元）", "金额", "分配金额", "amount"}, Need: true, Type: entry.Money}}
	case payments.PoolSeedPotato:
		return []sheet.Column{code, {Name: "shares", Heads: []string{"股金(元)", "股金（元）", "股金", "shares"}, Need: true, Type: entry.Money},
			{Name: "trade", Heads: []string{"委托面积(亩)", "委托面积（亩）", "委托面积", "面积", "mu"}, Need: true, Type: entry.Mu}}
	}
	return []sheet.Column{code, {Name: "shares", Heads: []string{"股数", "股份", "shares"}, Need: true, Type: entry.Count}, {Name: "trade", Heads: []string{"菌棒数", "菌棒(袋)", "菌棒", "bags"}, Need: true, Type: entry.Count}}
}

// distributionUpload takes a list by household codes, all of it or nothing; wrong rows are listed.
func (s *pools) distributionUpload(w http.ResponseWriter, r *http.Request) error {
	return s.onDistribution(w, r, func(ctx context.Context, f *page.Form) (string, []rowProblem, error) {
		pool, err := s.Distributions.Pool(ctx, payments.PoolRef{ID: page.PathInt(r, "id")})
		if err != nil {
			return "", nil, err
		}
		_, data, err := page.Uploaded(r)
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
	rows, err := sheet.Read(data, memberColumns(kind))
	if err != nil {
		return nil, nil, err
	}
	var members []payments.Member
	var problems []rowProblem
	first := map[int64]int{}
	for _, row := range rows {
		wrong := func(key string, pairs ...string) {
			args := map[string]string{}
			for i := 0; i+1 < len(pairs); i += 2 {
				args[pairs[i]] = pairs[i+1]
			}
			problems = append(problems, rowProblem{row.Line, words.Problem(key, args)})
		}
		code := strings.ToUpper(row.Cell("code"))
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
			if fault := row.Fault(column); fault != "" {
				wrong(fault)
				return
			}
			n, err := parse(row.Cell(column))
			if err != nil && !errors.Is(err, money.ErrEmpty) || n < 0 {
				wrong("pool.row.number", "value", row.Cell(column))
			}
			*into = n
		}
		count := func(text string) (int64, error) { return money.ParseCount(text, money.Unit{}) }
		switch kind {
		case payments.PoolSolar:
			if read(&m.ListedFen, "amount", money.ParseYuan); m.ListedFen == 0 && row.Cell("amount") == "" {
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

// distributionFile is the list as a table: each household's share, or for a draft without a list the form to fill in.
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
	err = catalog.EachHousehold(ctx, s.Catalog, poolFilter(pool), func(h catalog.Household) error {
		m, in := shares[h.ID]
		if !in && len(shares) > 0 {
			return nil
		}
		if !in {
			m.Member, _ = registeredMember(pool.Kind, h)
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
	if err := auth.NoteExport(r.Context(), s.Trail, audit.Exported, pool.Title+".xlsx"); err != nil {
		return err
	}
	return sentList{name: pool.Title, head: head, rows: rows, filter: []string{fmt.Sprintf(l.Pick("%d 年", "%d"), pool.Season)},
		summed: append(slices.Clone(head[4:5]), head[5:]...)}.sendSheet(w, l, s.Now())
}
