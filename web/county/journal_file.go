package county

import (
	"net/http"

	"banmuyuan/payments"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

func (s *bookPages) journalFile(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	request := payments.EntriesRequest{From: f.Text("from"), To: f.Text("to"), Limit: 2000}
	if request.From == "" { // all there ever was is more than a table holds
		request.From = s.Now().In(page.China).Format("2006-01") + "-01"
	}
	pick := page.LangOf(r).Pick
	head := []string{pick("记账日", "Booked on"), pick("发生时间", "Happened"), pick("凭证号", "Transaction"), pick("行", "Line"), pick("业务", "Business"), pick("业务编号", "Key"),
		pick("户头", "Account"), pick("借方", "Debit"), pick("贷方", "Credit"), pick("经手", "By")}
	each := func(add func([]sheet.Value) error) error {
		for {
			list, err := s.Books.LedgerEntries(r.Context(), request)
			if err != nil {
				return err
			}
			for _, e := range list.Items {
				row := []sheet.Value{sheet.Text(e.BookedOn), sheet.Text(e.OccurredAt.In(page.China).Format("2006-01-02 15:04")), sheet.Count(e.TxnID), sheet.Count(int64(e.Line)), sheet.Text(e.Kind),
					sheet.Text(e.BusinessKey), sheet.Text(e.Account)}
				if err := add(append(append(row, sides(e.AmountFen)...), sheet.Text(e.Actor))); err != nil {
					return err
				}
			}
			if list.Cursor == "" || list.Cursor == request.Cursor {
				return nil
			}
			request.Cursor = list.Cursor
		}
	}
	list := sentList{name: pick("分录", "Journal") + " " + request.From, head: head, each: each, filter: []string{daysText(page.LangOf(r), request.From, request.To)}, summed: head[7:9]}
	if err := auth.NoteExport(r.Context(), s.Trail, audit.Exported, list.name); err != nil {
		return err
	}
	return list.sendSheet(w, page.LangOf(r), s.Now())
}
