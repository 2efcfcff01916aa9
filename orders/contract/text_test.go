package contract_test

import (
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/orders/contract"
)

func TestNumbersAndRefs(t *testing.T) {
	t.Parallel()
	if id, ok := contract.ParseNumber(contract.Number(1000)); !ok || id != 1000 || !strings.HasPrefix(contract.Number(1000), "HT") {
		t.Errorf("%d, %v", id, ok)
	}
	if _, ok := contract.ParseNumber("BM0000100001"); ok {
		t.Error("an order's number is a contract's")
	}
	if id, ok := contract.ParseAdvanceRef(contract.AdvanceRef(1000)); !ok || id != 1000 || contract.AdvanceRef(1000) != "contract:1000" {
		t.Errorf("%d, %v", id, ok)
	}
	for _, ref := range []string{"order:1", "contract:x", "contract:0", "contract:-1", "contract:"} {
		if _, ok := contract.ParseAdvanceRef(ref); ok {
			t.Errorf("%q is taken", ref)
		}
	}
	if id, ok := contract.ParseAdvanceRef("contract:1"); !ok || id != 1 {
		t.Error("the first contract")
	}
}

func signed(change func(*contract.Contract, *contract.Quota)) string {
	c := contract.Contract{No: "HT0000100012", Org: "鹅业公司", Collector: "依龙合作社", Terms: terms(), Name: catalog.Text{Zh: "大鹅"}, Unit: "head", PriceUnit: "jin"}
	q := contract.Quota{Qty: 1200, Head: "王五", Code: "YL-001", Village: "东村"}
	change(&c, &q)
	return contract.QuotaText(c, q)
}

