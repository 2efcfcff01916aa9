package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

const contractLetters = "HT" // 合同

// Number is a contract's number.
func Number(id int64) string { return orders.FormatNumber(contractLetters, id) }

// ParseNumber reads a contract's number.
func ParseNumber(text string) (int64, bool) { return orders.ReadNumber(contractLetters, text) }

// AdvanceRef is how payments knows a contract's advances.
func AdvanceRef(id int64) string { return "contract:" + strconv.FormatInt(id, 10) }

// ParseAdvanceRef is the other way round.
func ParseAdvanceRef(ref string) (int64, bool) {
	text, ok := strings.CutPrefix(ref, "contract:")
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil && id > 0
}

var gradeWords = map[string]string{"special": "特级", "extra": "特级", "first": "一级", "second": "二级"}

// QuotaText is the text that a household signs. It is a legal text on paper, so it is Chinese in either language of the
// page, and it follows from the contract and the quota alone: the same two always give the same text.
func QuotaText(c Contract, q Quota) string {
	unit, price := unitZh(c.Unit), unitZh(c.PriceUnit)
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("农产品收购合同（份额确认书）")
	line("合同编号：%s　%s", c.No, c.Title)
	line("甲方（收购）：%s", c.Org)
	line("乙方（农户）：%s　户编号：%s　%s", q.Head, q.Code, q.Village)
	line("收货单位：%s", c.Collector)
	line("")
	line("一、品种和数量：%s，乙方交售 %s %s。", c.Name.Zh, money.FormatCount(q.Qty), unit)
	line("二、价格：保底收购，随行就市。过秤当天，县里公布的参考价高于保底价的，按参考价结算；低于保底价或当天没有参考价的，按保底价结算。参考价公布后 %d 天内没有新价的，沿用该价。保底价：", ReferenceHolds)
	for _, g := range c.Grades {
		line("　　%s：每%s %s", gradeWords[g.Grade], price, money.FormatYuan(g.Floor.Fen))
	}
	if len(c.Adjustments) > 0 {
		line("三、加价和扣价（过秤时按实际情况计，每%s）：", price)
		for _, a := range c.Adjustments {
			word, fen := "加", a.Fen
			if fen < 0 {
				word, fen = "扣", -fen
			}
			line("　　%s：%s %s", a.Name.Zh, word, money.FormatYuan(fen))
		}
	} else {
		line("三、加价和扣价：无。")
	}
	where := "本村收购点"
	if len(c.PointNames) > 0 {
		where = "约定的收购点（" + strings.Join(c.PointNames, "、") + "，以提货通知为准）"
	}
	line("四、交售时间：%s，甲方按日通知提货，乙方把货送到%s过秤；重量以过磅单为准。", windowsZh(c.Delivery()), where)
	line("五、服务费：收货单位从货款中收取 %s%%，用于收购、分级和装运%s。", percentText(c.FeeBP), villageText(c.VillageBP))
	if q.AgentBP > 0 {
		line("　　乙方的货由%s代养：货款扣除服务费后，代养户得 %s%%（雏苗、饲料和人工），其余归乙方，两份分别记账。", q.Agent, percentText(q.AgentBP))
	}
	switch {
	case c.AdvanceFen > 0 && q.AgentBP > 0:
		line("六、预付款：无（养殖成本由代养户承担）。")
	case c.AdvanceFen > 0:
		line("六、预付款：签约生效后甲方按每%s %s预付给乙方，共 %s；结算货款时逐次扣回。", unit, money.FormatYuan(c.AdvanceFen), money.FormatYuan(c.AdvanceFen*q.Qty))
	default:
		line("六、预付款：无。")
	}
	line("七、甲方保证收购乙方签约数量以内、符合等级的产品，不压级压价；提货不超过签约数量。因灾害、疫病交不出的，乙方及时告知，不承担违约责任，缺口由其他签约农户补足。")
	line("八、货款在甲方付清后打入乙方登记的收款账户。")
	if c.Note != "" {
		line("九、其他：%s", c.Note)
	}
	return b.String()
}

// villageText says which part of the fee goes to the household's village.
func villageText(bp int64) string {
	if bp == 0 {
		return ""
	}
	return "；服务费的 " + percentText(bp) + "% 归乙方所在村的村集体"
}

// Delivery are the windows in which goods may be called off, in order.
func (t Terms) Delivery() []Window {
	if len(t.Windows) > 0 {
		return t.Windows
	}
	return []Window{{From: t.DeliverFrom, To: t.DeliverTo}}
}

// Delivers reports whether a day is within one of the windows.
func (t Terms) Delivers(day string) bool {
	// Dates written like these sort like text.
	return slices.ContainsFunc(t.Delivery(), func(w Window) bool { return w.From <= day && day <= w.To })
}

func windowsZh(windows []Window) string {
	parts := make([]string, len(windows))
	for i, w := range windows {
		parts[i] = w.From + " 至 " + w.To
	}
	return strings.Join(parts, "；")
}

// TextHash is the SHA-256 of a signed text, in hex.
func TextHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// CheckRead refuses a signature under another text than the one that was read.
func CheckRead(text, readHash string) error {
	if readHash != "" && readHash != TextHash(text) {
		return link.E(link.Conflict, "contract.text.changed", "read_hash")
	}
	return nil
}

func unitZh(code string) string {
	if u, ok := money.UnitByCode(code); ok {
		return u.Zh
	}
	return code
}

func percentText(bp int64) string {
	text := fmt.Sprintf("%d.%02d", bp/100, bp%100)
	return strings.TrimSuffix(strings.TrimSuffix(text, "0"), ".0")
}
