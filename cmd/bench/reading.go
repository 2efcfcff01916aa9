package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"banmuyuan/catalog"
)

// benchRead asks for the pages and answers that people look at, over kept-alive connections and uncompressed.
func (b *bench) benchRead(ctx context.Context) error {
	p, err := b.presale("goose-main")
	if err != nil {
		return err
	}
	if err := b.turnTo(1); err != nil {
		return err
	}
	html := header{"Accept", "text/html"}
	household, err := b.as("household")
	if err != nil {
		return err
	}
	defer household.close()
	operator, err := b.as("operator")
	if err != nil {
		return err
	}
	defer operator.close()
	code, err := ownHousehold(household)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		name, path, token string
		tagged            bool
		header            []header
		most              int // clients
	}{
		{name: "list API", path: "/api/v1/presales"},
		{name: "list API, unchanged (304)", path: "/api/v1/presales", tagged: true},
		{name: "detail API", path: "/api/v1/presales/" + p.Code},
		{name: "detail API, unchanged (304)", path: "/api/v1/presales/" + p.Code, tagged: true},
		{name: "stock API", path: "/api/v1/stock"},
		{name: "front page", path: "/", header: []header{html}},
		{name: "list page", path: "/presales", header: []header{html}},
		{name: "detail page", path: "/presales/" + p.Code, header: []header{html}},
		{name: "income API", path: "/api/v1/households/" + code + "/income", token: household.token, most: 32},
		{name: "income page", path: "/my/income", token: household.token, header: []header{html}, most: 32},
		{name: "county's totals API", path: "/api/v1/report", token: operator.token, most: 8},
		{name: "county's page", path: "/county", token: operator.token, header: []header{html}, most: 8},
	} {
		for _, n := range b.levels {
			if n != 128 && n != slices.Min(b.levels) && n != c.most || c.most > 0 && n > c.most {
				continue
			}
			get, end := b.get(n, c.path, c.token, c.tagged, c.header)
			r, err := b.measure(ctx, "read", c.name, b.phase(n), get)
			end()
			if err != nil {
				return err
			}
			if r.Done == 0 {
				return fmt.Errorf("%s was never answered: %s", c.path, r.Note)
			}
		}
	}
	return nil
}

// ownHousehold is the code of the only household that a household sees.
func ownHousehold(household *conn) (string, error) {
	var page catalog.HouseholdPage
	if err := household.call("GET", "/api/v1/households", "", nil, 200, &page); err != nil {
		return "", err
	}
	if len(page.Items) == 0 {
		return "", errors.New("the demo household sees no household")
	}
	return page.Items[0].Code, nil
}

// get is an attempt to read a path, with connections of its own; end closes them. A page knows its reader by cookie, a
// program by token. tagged asks as a client that has the answer already.
func (b *bench) get(clients int, path, token string, tagged bool, more []header) (get attempt, end func()) {
	conns := make([]conn, clients)
	tags := make([]string, clients)
	for i := range conns {
		conns[i].addr = b.product.addr
		if len(more) == 0 {
			conns[i].token = token
		}
	}
	if len(more) > 0 && token != "" {
		more = append(slices.Clone(more), header{"Cookie", "banmu_session=" + token})
	}
	get = func(w int, _ int64) (outcome, time.Duration, error) {
		want, headers := 200, more
		if tagged && tags[w] != "" {
			headers = append(slices.Clone(more), header{"If-None-Match", tags[w]})
		}
		res, err := conns[w].do("GET", path, "", nil, headers...)
		if err != nil {
			return failed, 0, err
		}
		if tagged && res.status == 304 {
			want = 304
		}
		tags[w] = res.etag
		return wanted(res, want)
	}
	return get, func() {
		for i := range conns {
			conns[i].close()
		}
	}
}
