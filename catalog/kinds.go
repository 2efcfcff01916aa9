package catalog

import (
	"banmuyuan/internal/entry"
	"banmuyuan/internal/money"
)

// Names of the kinds.
const (
	KindCounty       = "county"
	KindReported     = "reported"
	KindTownship     = "township"
	KindVillage      = "village"
	KindHelper       = "helper"
	KindOrganisation = "organisation"
	KindPoint        = "point"
	KindStation      = "station"
	KindProgramme    = "programme"
	KindProduct      = "product"
	KindHousehold    = "household"
	KindMember       = "member"
	KindHolding      = "holding"
	KindMembership   = "membership"
	KindConsent      = "consent"
)

// The bases of a product's yield: the registered quantity that a household's supply follows from.
const (
	YieldRegistered = "registered" // only the units that a household's holding names
	YieldGeese      = "geese"      // so many units for each goose
	YieldGarden     = "garden"     // so many for 1,000 m² of garden
	YieldProgramme  = "programme"  // so many for each household of the product's programme
)

func words(zh, en string) entry.Text { return entry.Text{Zh: zh, En: en} }

// Kinds declares the kinds of the directory in the order in which a workbook is loaded: each refers only to itself and to
// kinds before it.
func Kinds() []*entry.Kind {
	return []*entry.Kind{&countyKind, &reportedKind, &townshipKind, &villageKind, &stationKind, &helperKind, &organisationKind, &pointKind,
		&programmeKind, &productKind, &householdKind, &memberKind, &holdingKind, &membershipKind, &consentKind}
}

// HelperName returns a helper as cells and pages name one: the unit tells namesakes apart.
func HelperName(name, unit string) string {
	if unit == "" {
		return name
	}
	return name + "（" + unit + "）"
}

// KindByName finds a kind.
func KindByName(name string) (*entry.Kind, bool) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, true
		}
	}
	return nil, false
}

var countyKind = entry.Kind{
	Name: KindCounty, Title: words("县", "County"), Aliases: []string{"县情", "县信息"}, One: true, Stays: true,
	Hint: words("整张表只填一行：县名、单据上的落款和对公收款账户。", "One row: the county's name, its name on paper, and the account that buyers pay to."),
	Fields: []entry.Field{
		{Name: "name", Head: words("县名", "County"), Aliases: []string{"名称", "县"}, Need: true, Example: "青禾县"},
		{Name: "name_en", Head: words("英文名", "English name"), Aliases: []string{"县名英文"}, Need: true, Example: "Qinghe"},
		{Name: "region", Head: words("所在省市", "Region"), Aliases: []string{"省市"}, Example: "某省某市"},
		{Name: "office", Head: words("单据落款", "Office on paper"), Aliases: []string{"落款单位", "主办单位"}, Need: true, Example: "青禾县农产品产销服务中心"},
		{Name: "address", Head: words("地址", "Address"), Type: entry.Line, Max: 120, Example: "青禾镇人民路1号"},
		{Name: "phone", Head: words("服务电话", "Phone"), Aliases: []string{"电话", "联系电话"}, Type: entry.Phone, Example: "0400-1234567"},
		{Name: "bank_holder", Head: words("收款户名", "Account holder"), Aliases: []string{"户名"}, Max: 80, Example: "青禾县农民合作社联合社"},
		{Name: "bank_account", Head: words("收款账号", "Account number"), Aliases: []string{"账号", "银行账号"}, Type: entry.Account, Example: "6200000000000000001"},
		{Name: "bank_name", Head: words("开户行", "Bank"), Aliases: []string{"开户银行"}, Max: 80, Example: "青禾农商银行营业部"},
		{Name: "intro", Head: words("首页简介", "Introduction"), Type: entry.Long, Max: 300, Example: "青禾县的农户在自家园子里养鹅、种豆角。"},
		{Name: "intro_en", Head: words("首页简介英文", "Introduction in English"), Type: entry.Long, Max: 600, Example: "The households of Qinghe county raise geese and grow beans round their homes."},
	},
	Check: func(v entry.Values) []entry.Fault {
		if v.Text("bank_account") != "" && (v.Text("bank_holder") == "" || v.Text("bank_name") == "") {
			return []entry.Fault{{Field: "bank_holder", Key: "directory.bank"}}
		}
		return nil
	},
}

