package organisation

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"banmuyuan/orders/contract"
	"banmuyuan/payments"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

// exportSheet is a sheet of an exported book: its heads, its rows, which columns are amounts in fen, and which are summed.
type exportSheet struct {
	name   string
	heads  []string
	rows   [][]any
	money  map[int]bool
	summed []int
}

// contractsExport is the procurement desk as a book: contracts, call-offs and prices beside the market.
func (s *contractPages) contractsExport(w http.ResponseWriter, r *http.Request) error {
	desk, err := s.wholeProcurement(r.Context())
	if err != nil {
		return err
	}
	l, words := page.LangOf(r), s.Words(r)
	contracts := exportSheet{name: l.Pick("合同", "Contracts"), summed: []int{9, 12, 13, 14, 15, 16}, money: map[int]bool{13: true, 14: true, 15: true, 16: true}, heads: []string{
		l.Pick("合同编号", "Contract"), l.Pick("名称", "Title"), l.Pick("收购单位", "Buyer"), l.Pick("收货单位", "Collector"), l.Pick("状态", "State"),
		l.Pick("品种", "Product"), l.Pick("单位", "Unit"), l.Pick("合同数量", "Ordered"), l.Pick("已签", "Signed"), l.Pick("签约户数", "Households"),
		l.Pick("已提货", "Called off"), l.Pick("已过磅", "Weighed"), l.Pick("净重（公斤）", "Net kg"), l.Pick("已结算（元）", "Billed, yuan"),
		l.Pick("已付款（元）", "Paid, yuan"), l.Pick("已预付（元）", "Advanced, yuan"), l.Pick("待付预付款（元）", "Advance due, yuan"),
		l.Pick("缺货", "Short"), l.Pick("签约截止", "Sign by"), l.Pick("交货从", "Deliver from"), l.Pick("交货到", "Deliver to")}}
	for _, c := range desk.Contracts {
		contracts.rows = append(contracts.rows, []any{c.No, c.Title, c.Org, c.Collector, words.Say("status.contract", string(c.State)), l.Text(c.Name),
			page.UnitWord(l, c.Unit), c.Quantity, c.Signed, c.Households, c.CalledOff, c.Received, float64(c.NetGrams) / 1000, c.BilledFen, c.PaidFen,
			c.AdvancedFen, c.AdvanceDue, c.Short, c.SignBy, c.DeliverFrom, c.DeliverTo})
	}
	calls := exportSheet{name: l.Pick("提货单", "Call-offs"), summed: []int{8, 9, 10}, money: map[int]bool{9: true, 10: true}, heads: []string{
		l.Pick("提货单号", "Order"), l.Pick("合同编号", "Contract"), l.Pick("名称", "Title"), l.Pick("提货日", "Day"), l.Pick("状态", "State"),
		l.Pick("提货", "Called off"), l.Pick("已过磅", "Weighed"), l.Pick("缺货", "Short"), l.Pick("净重（公斤）", "Net kg"),
		l.Pick("已结算（元）", "Billed, yuan"), l.Pick("已付款（元）", "Paid, yuan"), l.Pick("逾期", "Late")}}
	for _, k := range desk.CallOffs {
		late := ""
		if k.Late {
			late = l.Pick("是", "yes")
		}
		calls.rows = append(calls.rows, []any{k.OrderNo, k.ContractNo, k.Title, k.Day, words.Say("status.order", k.State), k.Ordered, k.Received,
			k.Short, float64(k.NetGrams) / 1000, k.BilledFen, k.PaidFen, late})
	}
	prices := exportSheet{name: l.Pick("价格对照", "Prices"), summed: []int{9}, money: map[int]bool{4: true, 5: true, 6: true}, heads: []string{
		l.Pick("合同编号", "Contract"), l.Pick("品种", "Product"), l.Pick("等级", "Grade"), l.Pick("日期", "Day"), l.Pick("保底价（元）", "Floor, yuan"),
		l.Pick("参考价（元）", "Reference, yuan"), l.Pick("实付均价（元）", "Paid on average, yuan"), l.Pick("计价单位", "Per"),
		l.Pick("数量", "Units"), l.Pick("净重（公斤）", "Net kg")}}
	for _, p := range desk.Prices {
		prices.rows = append(prices.rows, []any{p.ContractNo, l.Text(p.Name), words.Say("grade", p.Grade), p.Day, p.FloorFen, p.ReferenceFen,
			p.PaidFen, page.UnitWord(l, p.PriceUnit), p.Units, float64(p.NetGrams) / 1000})
	}
	body, err := book(exportNote(l, desk.Contracts, s.Now()), l.Pick("合计", "Total"), contracts, calls, prices)
	if err != nil {
		return err
	}
	if err := auth.NoteExport(r.Context(), s.Trail, audit.Exported, fileName("contracts", s.Now())); err != nil {
		return err
	}
	page.SendFile(w, payments.File{Name: fileName("contracts", s.Now()), Type: sheet.XLSX, Data: body})
	return nil
}

