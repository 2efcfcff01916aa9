package page

import (
	"fmt"
	"strings"

	"banmuyuan/internal/money"
	"banmuyuan/payments"
)

// PoolFigures writes the weights of a pool in the units people know.
type PoolFigures struct {
	Format
	Kind payments.PoolKind
}

// Hundredths writes a number of hundredths without a sign: fen for a field, mu, percent.
func Hundredths(n int64) string { return strings.TrimPrefix(money.FormatYuanShort(n), "¥") }

// Shares is share capital for planting, a number of shares for mushrooms.
func (f PoolFigures) Shares(n int64) string {
	if f.Kind == payments.PoolSeedPotato {
		return f.Money(n)
	}
	return f.qty(f.num(n), f.Lang.Pick("股", "shares"))
}

// Trade is land in mu for planting, bags for mushrooms.
func (f PoolFigures) Trade(n int64) string {
	if f.Kind == payments.PoolSeedPotato {
		return f.qty(Hundredths(n), f.Lang.Pick("亩", "mu"))
	}
	return f.qty(f.num(n), f.Lang.Pick("袋", "bags"))
}

// Explain says in words how a share came about.
func (f PoolFigures) Explain(p payments.Pool, m payments.PoolShare) []string {
	pick, yuan := f.Lang.Pick, f.Money
	whole := pick("一共可分", "To distribute:") + " " + yuan(p.SurplusFen) + pick("（收入", " (income ") + " " + yuan(p.IncomeFen)
	if p.CostFen > 0 {
		whole += pick("，减去成本", ", less costs") + " " + yuan(p.CostFen)
	}
	if p.ReserveFen > 0 {
		whole += pick("，减去留存", ", less the reserve") + " " + yuan(p.ReserveFen)
	}
	whole += pick("）。", ").")
	if p.Kind.Listed() {
		return []string{whole, pick("村里按各家情况评定，名单公示后发放，您家是", "The village decided by need and made the list public. Yours is") + " " + yuan(m.AmountFen) + pick("。", ".")}
	}
	land := pick("委托面积", "entrusted land")
	if p.Kind == payments.PoolMushroom {
		land = pick("入社菌棒", "bags brought in")
	}
	percent := f.percent(p.TradeBP, 10_000)
	byTrade := fmt.Sprintf(pick("其中 %s（%s）按%s分：全部 %s，您家 %s，得 %s。", "Of this %s (%s) go by %s: %s in all, %s of it yours, which gives %s."),
		yuan(p.TradeFen), percent, land, f.Trade(p.TradeTotal), f.Trade(m.Trade), yuan(m.TradeFen))
	byShare := fmt.Sprintf(pick("其余 %s 按股分：全部 %s，您家 %s，得 %s。", "The remaining %s go by shares: %s in all, %s of them yours, which gives %s."),
		yuan(p.ShareFen), f.Shares(p.ShareTotal), f.Shares(m.Shares), yuan(m.ShareFen))
	return []string{whole, byTrade, byShare}
}