var reportedKind = entry.Kind{
	Name: KindReported, Title: words("历年上报", "Reported years"), Aliases: []string{"历年增收"}, Stays: true, Key: []string{"year"},
	Hint: words("往年县里上报的人均增收，用来和本系统的数字对照。", "The rise of income a person that the county reported for earlier years."),
	Fields: []entry.Field{
		{Name: "year", Head: words("年度", "Year"), Aliases: []string{"年份"}, Type: entry.Year, Need: true, Min: 2000, Max: 2199, Example: "2025"},
		{Name: "per_person", Head: words("人均增收(元)", "Yuan a person"), Aliases: []string{"人均增收", "人均增收元"}, Type: entry.Money, Need: true, Example: "812"},
		{Name: "source", Head: words("来源", "Source"), Max: 120, Example: "县统计公报"},
	},
}

var townshipKind = entry.Kind{
	Name: KindTownship, Title: words("乡镇", "Townships"), Aliases: []string{"乡镇名单", "Township"}, Key: []string{"name"},
	Hint: words("一行一个乡镇。经纬度用于地图，可以不填。", "One township a row. Coordinates are for the map and may be left out."),
	Fields: []entry.Field{
		{Name: "name", Head: words("乡镇", "Township"), Aliases: []string{"乡镇名称", "名称"}, Need: true, Max: 30, Example: "青禾镇"},
		{Name: "lat", Head: words("纬度", "Latitude"), Type: entry.Degrees, Example: "47.62"},
		{Name: "lon", Head: words("经度", "Longitude"), Type: entry.Degrees, Example: "125.31"},
	},
}

var villageKind = entry.Kind{
	Name: KindVillage, Title: words("行政村", "Villages"), Aliases: []string{"村", "村名单", "Village"}, Key: []string{"code"},
	Hint: words("一行一个行政村。村编号全县不能重复。", "One village a row. Its code occurs once in the county."),
	Fields: []entry.Field{
		{Name: "code", Head: words("村编号", "Village code"), Aliases: []string{"编号", "行政村编号", "行政区划代码"}, Type: entry.Code, Need: true, Example: "QH-01-001"},
		{Name: "township", Head: words("乡镇", "Township"), Aliases: []string{"所属乡镇"}, Type: entry.Ref, Refers: KindTownship, Need: true, Example: "青禾镇"},
		{Name: "name", Head: words("行政村", "Village"), Aliases: []string{"村名", "村", "名称"}, Need: true, Max: 30, Example: "东河村"},
		{Name: "poor", Head: words("原贫困村", "Listed as poor"), Aliases: []string{"贫困村", "是否贫困村"}, Type: entry.Flag, Example: "否"},
		{Name: "solar", Head: words("光伏村", "Solar station"), Aliases: []string{"有光伏电站", "光伏"}, Type: entry.Flag, Example: "是"},
		{Name: "solar_kw", Head: words("光伏装机(千瓦)", "Solar kilowatts"), Aliases: []string{"装机容量", "光伏装机"}, Type: entry.Count, Example: "300",
			Hint: words("电站在“光伏电站”表里逐个登记的，这里不用填。", "Not needed where the stations are registered one by one.")},
		{Name: "speciality", Head: words("一村一品", "Speciality"), Aliases: []string{"特色产业"}, Max: 30, Example: "小姑娘"},
		{Name: "secretary", Head: words("村书记", "Secretary"), Aliases: []string{"支部书记", "村党支部书记"}, Max: 20, Personal: true, Example: "孙志远"},
		{Name: "secretary_phone", Head: words("书记电话", "Secretary's phone"), Type: entry.Phone, Personal: true, Example: "13900000001"},
		{Name: "collective", Head: words("村集体名称", "Village collective"), Aliases: []string{"村集体", "股份经济合作社"}, Max: 60, Example: "东河村股份经济合作社"},
		{Name: "lat", Head: words("纬度", "Latitude"), Type: entry.Degrees, Example: "47.63"},
		{Name: "lon", Head: words("经度", "Longitude"), Type: entry.Degrees, Example: "125.35"},
	},
}

