package county

// specialityProducts are the goods of the speciality villages that no presale of this season offers: a county opens one for
// them like for any other, because their households register the units of the season.
func specialityProducts() []Product {
	return []Product{
		{
			Key: "chicken", Name: "笨鸡", NameEn: "Free-range chicken", Programme: Speciality, Registered: true,
			OrderUnit: head, PriceUnit: jin, StockUnit: head, TypicalGrams: 2_000, CatchWeight: true,
			Summary: "满院跑的鸡，吃虫、吃草、吃玉米，养足八个月。", SummaryEn: "Chickens that run about the yard on insects, grass and maize for eight months.",
			Storage: "冷冻可放六个月，化开后当天吃完。", StorageEn: "Keeps six months frozen; eat it on the day it is thawed.",
			Cooking: "和榛蘑、粉条一起炖一小时。", CookingEn: "Stew for an hour with hazel mushrooms and glass noodles.", Picture: "chicken",
		},
		{
			Key: "pig", Name: "农家猪", NameEn: "Farm pig", Programme: Speciality, Registered: true,
			OrderUnit: head, PriceUnit: jin, StockUnit: head, TypicalGrams: 120_000, CatchWeight: true,
			Summary: "吃玉米、豆饼和青菜长大的猪，养足十个月。按头订，按过秤的毛重算钱。", SummaryEn: "Pigs fed on maize, soybean cake and greens for ten months. Ordered by the head, paid by the live weight.",
			Storage: "分割后冷冻，半年内吃完。", StorageEn: "Freeze it in cuts and use it within half a year.",
			Cooking: "杀猪菜、红烧肉、灌血肠都合适。", CookingEn: "For stews with pickled cabbage, braised pork and blood sausage.", Picture: "pig",
		},
		{
			Key: "cattle", Name: "肉牛", NameEn: "Beef cattle", Programme: Speciality, Registered: true,
			OrderUnit: head, PriceUnit: jin, StockUnit: head, TypicalGrams: 550_000, CatchWeight: true,
			Summary: "散养的黄牛，冬天喂青贮玉米。按头订，按过秤的毛重算钱。", SummaryEn: "Yellow cattle kept outdoors and fed on silage in winter. Ordered by the head, paid by the live weight.",
			Storage: "排酸后分割冷冻。", StorageEn: "Age it, cut it and freeze it.",
			Cooking: "牛腩清炖，牛腱酱制。", CookingEn: "Simmer the brisket; braise the shank in soy sauce.", Picture: "cow",
		},
		{
			Key: "sheep", Name: "草原羊", NameEn: "Grassland sheep", Programme: Speciality, Registered: true,
			OrderUnit: head, PriceUnit: jin, StockUnit: head, TypicalGrams: 45_000, CatchWeight: true,
			Summary: "在草甸子上放大的羊，肉嫩膻味轻。", SummaryEn: "Sheep grazed on the meadows, tender and mild.",
			Storage: "分割后冷冻，半年内吃完。", StorageEn: "Freeze it in cuts and use it within half a year.",
			Cooking: "清水炖煮，出锅前放盐和葱花。", CookingEn: "Simmer in plain water; add salt and spring onion at the end.", Picture: "sheep",
		},
		{
			Key: "chilli", Name: "红辣椒", NameEn: "Red chilli", Programme: Speciality, Registered: true,
			OrderUnit: jin, PriceUnit: jin, StockUnit: gram, TypicalGrams: 500,
			Summary: "红透了才摘的线椒，香辣适中。", SummaryEn: "Long chillies picked when red through, fragrant and fairly hot.",
			Storage: "鲜椒冷藏十天，晒干能放一年。", StorageEn: "Ten days in the fridge; a year when dried.",
			Cooking: "炒菜、腌渍、做辣酱。", CookingEn: "For frying, pickling and chilli paste.", Picture: "chilli",
		},
		{
			Key: "melon", Name: "瓜菜", NameEn: "Melons and vegetables", Programme: Speciality, Registered: true,
			OrderUnit: jin, PriceUnit: jin, StockUnit: gram, TypicalGrams: 500,
			Summary: "香瓜、西瓜和当季蔬菜，清早摘下就送集货点。", SummaryEn: "Musk melons, watermelons and vegetables of the season, picked at dawn.",
			Storage: "阴凉通风，一周内吃完。", StorageEn: "Keep it cool and airy and eat it within a week.",
			Cooking: "瓜切开就吃，菜清炒或凉拌。", CookingEn: "Cut the melons open; fry the vegetables or make a salad.", Picture: "melon",
		},
		{
			Key: "marigold", Name: "万寿菊", NameEn: "Marigold", Programme: Speciality, Registered: true,
			OrderUnit: kilo, PriceUnit: kilo, StockUnit: gram, TypicalGrams: 1_000,
			Summary: "提取叶黄素用的鲜花，盛开时采，当天交货。", SummaryEn: "Fresh flowers for lutein, picked in full bloom and delivered the same day.",
			Storage: "当天送到加工厂。", StorageEn: "Take it to the factory on the same day.",
			Cooking: "加工用，不作食用。", CookingEn: "For processing, not for eating.", Picture: "marigold",
		},
	}
}

// yields of a household of a speciality village in a season, in order units.
var specialityYields = map[string]struct{ least, most int64 }{
	"chicken": {30, 200}, "pig": {1, 8}, "cattle": {1, 3}, "sheep": {3, 25}, "chilli": {200, 1_500}, "melon": {500, 4_000}, "marigold": {300, 2_000},
}

// holdings: most households of a speciality village register some units of it.
func (g *generator) holdings() {
	r := g.random("holdings")
	for i := range g.Households {
		h := &g.Households[i]
		h.Speciality = g.Villages[h.Village].Produce
		if y, registered := specialityYields[h.Speciality]; registered && r.chance(70) {
			h.SpecialityUnits = r.between(y.least, y.most)
		}
	}
}
