package report

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/web/sheet"
)

// atOnce is how many households are read at a time.
const atOnce = 500

func (w *workbook) programmes(h catalog.Household) string {
	said := make([]string, len(h.Programmes))
	for i, p := range h.Programmes {
		said[i] = w.words(w.job.Lang, "programme", p)
	}
	return strings.Join(said, pick(w.job.Lang, "、", ", "))
}

func perPerson(fen int64, persons int) int64 {
	if persons <= 0 {
		return 0
	}
	return (fen + int64(persons)/2) / int64(persons)
}

// incomes lists every household with what it earned, the lowest income per person being what one sorts by.
func (r *Runner) incomes(ctx context.Context, w *workbook) error {
	for after := int64(0); ; {
		page, err := r.Sources.Orders.Incomes(ctx, orders.IncomesRequest{Season: w.job.Season, After: after, Limit: atOnce})
		if err != nil {
			return err
		}
		if after == 0 {
			w.season = page.Season
			if err := w.begin(ctx, page.Total, []column{{"户编号", "Code", 16}, {"户主", "Head", 10}, {"乡镇", "Township", 12}, {"村", "Village", 12},
				{"人口", "Persons", 8}, {"项目", "Programmes", 30}, {"帮扶责任人", "Helper", 12}, {"预计", "Expected", 14}, {"应得", "Owed", 14},
				{"已付", "Paid", 14}, {"合计", "Total", 14}, {"人均", "Per person", 12}, {"上年合计", "Year before", 14}, {"上年人均", "Per person before", 14}},
				"人口", "预计", "应得", "已付", "合计", "上年合计"); err != nil {
				return err
			}
		}
		if len(page.Items) == 0 {
			return w.progress(ctx)
		}
		ids := make([]int64, len(page.Items))
		for i, x := range page.Items {
			ids[i] = x.HouseholdID
		}
		homes, err := r.Sources.Catalog.Households(ctx, catalog.HouseholdFilter{IDs: ids})
		if err != nil {
			return err
		}
		byID := make(map[int64]catalog.Household, len(homes.Items))
		for _, h := range homes.Items {
			byID[h.ID] = h
		}
		for _, x := range page.Items {
			h := byID[x.HouseholdID]
			if err := w.add(h.Code, h.Head, h.Township, h.Village, x.Persons, w.programmes(h), h.HelperName, sheet.Fen(x.ExpectedFen), sheet.Fen(x.OwedFen),
				sheet.Fen(x.PaidFen), sheet.Fen(x.Total()), sheet.Fen(perPerson(x.Total(), x.Persons)), sheet.Fen(x.Before.Total()),
				sheet.Fen(perPerson(x.Before.Total(), x.Persons))); err != nil {
				return err
			}
		}
		after = ids[len(ids)-1]
		if err := w.progress(ctx); err != nil {
			return err
		}
	}
}

// unsold lists the households whose produce nobody has ordered in the season, with whom to talk to.
func (r *Runner) unsold(ctx context.Context, w *workbook) error {
	if w.season == 0 {
		ref, err := r.Sources.Catalog.Reference(ctx, catalog.None{})
		if err != nil {
			return err
		}
		w.season = ref.Season
	}
	for cursor, first := "", true; first || cursor != ""; first = false {
		page, err := r.Sources.Catalog.Households(ctx, catalog.HouseholdFilter{Unsold: true, Season: w.season, Cursor: cursor, Limit: atOnce})
		if err != nil {
			return err
		}
		if first {
			if err := w.begin(ctx, page.Total, []column{{"户编号", "Code", 16}, {"户主", "Head", 10}, {"乡镇", "Township", 12}, {"村", "Village", 12},
				{"人口", "Persons", 8}, {"电话", "Phone", 14}, {"帮扶责任人", "Helper", 12}, {"可代办", "May act", 10}, {"项目", "Programmes", 30},
				{"鹅（只）", "Geese", 10}, {"菜园（平方米）", "Garden (m²)", 14}}, "人口", "鹅（只）", "菜园（平方米）"); err != nil {
				return err
			}
		}
		for _, h := range page.Items {
			consent := pick(w.job.Lang, "否", "no")
			if h.Consent {
				consent = pick(w.job.Lang, "是", "yes")
			}
			if err := w.add(h.Code, h.Head, h.Township, h.Village, h.Persons, h.Phone, h.HelperName, consent, w.programmes(h), h.Geese, h.GardenM2); err != nil {
				return err
			}
		}
		cursor = page.Cursor
		if err := w.progress(ctx); err != nil {
			return err
		}
	}
	return nil
}

