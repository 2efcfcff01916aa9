package county

import (
	"net/http"
	"strings"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

type accountPage struct {
	Words     page.Words
	Statement payments.AccountStatement
	Request   payments.AccountRequest
	Presets   []preset
}

func accountRequest(f *page.Form) payments.AccountRequest {
	return payments.AccountRequest{Account: f.Text("code"), From: f.Text("from"), To: f.Text("to"), Cursor: f.Text("cursor"), Limit: 100}
}

// account is the statement of one account, with the balance after every line.
func (s *bookPages) account(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d := accountPage{Words: s.Words(r), Request: accountRequest(f)}
	d.Presets = presets(page.LangOf(r), s.Now(), d.Request.From, d.Request.To)
	if d.Request.Account == "" {
		return link.E(link.NotFound, "books.unknown_account", "account")
	}
	var err error
	if d.Statement, err = s.Books.AccountStatement(r.Context(), d.Request); err != nil && !f.Fail(err) {
		return err
	}
	if d.Words, err = page.NameParties(r.Context(), s.Site, d.Words, []string{d.Request.Account}); err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/account", d, f)
}

func (s *bookPages) accountFile(w http.ResponseWriter, r *http.Request) error {
	request := accountRequest(s.QueryForm(r))
	request.Cursor, request.Limit = "", 2000
	pick := page.LangOf(r).Pick
	head := []string{pick("记账日", "Booked on"), pick("业务", "Business"), pick("业务编号", "Key"), pick("经手", "By"), pick("借方", "Debit"), pick("贷方", "Credit"), pick("余额", "Balance")}
	each := func(add func([]sheet.Value) error) error {
		for {
			list, err := s.Books.AccountStatement(r.Context(), request)
			if err != nil {
				return err
			}
			rows := make([][]sheet.Value, 0, len(list.Items)+1)
			if request.Cursor == "" {
				rows = append(rows, []sheet.Value{sheet.Text(""), sheet.Text(pick("期初余额", "Opening balance")), sheet.Text(list.Account), sheet.Text(""), sheet.Text(""), sheet.Text(""), sheet.Fen(list.OpeningFen)})
			}
			for _, e := range list.Items {
				rows = append(rows, append([]sheet.Value{sheet.Text(e.BookedOn), sheet.Text(e.Kind), sheet.Text(e.BusinessKey), sheet.Text(e.Actor)}, append(sides(e.AmountFen), sheet.Fen(e.BalanceFen))...))
			}
			for _, row := range rows {
				if err := add(row); err != nil {
					return err
				}
			}
			if list.Cursor == "" || list.Cursor == request.Cursor {
				return nil
			}
			request.Cursor = list.Cursor
		}
	}
	list := sentList{name: strings.ReplaceAll(request.Account, ":", " "), head: head, each: each,
		filter: []string{pick("户头 ", "account ") + request.Account, daysText(page.LangOf(r), request.From, request.To)}, summed: head[4:6]}
	if err := auth.NoteExport(r.Context(), s.Trail, audit.Exported, list.name); err != nil {
		return err
	}
	return list.sendSheet(w, page.LangOf(r), s.Now())
}

// sides are an amount's debit and credit columns.
func sides(fen int64) []sheet.Value {
	if fen < 0 {
		return []sheet.Value{sheet.Text(""), sheet.Fen(-fen)}
	}
	return []sheet.Value{sheet.Fen(fen), sheet.Text("")}
}