var stationKind = entry.Kind{
	Name: KindStation, Title: words("光伏电站", "Solar stations"), Aliases: []string{"电站", "光伏电站名单", "Stations"}, Key: []string{"code"},
	Hint: words("一行一座电站。有电站的村，装机按它的电站合计。", "One station a row. A village with stations has the sum of their kilowatts."),
	Fields: []entry.Field{
		{Name: "code", Head: words("电站编号", "Station code"), Aliases: []string{"编号"}, Type: entry.Code, Need: true, Example: "GF-01"},
		{Name: "name", Head: words("电站", "Station"), Aliases: []string{"电站名称", "名称"}, Need: true, Max: 60, Example: "东河村光伏电站"},
		{Name: "kw", Head: words("装机(千瓦)", "Kilowatts"), Aliases: []string{"装机容量", "千瓦", "装机容量(千瓦)", "装机"}, Type: entry.Count, Need: true, Min: 1, Max: 1_000_000, Example: "300"},
		{Name: "township", Head: words("乡镇", "Township"), Type: entry.Ref, Refers: KindTownship, Need: true, Example: "青禾镇"},
		{Name: "village", Head: words("行政村", "Village"), Aliases: []string{"村", "村名", "所在村"}, Need: true, Max: 30, Example: "东河村"},
	},
}

var helperKind = entry.Kind{
	Name: KindHelper, Title: words("帮扶责任人", "Helpers"), Aliases: []string{"帮扶人", "帮扶干部", "Helper"}, Key: []string{"name", "unit"},
	Hint: words("一行一位帮扶责任人。同名的用单位区分。", "One helper a row. The unit tells namesakes apart."),
	Fields: []entry.Field{
		{Name: "name", Head: words("姓名", "Name"), Aliases: []string{"帮扶责任人", "帮扶人"}, Need: true, Max: 20, Example: "周敏"},
		{Name: "unit", Head: words("单位", "Unit"), Aliases: []string{"工作单位", "帮扶单位"}, Max: 60, Example: "县农业农村局"},
		{Name: "phone", Head: words("联系电话", "Phone"), Aliases: []string{"电话", "手机"}, Type: entry.Phone, Example: "13900000002"},
	},
}

