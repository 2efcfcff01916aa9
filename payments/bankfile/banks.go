package bankfile

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
)

//go:embed banks.json
var banksFile []byte

// Bank names the columns of one bank's statements, as far as they are publicly known.
type Bank struct {
	Name string `json:"bank"`
	Statement
}

// Banks lists the layouts that the product brings.
func Banks() []Bank {
	var banks []Bank
	if err := json.Unmarshal(banksFile, &banks); err != nil {
		panic(fmt.Sprintf("read banks.json: %v", err)) // it is part of the program, and a test reads it
	}
	return banks
}

// DefaultStatement reads the files of most banks' sites: common titles, and titles of the banks in banks.json.
func DefaultStatement() Statement {
	s := Statement{
		Ref:       []string{"流水号", "交易流水号", "银行流水号", "凭证号", "交易序号", "交易单号", "交易号", "业务流水号", "reference"},
		Amount:    []string{"金额", "交易金额", "发生额", "金额(元)", "amount"},
		In:        []string{"收入金额", "贷方金额", "贷方发生额", "贷方发生额(元)", "收入", "贷方", "转入金额", "存入金额", "收款金额", "credit"},
		Out:       []string{"支出金额", "借方金额", "借方发生额", "借方发生额(元)", "支出", "借方", "转出金额", "支取金额", "付款金额", "debit"},
		Direction: []string{"借贷标志", "借贷方向", "借/贷", "收支", "收/支", "收付标志", "收付方向", "收付", "借贷", "借贷标识", "交易方向", "资金流向", "收支类型", "收支标志", "direction", "d/c"},
		InWords:   []string{"贷", "贷方", "贷记", "收", "收入", "收款", "转入", "存入", "存", "来账", "入账", "进账", "汇入", "进", "入", "+", "c", "cr", "credit", "in"},
		OutWords:  []string{"借", "借方", "借记", "支", "支出", "付", "付款", "转出", "支取", "取", "取出", "往账", "出账", "汇出", "出", "-", "d", "dr", "debit", "out"},
		Party:     []string{"付款人", "对方户名", "对方名称", "付款方户名", "付款方", "对方单位", "对方单位名称", "对方姓名", "交易对方", "对手户名", "对方账户名称", "payer"},
		Memo:      []string{"附言", "摘要", "用途", "备注", "交易摘要", "交易附言", "memo"},
		Date:      []string{"日期", "交易日期", "交易时间", "入账日期", "记账日期", "入账时间", "交易日", "date"},
		Time:      []string{"时间", "交易时间", "time"},
		Balance:   []string{"余额", "账户余额", "本次余额", "联机余额", "当前余额", "balance"},
		Currency:  []string{"币种", "货币", "币别", "交易币种", "货币代号", "账户币种", "币种名称", "交易货币", "货币种类", "currency", "ccy"},
		Status:    []string{"交易状态", "状态", "交易结果", "处理状态", "处理结果", "记账状态", "入账状态", "执行状态", "指令状态", "交易处理结果", "是否成功", "status"},
		DoneWords: []string{"成功", "交易成功", "处理成功", "已完成", "完成", "交易完成", "已入账", "入账成功", "已记账", "记账成功", "正常", "已处理", "是", "支付成功", "转账成功", "s", "success", "successful", "succeeded", "ok", "done", "completed"},
		Account:   []string{"账号", "账户", "本方账号", "查询账号", "卡号", "账户号码", "帐号", "account"},
		Reversal:  []string{"冲正标志", "冲销标志", "冲正标识", "冲账标志"},
	}
	for _, b := range Banks() {
		for _, f := range []struct {
			to   *[]string
			from []string
		}{{&s.Ref, b.Ref}, {&s.Amount, b.Amount}, {&s.In, b.In}, {&s.Out, b.Out}, {&s.Direction, b.Direction}, {&s.Party, b.Party}, {&s.Memo, b.Memo}, {&s.Date, b.Date}, {&s.Balance, b.Balance}} {
			for _, title := range f.from {
				if !slices.Contains(*f.to, title) {
					*f.to = append(*f.to, title)
				}
			}
		}
	}
	return s
}
