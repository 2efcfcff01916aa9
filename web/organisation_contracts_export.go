package web

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/xuri/excelize/v2"

	"banmuyuan/orders"
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
	l, words := langOf(r), s.words(r)
	contracts := exportSheet{name: l.pick("合同", "Contracts"), money: map[int]bool{13: true, 14: true, 15: true, 16: true}, heads: []any{
		l.pick("合同编号", "Contract"), l.pick("名称", "Title"), l.pick("收购单位", "Buyer"), l.pick("收货单位", "Collector"), l.pick("状态", "State"),
		l.pick("品种", "Product"), l.pick("单位", "Unit"), l.pick("合同数量", "Ordered"), l.pick("已签", "Signed"), l.pick("签约户数", "Households"),
		l.pick("已提货", "Called off"), l.pick("已过磅", "Weighed"), l.pick("净重（公斤）", "Net kg"), l.pick("已结算（元）", "Billed, yuan"),
		l.pick("已付款（元）", "Paid, yuan"), l.pick("已预付（元）", "Advanced, yuan"), l.pick("待付预付款（元）", "Advance due, yuan"),
		l.pick("缺货", "Short"), l.pick("签约截止", "Sign by"), l.pick("交货从", "Deliver from"), l.pick("交货到", "Deliver to")}}
	for _, c := range desk.Contracts {
		contracts.rows = append(contracts.rows, []any{c.No, c.Title, c.Org, c.Collector, words.Say("status.contract", string(c.State)), l.text(c.Name),
			unitWord(l, c.Unit), c.Quantity, c.Signed, c.Households, c.CalledOff, c.Received, float64(c.NetGrams) / 1000, c.BilledFen, c.PaidFen,
			c.AdvancedFen, c.AdvanceDue, c.Short, c.SignBy, c.DeliverFrom, c.DeliverTo})
	}
	calls := exportSheet{name: l.pick("提货单", "Call-offs"), money: map[int]bool{9: true, 10: true}, heads: []any{
		l.pick("提货单号", "Order"), l.pick("合同编号", "Contract"), l.pick("名称", "Title"), l.pick("提货日", "Day"), l.pick("状态", "State"),
		l.pick("提货", "Called off"), l.pick("已过磅", "Weighed"), l.pick("缺货", "Short"), l.pick("净重（公斤）", "Net kg"),
		l.pick("已结算（元）", "Billed, yuan"), l.pick("已付款（元）", "Paid, yuan"), l.pick("逾期", "Late")}}
	for _, k := range desk.CallOffs {
		late := ""
		if k.Late {
			late = l.pick("是", "yes")
		}
		calls.rows = append(calls.rows, []any{k.OrderNo, k.ContractNo, k.Title, k.Day, words.Say("status.order", k.State), k.Ordered, k.Received,
			k.Short, float64(k.NetGrams) / 1000, k.BilledFen, k.PaidFen, late})
	}
	prices := exportSheet{name: l.pick("价格对照", "Prices"), money: map[int]bool{4: true, 5: true, 6: true}, heads: []any{
		l.pick("合同编号", "Contract"), l.pick("品种", "Product"), l.pick("等级", "Grade"), l.pick("日期", "Day"), l.pick("保底价（元）", "Floor, yuan"),
		l.pick("参考价（元）", "Reference, yuan"), l.pick("实付均价（元）", "Paid on average, yuan"), l.pick("计价单位", "Per"),
		l.pick("数量", "Units"), l.pick("净重（公斤）", "Net kg")}}
	for _, p := range desk.Prices {
		prices.rows = append(prices.rows, []any{p.ContractNo, l.text(p.Name), words.Say("grade", p.Grade), p.Day, p.FloorFen, p.ReferenceFen,
			p.PaidFen, unitWord(l, p.PriceUnit), p.Units, float64(p.NetGrams) / 1000})
	}
	body, err := book(contracts, calls, prices)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	h.Set("Content-Disposition", `attachment; filename="`+fileName("contracts", s.now())+`"`)
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // the reader went away: nobody is left to tell
	return nil
}

// book writes sheets as XLSX. Texts stay texts: what somebody typed is never a formula.
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
