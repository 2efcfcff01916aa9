package words

var figureWords = map[string][2]string{
	"county.figure.garden":    {"园子面积", "Gardens"},
	"county.figure.entrusted": {"托管种植", "Planted on households’ behalf"},
	"county.figure.plants":    {"光伏电站", "Solar stations"},
	"county.figure.solar":     {"光伏装机", "Solar capacity"},
	"county.figure.members":   {"合作社社员", "Members of cooperatives"},

	"county.figure.unit.garden":    {"亩", "mu"},
	"county.figure.unit.entrusted": {"亩", "mu"},
	"county.figure.unit.plants":    {"座", "stations"},
	"county.figure.unit.solar":     {"兆瓦", "MW"},
	"county.figure.unit.members":   {"户", "households"},

	"county.task.suspense":         {"笔到账还不知道是付什么的", "Receipts to be matched"},
	"county.task.doubtful":         {"行流水有疑问，要人决定", "Doubtful lines of statements"},
	"county.task.disputes":         {"笔付款被买家向银行提出异议", "Payments disputed at the bank"},
	"county.task.refunds":          {"笔退款等复核", "Refunds to be approved"},
	"county.task.refunds.bank":     {"笔退款要去银行转账", "Refunds to be transferred by the bank"},
	"county.task.reviews":          {"项登记或收款账户等核对", "Offers and payout accounts to be checked"},
	"county.task.objections":       {"条农户的异议等答复", "Objections of households to be answered"},
	"county.task.payable":          {"户现在可以打款", "Households that can be paid now"},
	"county.task.batches.draft":    {"个打款批次等复核", "Payout batches to be approved"},
	"county.task.batches.approved": {"个批次的银行文件还没导出", "Payout batches whose file was not downloaded"},
	"county.task.batches.exported": {"个批次等银行的结果文件", "Payout batches without the bank’s result"},
	"county.task.orgpayouts":       {"笔对公付款等复核", "Payments to organisations to be approved"},
	"county.task.pools":            {"项分红等复核", "Distributions to be approved"},
	"county.task.reversals":        {"笔冲正等复核", "Reversals to be approved"},
}