var organisationKind = entry.Kind{
	Name: KindOrganisation, Title: words("单位", "Organisations"), Aliases: []string{"合作社和企业", "经营主体", "Organisation"}, Key: []string{"name"},
	Hint: words("合作社、企业、爱心超市和代养大户，一行一个。代养大户要填提成比例。", "Cooperatives, enterprises, charity supermarkets and raisers. A raiser has a part of the price."),
	Fields: []entry.Field{
		{Name: "name", Head: words("单位名称", "Name"), Aliases: []string{"名称", "合作社名称", "企业名称"}, Need: true, Max: 80, Example: "青禾县绿源鹅业专业合作社"},
		{Name: "kind", Head: words("类别", "Kind"), Aliases: []string{"单位类别", "类型"}, Type: entry.Choice, Need: true, Example: "合作社", Values: []entry.Value{
			{Code: string(OrgCooperative), Name: words("合作社", "cooperative"), Aliases: []string{"专业合作社", "农民专业合作社"}},
			{Code: string(OrgEnterprise), Name: words("企业", "enterprise"), Aliases: []string{"龙头企业", "公司"}},
			{Code: string(OrgSupermarket), Name: words("爱心超市", "charity supermarket"), Aliases: []string{"超市"}},
			{Code: string(OrgRaiser), Name: words("代养大户", "raiser"), Aliases: []string{"大户", "养殖大户"}},
		}},
		{Name: "township", Head: words("乡镇", "Township"), Type: entry.Ref, Refers: KindTownship, Example: "青禾镇"},
		{Name: "village", Head: words("行政村", "Village"), Aliases: []string{"村", "村名"}, Example: "东河村"},
		{Name: "product", Head: words("主营", "Main product"), Aliases: []string{"主营产品", "产业"}, Max: 40, Example: "大鹅"},
		{Name: "model", Head: words("示范社", "Model cooperative"), Aliases: []string{"是否示范社"}, Type: entry.Flag, Example: "是"},
		{Name: "members", Head: words("社员户数", "Member households"), Aliases: []string{"社员", "成员户数"}, Type: entry.Count, Max: 1_000_000, Example: "86"},
		{Name: "credit_code", Head: words("统一社会信用代码", "Credit code"), Aliases: []string{"信用代码"}, Max: 18, Example: ""},
		{Name: "address", Head: words("地址", "Address"), Max: 120, Example: "东河村1组"},
		{Name: "contact", Head: words("联系人", "Contact"), Max: 20, Example: "吴海"},
		{Name: "phone", Head: words("联系电话", "Phone"), Aliases: []string{"电话"}, Type: entry.Phone, Example: "13900000003"},
		{Name: "raiser_bp", Head: words("代养提成(%)", "Raiser's part (%)"), Aliases: []string{"代养提成", "提成比例", "代养比例"}, Type: entry.Percent, Example: "",
			Hint: words("扣除服务费后，售价中归代养大户的比例，例如 85。", "Part of the price, after the fee, that the raiser keeps, such as 85.")},
	},
	Check: func(v entry.Values) []entry.Fault {
		raiser := v.Text("kind") == string(OrgRaiser)
		switch {
		case raiser && v.Int("raiser_bp") == 0:
			return []entry.Fault{{Field: "raiser_bp", Key: "directory.raiser_bp"}}
		case !raiser && v.Int("raiser_bp") != 0:
			return []entry.Fault{{Field: "raiser_bp", Key: "directory.raiser_only"}}
		case v.Text("village") != "" && v.Text("township") == "":
			return []entry.Fault{{Field: "township", Key: "directory.township"}}
		}
		return nil
	},
}

var pointKind = entry.Kind{
	Name: KindPoint, Title: words("集货点", "Collection points"), Aliases: []string{"自提点", "Points"}, Key: []string{"township", "village", "name"},
	Hint: words("收货过秤和买家自提的地点，每个点由一个合作社管。", "Where goods are weighed and picked up; a cooperative runs each."),
	Fields: []entry.Field{
		{Name: "name", Head: words("集货点", "Point"), Aliases: []string{"集货点名称", "名称"}, Need: true, Max: 60, Example: "东河村集货点"},
		{Name: "township", Head: words("乡镇", "Township"), Type: entry.Ref, Refers: KindTownship, Need: true, Example: "青禾镇"},
		{Name: "village", Head: words("行政村", "Village"), Aliases: []string{"村", "村名"}, Need: true, Example: "东河村"},
		{Name: "org", Head: words("管理合作社", "Cooperative"), Aliases: []string{"合作社", "运营单位"}, Type: entry.Ref, Refers: KindOrganisation, Need: true, Max: 80, Example: "青禾县绿源鹅业专业合作社"},
		{Name: "address", Head: words("地址", "Address"), Max: 120, Example: "东河村委会院内"},
		{Name: "pickup", Head: words("可以自提", "Open to buyers"), Aliases: []string{"自提", "是否自提点"}, Type: entry.Flag, Default: true, Example: "是"},
		{Name: "hours", Head: words("开放时间", "Hours"), Aliases: []string{"营业时间"}, Max: 60, Example: "每天 8:00–17:00"},
		{Name: "phone", Head: words("联系电话", "Phone"), Aliases: []string{"电话"}, Type: entry.Phone, Example: "13900000004"},
	},
}

