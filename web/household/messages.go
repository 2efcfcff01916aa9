package household

// householdMessages are the words of the households' pages. They are the words that people there use.
var words = map[string][2]string{
	"household.reason.fair":     {"轮到您家：当时您家今年人均预计收入 {level:money}，在还有货的农户里最低，所以先卖您家的。", "Your turn: your household then expected {level:money} a person this year, the lowest of all that still had goods, so yours sold first."},
	"household.reason.near":     {"这一单只到几个近的村收货，您家的村在里面；当时您家人均预计收入 {level:money}，在这些村里最低，所以先卖您家的。", "This order is fetched from a few villages close together, yours among them. You then expected {level:money} a person, the lowest there, so yours sold first."},
	"household.reason.fair2":    {"轮到您家：当时您家今年的收入，预计的、等打款的、已经到账的加在一起，人均 {level:money}，还有货的农户里没有比您家更低的；或者您家的货还不够一次来收，先给您家凑够。", "Your turn: all income of your household this year, expected, owed and paid, then came to {level:money} a person, and nobody lower still had goods; or what you had sold was too little for one collection, and yours was filled up first."},
	"household.reason.near2":    {"这一单只到几个近的村收货，您家的村在里面；当时您家今年的收入，预计的、等打款的、已经到账的加在一起，人均 {level:money}，这些村里还有货的没有比您家更低的；或者您家的货还不够一次来收，先给您家凑够。", "This order is fetched from a few villages close together, yours among them. All your income this year, expected, owed and paid, then came to {level:money} a person, and nobody lower there still had goods; or what you had sold was too little for one collection, and yours was filled up first."},
	"household.reason.fair3":    {"轮到您家：当时您家今年的收入，预计的、等打款的、已经到账的加在一起，人均 {level:money}。这次预售约定了农户至少得多少，按约定可以卖的农户里没有比您家更低的；或者您家的货还不够一次来收，先给您家凑够。", "Your turn: all income of your household this year, expected, owed and paid, then came to {level:money} a person. The presale keeps a least part for households, and of those that could sell under it nobody was lower; or what you had sold was too little for one collection, and yours was filled up first."},
	"household.reason.near3":    {"这一单只到几个近的村收货，您家的村在里面；当时您家今年的收入，预计的、等打款的、已经到账的加在一起，人均 {level:money}。这次预售约定了农户至少得多少，这些村里按约定可以卖的没有比您家更低的；或者您家的货还不够一次来收，先给您家凑够。", "This order is fetched from a few villages close together, yours among them. All your income this year, expected, owed and paid, then came to {level:money} a person. The presale keeps a least part for households, and of those there that could sell under it nobody was lower; or what you had sold was too little for one collection, and yours was filled up first."},
	"household.reason.direct":   {"买家点名要您家的货。", "The buyer asked for your household’s goods."},
	"household.reason.contract": {"这是收购合同的货，按各家合同里还没交的数量分。", "This goes to a purchase contract. It is divided by what each household still has to deliver under it."},

	"channel.agency":       {"大户代养", "Raised for you"},
	"channel.distribution": {"分红", "Dividends"},

	"helper.task.deliver": {"{days} 天内要交货", "To deliver within {days} days"},
	"helper.task.answer":  {"合同等着回答", "A contract to answer"},
	"helper.task.account": {"没有能用的收款账户", "No account that can be paid"},
	"helper.task.consent": {"没有同意书", "No consent"},
	"helper.task.arrived": {"这几天有钱到账", "Money arrived"},
	"helper.task.unsold":  {"今年还没卖出", "Nothing sold this year"},

	"income.stage.expected": {"还没交货（预计）", "Not yet delivered (estimate)"},
	"income.stage.owed":     {"等打款", "To be paid"},
	"income.stage.paid":     {"已经到账", "Paid"},

	"household.consent.saved":    {"已登记：帮扶责任人可以代办。", "Recorded: the helper may act for the household."},
	"household.consent.ended":    {"已登记：帮扶责任人不再代办。", "Recorded: the helper no longer acts for the household."},
	"household.account.review":   {"已提交。为了安全，县里核对后才会启用新账户。", "Sent. To be safe, the new account is used only after the county has checked it."},
	"household.account.approved": {"收款账户已复核，可以打款。", "The account is approved and can be paid."},
	"household.offer.saved":      {"可卖的数量已保存。", "What you can sell is saved."},
}