func TestSignedText(t *testing.T) {
	t.Parallel()
	want := `农产品收购合同（份额确认书）
合同编号：HT0000100012　中秋大鹅收购
甲方（收购）：鹅业公司
乙方（农户）：王五　户编号：YL-001　东村
收货单位：依龙合作社

一、品种和数量：大鹅，乙方交售 1,200 只。
二、价格：保底收购，随行就市。过秤当天，县里公布的参考价高于保底价的，按参考价结算；低于保底价或当天没有参考价的，按保底价结算。参考价公布后 7 天内没有新价的，沿用该价。保底价：
　　一级：每斤 ¥14.00
　　二级：每斤 ¥12.00
三、加价和扣价（过秤时按实际情况计，每斤）：
　　净膛：加 ¥0.50
　　羽毛潮湿：扣 ¥1.00
四、交售时间：2026-08-01 至 2026-10-01，甲方按日通知提货，乙方把货送到本村收购点过秤；重量以过磅单为准。
五、服务费：收货单位从货款中收取 3%，用于收购、分级和装运。
六、预付款：签约生效后甲方按每只 ¥10.00预付给乙方，共 ¥12,000.00；结算货款时逐次扣回。
七、甲方保证收购乙方签约数量以内、符合等级的产品，不压级压价；提货不超过签约数量。因灾害、疫病交不出的，乙方及时告知，不承担违约责任，缺口由其他签约农户补足。
八、货款在甲方付清后打入乙方登记的收款账户。
`
	if got := signed(func(*contract.Contract, *contract.Quota) {}); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestSignedTextSaysWhatDiffers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change    func(*contract.Contract, *contract.Quota)
		has, lack string
	}{
		"no adjustments": {func(c *contract.Contract, _ *contract.Quota) { c.Adjustments = nil }, "三、加价和扣价：无。\n", "过秤时按实际情况计"},
		"agreed points":  {func(c *contract.Contract, _ *contract.Quota) { c.PointNames = []string{"甲", "乙"} }, "送到约定的收购点（甲、乙，以提货通知为准）过秤", "本村收购点"},
		"windows": {func(c *contract.Contract, _ *contract.Quota) {
			c.Windows = []contract.Window{{From: "2026-08-01", To: "2026-08-02"}, {From: "2026-09-01", To: "2026-09-02"}}
		}, "四、交售时间：2026-08-01 至 2026-08-02；2026-09-01 至 2026-09-02，", "2026-10-01"},
		"part of a percent":    {func(c *contract.Contract, _ *contract.Quota) { c.FeeBP = 325 }, "收取 3.25%，", ""},
		"a tenth of a percent": {func(c *contract.Contract, _ *contract.Quota) { c.FeeBP = 1050 }, "收取 10.5%，", ""},
		"no village's part":    {func(_ *contract.Contract, _ *contract.Quota) {}, "用于收购、分级和装运。", "村集体"},
		"a village's part":     {func(c *contract.Contract, _ *contract.Quota) { c.VillageBP = 2050 }, "装运；服务费的 20.5% 归乙方所在村的村集体。", ""},
		"a hundredth":          {func(c *contract.Contract, _ *contract.Quota) { c.FeeBP = 1 }, "收取 0.01%，", ""},
		"ten percent":          {func(c *contract.Contract, _ *contract.Quota) { c.FeeBP = 1000 }, "收取 10%，", ""},
		"raised": {func(_ *contract.Contract, q *contract.Quota) { q.Agent, q.AgentBP = "养鹅大户", 8000 },
			"　　乙方的货由养鹅大户代养：货款扣除服务费后，代养户得 80%（雏苗、饲料和人工），其余归乙方，两份分别记账。\n六、预付款：无（养殖成本由代养户承担）。\n", "预付给乙方"},
		"raised a little":           {func(_ *contract.Contract, q *contract.Quota) { q.Agent, q.AgentBP = "养鹅大户", 1 }, "代养户得 0.01%", "预付给乙方"},
		"raised without an advance": {func(c *contract.Contract, q *contract.Quota) { c.AdvanceFen, q.AgentBP = 0, 8000 }, "六、预付款：无。\n", "养殖成本"},
		"no advance":                {func(c *contract.Contract, _ *contract.Quota) { c.AdvanceFen = 0 }, "六、预付款：无。\n", "预付给乙方"},
		"a fen ahead":               {func(c *contract.Contract, _ *contract.Quota) { c.AdvanceFen = 1 }, "每只 ¥0.01预付给乙方，共 ¥12.00", "预付款：无"},
		"not raised":                {func(*contract.Contract, *contract.Quota) {}, "预付给乙方", "代养"},
		"a note":                    {func(c *contract.Contract, _ *contract.Quota) { c.Note = "自带鹅笼" }, "九、其他：自带鹅笼\n", ""},
		"no note":                   {func(*contract.Contract, *contract.Quota) {}, "八、", "九、"},
		"an unknown unit":           {func(c *contract.Contract, _ *contract.Quota) { c.Unit = "crate" }, "乙方交售 1,200 crate。", ""},
		"a premium of one fen":      {func(c *contract.Contract, _ *contract.Quota) { c.Adjustments[1].Fen = 1 }, "羽毛潮湿：加 ¥0.01", "扣 "},
		"a deduction of one fen":    {func(c *contract.Contract, _ *contract.Quota) { c.Adjustments[1].Fen = -1 }, "羽毛潮湿：扣 ¥0.01", ""},
	} {
		text := signed(c.change)
		if !strings.Contains(text, c.has) || c.lack != "" && strings.Contains(text, c.lack) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestTextHash(t *testing.T) {
	t.Parallel()
	if got := contract.TextHash("abc"); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Error(got)
	}
}

// The text that was read is the text that is signed; a program that shows none says no hash.
func TestAnotherTextIsNotSigned(t *testing.T) {
	t.Parallel()
	read := contract.TextHash("乙方交售 60 斤。")
	for text, refused := range map[string]bool{"乙方交售 60 斤。": false, "乙方交售 600 斤。": true} {
		if err := contract.CheckRead(text, read); (err != nil) != refused {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := contract.CheckRead("乙方交售 60 斤。", ""); err != nil {
		t.Error(err)
	}
}