var programmeKind = entry.Kind{
	Name: KindProgramme, Title: words("项目", "Programmes"), Aliases: []string{"增收项目", "Programme"}, Key: []string{"code"},
	Hint: words("农户增收的项目。代码用小写字母，收入按它归类。", "The programmes that households earn by. Income is sorted by their codes."),
	Fields: []entry.Field{
		{Name: "code", Head: words("代码", "Code"), Aliases: []string{"项目代码"}, Need: true, Max: 30, Example: "garden"},
		{Name: "name", Head: words("项目", "Programme"), Aliases: []string{"项目名称", "名称"}, Need: true, Max: 30, Example: "庭院种植"},
		{Name: "name_en", Head: words("英文名", "English name"), Need: true, Max: 60, Example: "Home gardens"},
	},
	Check: func(v entry.Values) []entry.Fault { return checkWordCode(v, "code") },
}

var productKind = entry.Kind{
	Name: KindProduct, Title: words("产品", "Products"), Aliases: []string{"农产品", "Product"}, Key: []string{"code"},
	Hint: words("能卖的产品。“农户产出依据”决定开预售时每户有多少可卖。", "What can be sold. The yield decides how much each household has when a presale opens."),
	Fields: []entry.Field{
		{Name: "code", Head: words("代码", "Code"), Aliases: []string{"产品代码"}, Need: true, Max: 30, Example: "goose"},
		{Name: "name", Head: words("产品", "Product"), Aliases: []string{"产品名称", "名称"}, Need: true, Max: 30, Example: "散养大鹅"},
		{Name: "name_en", Head: words("英文名", "English name"), Need: true, Max: 60, Example: "Free-range goose"},
		{Name: "programme", Head: words("所属项目", "Programme"), Aliases: []string{"项目"}, Type: entry.Ref, Refers: KindProgramme, Need: true, Example: "庭院种植"},
		{Name: "order_unit", Head: words("订购单位", "Order unit"), Type: entry.Choice, Need: true, Values: unitValues(), Example: "只"},
		{Name: "price_unit", Head: words("计价单位", "Price unit"), Type: entry.Choice, Need: true, Values: unitValues(), Example: "斤"},
		{Name: "grams_per_unit", Head: words("单位毛重(公斤)", "Kilograms a unit"), Aliases: []string{"单位毛重", "单重"}, Type: entry.Grams, Max: 2_000_000, Example: "4.2",
			Hint: words("一个订购单位大约多重；按个数计价的可以不填。", "About how much one order unit weighs; left out where nobody weighs.")},
		{Name: "grades", Head: words("等级", "Grades"), Type: entry.Choices, Values: GradeValues(), Example: "特级、一级"},
		{Name: "season", Head: words("上市时间", "In season"), Aliases: []string{"季节"}, Max: 60, Example: "9 月到 11 月"},
		{Name: "storage", Head: words("保存方法", "Keeping"), Type: entry.Long, Max: 500, Example: "冷冻可存六个月"},
		{Name: "storage_en", Head: words("保存方法英文", "Keeping in English"), Type: entry.Long, Max: 800, Example: "Keeps six months frozen"},
		{Name: "cooking", Head: words("做法", "Cooking"), Type: entry.Long, Max: 500, Example: "宜炖"},
		{Name: "cooking_en", Head: words("做法英文", "Cooking in English"), Type: entry.Long, Max: 800, Example: "Best stewed"},
		{Name: "story", Head: words("介绍", "Story"), Type: entry.Long, Max: 800, Example: "河边散养，吃青草和玉米。"},
		{Name: "story_en", Head: words("介绍英文", "Story in English"), Type: entry.Long, Max: 1200, Example: "Raised by the river on grass and maize."},
		{Name: "picture", Head: words("图案", "Picture"), Type: entry.Choice, Values: pictureValues(), Example: "鹅"},
		{Name: "yield_of", Head: words("农户产出依据", "Yield follows"), Aliases: []string{"产出依据"}, Type: entry.Choice, Need: true, Example: "养鹅数", Values: []entry.Value{
			{Code: YieldRegistered, Name: words("按户产登记", "registered holdings"), Aliases: []string{"登记", "户产"}},
			{Code: YieldGeese, Name: words("养鹅数", "geese"), Aliases: []string{"鹅"}},
			{Code: YieldGarden, Name: words("园子面积", "garden area"), Aliases: []string{"园地面积", "半亩园面积"}},
			{Code: YieldProgramme, Name: words("参加项目的户", "households of the programme"), Aliases: []string{"按户"}},
		}},
		{Name: "yield", Head: words("每份产出", "Yield"), Aliases: []string{"产出"}, Type: entry.Count, Max: 1_000_000, Example: "1",
			Hint: words("每只鹅、每千平方米园子或每户能卖多少个订购单位；按户产登记的不填。", "Order units for each goose, for 1,000 m² of garden or for each household; empty for registered holdings.")},
		{Name: "raised", Head: words("可以代养", "May be raised"), Aliases: []string{"代养"}, Type: entry.Flag, Example: "是"},
	},
	Check: func(v entry.Values) []entry.Fault {
		if faults := checkWordCode(v, "code"); faults != nil {
			return faults
		}
		price, _ := money.UnitByCode(v.Text("price_unit"))
		registered := v.Text("yield_of") == YieldRegistered
		switch {
		case !price.Counted() && v.Int("grams_per_unit") == 0:
			return []entry.Fault{{Field: "grams_per_unit", Key: "presale.grams"}}
		case price.Counted() && v.Text("price_unit") != v.Text("order_unit"):
			return []entry.Fault{{Field: "price_unit", Key: "directory.price_unit"}}
		case !registered && v.Int("yield") == 0:
			return []entry.Fault{{Field: "yield", Key: "directory.yield"}}
		case registered && v.Int("yield") != 0:
			return []entry.Fault{{Field: "yield", Key: "directory.yield.none"}}
		}
		return nil
	},
}

