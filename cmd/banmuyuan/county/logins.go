package county

import "slices"

// logins makes one per role and four more: a contract needs an approver, a household with geese at a raiser's reads another
// ledger, and rights are given by two administrators. Clerk, household and helper are of one village, so that the whole story can be followed there.
func (g *generator) logins() {
	r := g.random("logins")
	village := g.storyVillage()
	household := g.storyHousehold(village)
	h := &g.Households[household]
	helper := h.Helper

	trader := sellerOf("goose_egg")
	for i := trader + 1; i < CooperativeCount; i++ {
		if o := &g.Organisations[i]; o.Produce == "goose_egg" && o.Village != village {
			trader = i
			break
		}
	}
	market := slices.IndexFunc(g.Organisations, func(o Organisation) bool { return o.Kind == Supermarket })

	add := func(l Login, title string) {
		l.Title, l.Mark = title, Mark
		g.Logins = append(g.Logins, l)
	}
	nobody := Login{Organisation: None, Village: None, Household: None, Helper: None, Buyer: None}
	with := func(login, name string, role Role, set func(*Login)) Login {
		l := nobody
		l.Login, l.Name, l.Role = login, name, role
		set(&l)
		return l
	}
	worker := func() string {
		name := r.worker(g.Season)
		return name
	}
	add(with("buyer", g.Buyers[0].Name, RoleBuyer, func(l *Login) { l.Buyer = 0 }), "私人买家")
	add(with("coop", g.Organisations[trader].Contact, RoleOfficer, func(l *Login) { l.Organisation = trader }), "合作社采购员")
	add(with("market", g.Organisations[market].Contact, RoleOfficer, func(l *Login) { l.Organisation = market }), "爱心超市采购员")
	add(with("clerk", worker(), RoleClerk, func(l *Login) {
		l.Organisation, l.Village = g.Villages[village].Point.Cooperative, village
	}), "收购站司磅员")
	add(with("household", h.Head, RoleHousehold, func(l *Login) { l.Household = household }), "农户")
	add(with("helper", g.Helpers[helper].Name, RoleHelper, func(l *Login) { l.Helper = helper }), "帮扶责任人")
	add(with("operator", worker(), RoleOperator, func(*Login) {}), "县经办")
	add(with("approver", worker(), RoleApprover, func(*Login) {}), "县复核")
	add(with("admin", worker(), RoleAdmin, func(*Login) {}), "管理员")
	add(with("till", worker(), RoleClerk, func(l *Login) { l.Organisation = market }), "爱心超市收银员")
	firm := slices.IndexFunc(g.Organisations, func(o Organisation) bool { return o.Kind == Enterprise && o.Produce == "potato" })
	add(with("coopboss", worker(), RoleOrgApprover, func(l *Login) { l.Organisation = trader }), "合作社审批人")
	add(with("firm", g.Organisations[firm].Contact, RoleOfficer, func(l *Login) { l.Organisation = firm }), "企业采购员")
	add(with("firmboss", worker(), RoleOrgApprover, func(l *Login) { l.Organisation = firm }), "企业审批人")
	if raised := g.raisedHouseholds(village); len(raised) > 0 {
		add(with("raised", g.Households[raised[0]].Head, RoleHousehold, func(l *Login) { l.Household = raised[0] }), "代养农户")
	}
	add(with("admin2", worker(), RoleAdmin, func(*Login) {}), "第二位管理员")
}

// raisedHouseholds returns the households of the village, and then of its township, that have geese at a raiser's and can be
// reached.
func (g *generator) raisedHouseholds(village int) []int {
	var near, far []int
	for i := range g.Households {
		h := &g.Households[i]
		switch {
		case h.Raiser == None || h.Geese < 40 || h.Phone == "" || h.Account.Closed || g.Villages[h.Village].Township != g.Villages[village].Township:
		case h.Village == village:
			near = append(near, i)
		default:
			far = append(far, i)
		}
	}
	return append(near, far...)
}

// storyHousehold is the one of the village that shows most of the county's
// programmes.
func (g *generator) storyHousehold(village int) int {
	best, most := None, -1
	for i := range g.Households {
		h := &g.Households[i]
		if h.Village != village || h.Account.Closed {
			continue
		}
		score := 0
		for _, ok := range []struct {
			has    bool
			weight int
		}{
			{h.Geese > 0 && h.Raiser == None, 16},
			{slices.ContainsFunc(h.Plots, func(p Plot) bool { return p.Produce == "purple_bean" }), 16},
			{h.SolarFen > 0, 8},
			{h.Phone != "" && h.Consent, 8},
			{h.Persons() > 1, 4},
			{h.MushroomShares > 0, 2},
			{h.LayingGeese > 0, 1},
			{len(h.Cooperatives) > 0, 1},
		} {
			if ok.has {
				score += ok.weight
			}
		}
		if score > most {
			best, most = i, score
		}
	}
	return best
}