// villages lists each village with its sales and income.
func (r *Runner) villages(ctx context.Context, w *workbook) error {
	report, err := r.Sources.Orders.Report(ctx, orders.ReportRequest{Season: w.job.Season})
	if err != nil {
		return err
	}
	w.season = report.Season
	coverage, err := r.Sources.Catalog.Coverage(ctx, catalog.CoverageRequest{Season: report.Season})
	if err != nil {
		return err
	}
	earned := make(map[int64]orders.VillageIncome, len(report.ByVillage))
	for _, v := range report.ByVillage {
		earned[v.VillageID] = v
	}
	if err := w.begin(ctx, len(coverage.ByVillage), []column{{"乡镇", "Township", 12}, {"村", "Village", 14}, {"户数", "Households", 10}, {"人口", "Persons", 10},
		{"卖出的户", "Selling", 10}, {"能卖（单位数）", "Capacity (units)", 14}, {"已卖（单位数）", "Sold (units)", 14}, {"预计", "Expected", 16}, {"应得", "Owed", 16},
		{"已付", "Paid", 16}, {"人均", "Per person", 12},
		{"园子（亩）", "Garden (mu)", 12}, {"光伏（千瓦）", "Solar (kW)", 12}, {"托管种植（亩）", "Entrusted (mu)", 14}},
		"户数", "人口", "卖出的户", "能卖（单位数）", "已卖（单位数）", "预计", "应得", "已付", "园子（亩）", "光伏（千瓦）", "托管种植（亩）"); err != nil {
		return err
	}
	for _, v := range coverage.ByVillage {
		e := earned[v.VillageID]
		if err := w.add(v.Township, v.Village, v.Households, e.Persons, v.Selling, v.Capacity, v.Sold, sheet.Fen(e.ExpectedFen), sheet.Fen(e.OwedFen),
			sheet.Fen(e.PaidFen), sheet.Fen(perPerson(e.Total(), int(e.Persons))),
			float64(v.GardenM2)*3/2000, v.SolarKW, float64(v.EntrustedMilliMu)/1000); err != nil {
			return err
		}
	}
	return w.progress(ctx)
}

// orders lists the orders of the season, or of all for season 0, newest first.
func (r *Runner) orders(ctx context.Context, w *workbook) error {
	reference, err := r.Sources.Catalog.Reference(ctx, catalog.None{})
	if err != nil {
		return err
	}
	for cursor, first := "", true; first || cursor != ""; first = false {
		page, err := r.Sources.Orders.Orders(ctx, orders.OrderFilter{Season: w.job.Season, Cursor: cursor, Limit: 100})
		if err != nil {
			return err
		}
		if first {
			if err := w.begin(ctx, page.Total, []column{{"订单号", "Number", 18}, {"状态", "State", 12}, {"渠道", "Channel", 12}, {"买方", "Buyer", 24},
				{"单位", "Organisation", 28}, {"内容", "Lines", 44}, {"下单", "Placed", 12}, {"预计", "Estimate", 14}, {"定金", "Deposit", 14}, {"结算", "Billed", 14},
				{"已付", "Paid", 14}, {"退款", "Refunded", 14}, {"待付", "Due", 14}},
				"预计", "定金", "结算", "已付", "退款", "待付"); err != nil {
				return err
			}
		}
		for _, o := range page.Items {
			org := ""
			if i := slices.IndexFunc(reference.Organisations, func(x catalog.Organisation) bool { return x.ID == o.Buyer.OrgID }); i >= 0 {
				org = reference.Organisations[i].Name
			}
			if err := w.add(o.No, w.words(w.job.Lang, "status.order", string(o.State)), w.words(w.job.Lang, "channel", string(o.Channel)), o.Buyer.Name,
				org, w.lines(o), sheet.Day(o.PlacedAt), sheet.Fen(o.EstimateFen), sheet.Fen(o.DepositFen), sheet.Fen(o.AmountFen), sheet.Fen(o.PaidFen), sheet.Fen(o.RefundFen),
				sheet.Fen(o.DueFen)); err != nil {
				return err
			}
		}
		cursor = page.Cursor
		if err := w.progress(ctx); err != nil {
			return err
		}
	}
	return nil
}

// lines says what was ordered.
func (w *workbook) lines(o orders.Order) string {
	said := make([]string, len(o.Lines))
	for i, l := range o.Lines {
		said[i] = pick(w.job.Lang, l.Title.Zh, l.Title.En) + " " + strconv.FormatInt(l.Ordered, 10) + " " + w.words(w.job.Lang, "unit", l.Unit)
	}
	return strings.Join(said, pick(w.job.Lang, "；", "; "))
}