var householdKind = entry.Kind{
	Name: KindHousehold, Title: words("农户", "Households"), Aliases: []string{"农户台账", "建档立卡户", "脱贫户", "Household"}, Key: []string{"code"},
	Hint: words("一行一户，填户主。其他成员填在“家庭成员”表。", "One household a row, with its head. Other members are on their own sheet."),
	Fields: []entry.Field{
		{Name: "code", Head: words("户编号", "Household code"), Aliases: []string{"编号", "农户编号"}, Type: entry.Code, Need: true, Example: "QH-01-001-0001"},
		{Name: "head", Head: words("户主姓名", "Head"), Aliases: []string{"户主", "姓名"}, Need: true, Max: 40, Personal: true, Example: "郑大河"},
		{Name: "id_number", Head: words("身份证号", "Id number"), Aliases: []string{"身份证号码", "证件号码", "户主身份证号"}, Type: entry.IDNumber, Need: true, Personal: true, Example: ""},
		{Name: "persons", Head: words("家庭人口", "Persons"), Aliases: []string{"人口", "人数", "家庭人口数"}, Type: entry.Count, Need: true, Min: 1, Max: 20, Example: "3"},
		{Name: "township", Head: words("乡镇", "Township"), Aliases: []string{"所属乡镇"}, Type: entry.Ref, Refers: KindTownship, Need: true, Example: "青禾镇"},
		{Name: "village", Head: words("行政村", "Village"), Aliases: []string{"村", "村名"}, Need: true, Example: "东河村"},
		{Name: "phone", Head: words("联系电话", "Phone"), Aliases: []string{"电话", "手机", "手机号"}, Type: entry.Phone, Personal: true, Example: "13900000005"},
		{Name: "programmes", Head: words("参与项目", "Programmes"), Aliases: []string{"项目"}, Type: entry.Refs, Refers: KindProgramme, Example: "庭院种植"},
		{Name: "garden_m2", Head: words("园子面积(亩)", "Garden (mu)"), Aliases: []string{"半亩园面积", "园子面积", "半亩园(亩)", "园地面积"}, Type: entry.Square, Max: 667_000, Example: "0.5"},
		{Name: "geese", Head: words("养鹅数", "Geese"), Aliases: []string{"养鹅数量", "鹅"}, Type: entry.Count, Max: 100_000, Example: "60"},
		{Name: "helper", Head: words("帮扶责任人", "Helper"), Aliases: []string{"帮扶人"}, Max: 80, Example: "周敏（县农业农村局）"},
		{Name: "needs", Head: words("家庭情况", "Needs"), Aliases: []string{"困难类型"}, Type: entry.Choices, Example: "老人", Values: []entry.Value{
			{Code: "elderly", Name: words("老人", "elderly"), Aliases: []string{"老年", "高龄"}},
			{Code: "disabled", Name: words("残疾", "disabled")},
			{Code: "illness", Name: words("大病", "ill"), Aliases: []string{"患病", "慢病"}},
			{Code: "alone", Name: words("独居", "lives alone")},
		}},
		{Name: "raiser", Head: words("代养大户", "Raiser"), Aliases: []string{"代养"}, Type: entry.Ref, Refers: KindOrganisation, Max: 80, Example: ""},
		{Name: "mushroom_bags", Head: words("菌袋数", "Mushroom bags"), Aliases: []string{"菌包数"}, Type: entry.Count, Max: 1_000_000, Example: ""},
	},
}

