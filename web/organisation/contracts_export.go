package organisation

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"github.com/xuri/excelize/v2"

	"banmuyuan/orders"
	"banmuyuan/web/page"
)

// yuanCells are amounts with two decimals, so that a spreadsheet can add them up.
const yuanCells = 4 // excelize's number format "#,##0.00"

// exportSheet is a sheet of an exported book: its heads, its rows, and which columns are amounts in fen.
type exportSheet struct {
	name  string
	heads []any
	rows  [][]any
	money map[int]bool
}

// contractsExport is the procurement desk as a book: contracts, call-offs and prices beside the market.
func (s *contractPages) contractsExport(w http.ResponseWriter, r *http.Request) error {
	desk, err := s.Contracts.Procurement(r.Context(), orders.None{})
	if err != nil {
		return err
	}
	l, words := page.LangOf(r), s.Words(r)
	contracts := exportSheet{name: l.Pick("合同", "Contracts"), money: map[int]bool{13: true, 14: true, 15: true, 16: true}, heads: []any{
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
	calls := exportSheet{name: l.Pick("提货单", "Call-offs"), money: map[int]bool{9: true, 10: true}, heads: []any{
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
	prices := exportSheet{name: l.Pick("价格对照", "Prices"), money: map[int]bool{4: true, 5: true, 6: true}, heads: []any{
		l.Pick("合同编号", "Contract"), l.Pick("品种", "Product"), l.Pick("等级", "Grade"), l.Pick("日期", "Day"), l.Pick("保底价（元）", "Floor, yuan"),
		l.Pick("参考价（元）", "Reference, yuan"), l.Pick("实付均价（元）", "Paid on average, yuan"), l.Pick("计价单位", "Per"),
		l.Pick("数量", "Units"), l.Pick("净重（公斤）", "Net kg")}}
	for _, p := range desk.Prices {
		prices.rows = append(prices.rows, []any{p.ContractNo, l.Text(p.Name), words.Say("grade", p.Grade), p.Day, p.FloorFen, p.ReferenceFen,
			p.PaidFen, page.UnitWord(l, p.PriceUnit), p.Units, float64(p.NetGrams) / 1000})
	}
	body, err := book(contracts, calls, prices)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	h.Set("Content-Disposition", `attachment; filename="`+fileName("contracts", s.Now())+`"`)
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // the reader went away: nobody is left to tell
	return nil
}

// book writes sheets as XLSX. Texts stay texts: typed text is never a formula.
func book(sheets ...exportSheet) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	yuan, err := f.NewStyle(&excelize.Style{NumFmt: yuanCells})
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	for i, sheet := range sheets {
		if _, err := f.NewSheet(sheet.name); err != nil {
			return nil, fmt.Errorf("export %s: %w", sheet.name, err)
		}
		if i == 0 {
			if err := f.DeleteSheet("Sheet1"); err != nil {
				return nil, fmt.Errorf("export: %w", err)
			}
		}
		w, err := f.NewStreamWriter(sheet.name)
		if err != nil {
			return nil, fmt.Errorf("export %s: %w", sheet.name, err)
		}
		if err := w.SetColWidth(1, len(sheet.heads), 14); err != nil {
			return nil, fmt.Errorf("export %s: %w", sheet.name, err)
		}
		if err := w.SetRow("A1", sheet.heads, excelize.RowOpts{StyleID: bold}); err != nil {
			return nil, fmt.Errorf("export %s: %w", sheet.name, err)
		}
		for n, row := range sheet.rows {
			cells := make([]any, len(row))
			for i, v := range row {
				cells[i] = v
				if fen, ok := v.(int64); ok && sheet.money[i] {
					cells[i] = excelize.Cell{StyleID: yuan, Value: float64(fen) / 100}
				}
			}
			if err := w.SetRow(fmt.Sprintf("A%d", n+2), cells); err != nil {
				return nil, fmt.Errorf("export %s: %w", sheet.name, err)
			}
		}
		if err := w.Flush(); err != nil {
			return nil, fmt.Errorf("export %s: %w", sheet.name, err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return nil, fmt.Errorf("write export: %w", err)
	}
	return b.Bytes(), nil
}

func fileName(kind string, at time.Time) string {
	return fmt.Sprintf("%s-%s.xlsx", kind, at.In(page.China).Format("20060102"))
}