// wholeProcurement reads all contracts of a desk, with all of their call-offs and prices.
func (s *contractPages) wholeProcurement(ctx context.Context) (contract.Procurement, error) {
	var all contract.Procurement
	r := contract.ProcurementRequest{Limit: 10}
	for {
		part, err := s.Contracts.Procurement(ctx, r)
		if err != nil {
			return all, err
		}
		all.Contracts, all.CallOffs, all.Prices = append(all.Contracts, part.Contracts...), append(all.CallOffs, part.CallOffs...), append(all.Prices, part.Prices...)
		if part.Cursor == "" || part.Cursor == r.Cursor {
			return all, nil
		}
		r.Cursor = part.Cursor
	}
}

// exportNote says the seasons of contracts, and the time.
func exportNote(l page.Lang, contracts []contract.Contract, now time.Time) string {
	var seasons []string
	for _, c := range contracts {
		if name := fmt.Sprintf(l.Pick("%d 年", "%d"), c.Season); c.Season != 0 && !slices.Contains(seasons, name) {
			seasons = append(seasons, name)
		}
	}
	slices.Sort(seasons)
	return strings.Join(append(seasons, l.Pick("制表时间 ", "made ")+now.In(page.China).Format("2006-01-02 15:04")), " · ")
}

// book writes sheets as XLSX. Texts stay texts: typed text is never a formula.
func book(note, total string, sheets ...exportSheet) ([]byte, error) {
	f, err := sheet.NewLists()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, s := range sheets {
		columns := make([]sheet.ListColumn, len(s.heads))
		for i, h := range s.heads {
			columns[i] = sheet.ListColumn{Head: h, Width: 14, Sum: slices.Contains(s.summed, i)}
		}
		list, err := f.Begin(sheet.ListHead{Name: s.name, Note: note, Total: total}, columns)
		if err != nil {
			return nil, err
		}
		for _, row := range s.rows {
			if err := list.Add(s.cells(row)...); err != nil {
				return nil, err
			}
		}
		if err := list.End(); err != nil {
			return nil, err
		}
	}
	return f.Bytes()
}

func (s *exportSheet) cells(row []any) []sheet.Value {
	cells := make([]sheet.Value, len(row))
	for i, v := range row {
		switch v := v.(type) {
		case int64:
			if cells[i] = sheet.Count(v); s.money[i] {
				cells[i] = sheet.Fen(v)
			}
		case int:
			cells[i] = sheet.Count(int64(v))
		case float64:
			cells[i] = sheet.Number(v)
		default:
			cells[i] = sheet.Text(fmt.Sprint(v))
		}
	}
	return cells
}

func fileName(kind string, at time.Time) string {
	return fmt.Sprintf("%s-%s.xlsx", kind, at.In(page.China).Format("20060102"))
}