var memberKind = entry.Kind{
	Name: KindMember, Title: words("家庭成员", "Members"), Aliases: []string{"成员", "Member"}, Key: []string{"household", "name"},
	Hint: words("户主以外的家庭成员，一行一人。", "Members of households besides the head, one person a row."),
	Fields: []entry.Field{
		{Name: "household", Head: words("户编号", "Household code"), Aliases: []string{"编号"}, Type: entry.Ref, Refers: KindHousehold, Need: true, Example: "QH-01-001-0001"},
		{Name: "name", Head: words("姓名", "Name"), Aliases: []string{"成员姓名"}, Need: true, Max: 40, Personal: true, Example: "郑小雨"},
		{Name: "relation", Head: words("与户主关系", "Relation"), Aliases: []string{"关系"}, Need: true, Max: 10, Example: "女儿"},
		{Name: "id_number", Head: words("身份证号", "Id number"), Aliases: []string{"身份证号码"}, Type: entry.IDNumber, Personal: true, Example: ""},
		{Name: "born", Head: words("出生年份", "Born"), Aliases: []string{"出生年"}, Type: entry.Year, Min: 1900, Max: 2199, Example: "2012"},
		{Name: "female", Head: words("性别", "Sex"), Type: entry.Choice, Example: "女", Values: []entry.Value{
			{Code: "male", Name: words("男", "male")}, {Code: "female", Name: words("女", "female")}}},
	},
	Check: func(v entry.Values) []entry.Fault {
		switch {
		case v.Text("relation") == "户主":
			return []entry.Fault{{Field: "relation", Key: "directory.member.head"}}
		case v.Text("id_number") == "" && v.Int("born") == 0:
			return []entry.Fault{{Field: "born", Key: "directory.member.born"}}
		}
		return nil
	},
}

var holdingKind = entry.Kind{
	Name: KindHolding, Title: words("户产", "Holdings"), Aliases: []string{"户产登记", "养殖登记"}, Stays: true, Key: []string{"household", "product"},
	Hint: words("农户登记的、每季能卖的数量。猪、牛、羊、鸡和一村一品的产品在这里登记。", "What a household registers to sell in a season, such as pigs, sheep or a village's speciality."),
	Fields: []entry.Field{
		{Name: "household", Head: words("户编号", "Household code"), Aliases: []string{"编号"}, Type: entry.Ref, Refers: KindHousehold, Need: true, Example: "QH-01-001-0001"},
		{Name: "product", Head: words("产品", "Product"), Aliases: []string{"产品名称", "产品代码"}, Type: entry.Ref, Refers: KindProduct, Need: true, Example: "笨鸡"},
		{Name: "units", Head: words("每季可卖", "Units a season"), Aliases: []string{"数量", "可卖数量"}, Type: entry.Count, Need: true, Example: "30"},
	},
}

var membershipKind = entry.Kind{
	Name: KindMembership, Title: words("社员", "Cooperative members"), Aliases: []string{"合作社社员", "入股", "Membership"}, Key: []string{"org", "household"},
	Hint: words("哪户是哪个合作社的社员，入了多少股、托管了多少亩。", "Which households belong to which cooperative, with shares and entrusted land."),
	Fields: []entry.Field{
		{Name: "org", Head: words("合作社", "Cooperative"), Aliases: []string{"合作社名称", "单位名称"}, Type: entry.Ref, Refers: KindOrganisation, Need: true, Max: 80, Example: "青禾县绿源鹅业专业合作社"},
		{Name: "household", Head: words("户编号", "Household code"), Aliases: []string{"编号"}, Type: entry.Ref, Refers: KindHousehold, Need: true, Example: "QH-01-001-0001"},
		{Name: "shares", Head: words("股数", "Shares"), Aliases: []string{"股份"}, Type: entry.Count, Example: "2"},
		{Name: "share_fen", Head: words("每股金额(元)", "Yuan a share"), Aliases: []string{"每股金额", "股金"}, Type: entry.Money, Example: "500"},
		{Name: "entrusted", Head: words("托管面积(亩)", "Entrusted (mu)"), Aliases: []string{"托管面积", "托管亩数"}, Type: entry.Mu, Example: "1"},
		{Name: "since", Head: words("入社日期", "Since"), Type: entry.Day, Example: "2024-03-01"},
	},
}

var consentKind = entry.Kind{
	Name: KindConsent, Title: words("同意代办", "Consents"), Aliases: []string{"代办授权", "授权书", "委托代办"}, Stays: true, Key: []string{"household"},
	Hint: words("农户同意由帮扶责任人代办，一行一户。农户自己取消过的不会恢复。", "Households that let their helper act for them, one a row. What a household itself ended is not given again."),
	Fields: []entry.Field{
		{Name: "household", Head: words("户编号", "Household code"), Aliases: []string{"编号", "农户编号"}, Type: entry.Ref, Refers: KindHousehold, Need: true, Example: "QH-01-001-0001"},
		{Name: "given_on", Head: words("同意日期", "Date of consent"), Aliases: []string{"授权日期", "签字日期", "日期"}, Type: entry.Day, Need: true, Example: "2026-01-10"},
		{Name: "how", Head: words("方式", "How"), Aliases: []string{"同意方式"}, Type: entry.Choice, Default: "signed", Example: "签字", Values: []entry.Value{
			{Code: "signed", Name: words("签字", "signed")}, {Code: "phone", Name: words("电话", "by phone")}, {Code: "visit", Name: words("上门", "on a visit"), Aliases: []string{"入户"}}}},
		{Name: "helper", Head: words("帮扶责任人", "Helper"), Aliases: []string{"代办人", "帮扶人"}, Max: 80, Example: "周敏（县农业农村局）",
			Hint: words("填了就要和登记的一致。", "Where it is filled in, it has to be the registered one.")},
	},
}

// GradeValues are the grades that goods are sorted into, the best first.
func GradeValues() []entry.Value {
	return []entry.Value{
		{Code: "special", Name: words("特级", "special"), Aliases: []string{"extra"}},
		{Code: "first", Name: words("一级", "first")},
		{Code: "second", Name: words("二级", "second")},
	}
}

func unitValues() []entry.Value {
	var values []entry.Value
	for _, u := range money.Units() {
		values = append(values, entry.Value{Code: u.Code, Name: words(u.Zh, u.En)})
	}
	return values
}

// checkWordCode allows codes of small letters, digits and underscores, as addresses and files carry them.
func checkWordCode(v entry.Values, field string) []entry.Fault {
	for i, r := range v.Text(field) {
		if (r < 'a' || r > 'z') && (i == 0 || (r != '_' && (r < '0' || r > '9'))) {
			return []entry.Fault{{Field: field, Key: "directory.code"}}
		}
	}
	return nil
}
