package example

type product struct {
	code, name, english, programme string
	order, price, kilos            string // units, and the weight of an order unit
	season, yieldOf, yield         string
	raised                         bool
	picture                        string
	storage, storageEn             string
	cooking, cookingEn             string
	story, storyEn                 string
}

var products = []product{
	{code: "white_goose", name: "散养白鹅", english: "Free-range white goose", programme: "林下养禽", order: "只", price: "斤", kilos: "4",
		season: "9 月到 11 月", yieldOf: "养鹅数", yield: "1", raised: true, picture: "goose",
		storage: "冷冻可存六个月，吃前一晚放冷藏化开。", storageEn: "Keeps six months frozen; thaw it in the fridge overnight.",
		cooking: "加葱姜大酱小火慢炖。", cookingEn: "Braise slowly with spring onion, ginger and soybean paste.",
		story: "林子里放养，吃草和玉米，养足四个月。", storyEn: "Raised under trees on grass and maize for a full four months."},
	{code: "goose_eggs", name: "林下鹅蛋", english: "Woodland goose eggs", programme: "林下养禽", order: "枚", price: "枚", kilos: "0.14",
		season: "3 月到 6 月", yieldOf: "养鹅数", yield: "4", picture: "goose-egg",
		storage: "大头朝上放阴凉处，一个月内吃完。", storageEn: "Blunt end up in a cool place, for a month.",
		cooking: "炒小葱，或腌成咸蛋。", cookingEn: "Scramble with spring onions, or salt them.",
		story: "老鹅在林下下的蛋，当天捡当天装。", storyEn: "Laid under the trees, collected and packed the same day."},
	{code: "yard_hen", name: "溜达鸡", english: "Yard chicken", programme: "林下养禽", order: "只", price: "斤", kilos: "2",
		season: "全年", yieldOf: "按户产登记", picture: "chicken",
		storage: "冷冻可存六个月。", storageEn: "Keeps six months frozen.",
		cooking: "和榛蘑一起炖一小时。", cookingEn: "Stew with hazel mushrooms for an hour.",
		story: "院里院外满地跑，吃虫吃草吃玉米，一年才出栏。", storyEn: "Runs about the yard on insects, grass and maize for a year."},
	{code: "hen_eggs", name: "笨鸡蛋", english: "Yard eggs", programme: "林下养禽", order: "枚", price: "枚", kilos: "0.05",
		season: "全年", yieldOf: "按户产登记", picture: "hen",
		storage: "阴凉处放二十天，夏天放冰箱。", storageEn: "Twenty days in a cool place, in the fridge in summer.",
		cooking: "煮、炒、蒸都好。", cookingEn: "Boil, fry or steam.",
		story: "溜达鸡下的蛋，蛋黄颜色深。", storyEn: "From hens that run about; the yolks are dark."},
	{code: "black_pig", name: "黑猪", english: "Black pig", programme: "户养牲畜", order: "只", price: "斤", kilos: "110",
		season: "11 月到 1 月", yieldOf: "按户产登记", picture: "pig",
		storage: "分割后冷冻，半年内吃完。", storageEn: "Freeze it in cuts and use within half a year.",
		cooking: "杀猪菜、红烧、灌肠都合适。", cookingEn: "For stews with pickled cabbage, braising and sausages.",
		story: "吃熟食和青饲料，养够一年。", storyEn: "Fed on boiled feed and greens for a full year."},
	{code: "tail_sheep", name: "小尾寒羊", english: "Small-tail sheep", programme: "户养牲畜", order: "只", price: "斤", kilos: "45",
		season: "10 月到 1 月", yieldOf: "按户产登记", picture: "sheep",
		storage: "分割后冷冻，半年内吃完。", storageEn: "Freeze it in cuts and use within half a year.",
		cooking: "清炖，出锅前放盐和葱花。", cookingEn: "Simmer in water; add salt and spring onion at the end.",
		story: "草甸子上放大的羊，膻味轻。", storyEn: "Grazed on the meadows; mild in taste."},
	{code: "husk_berry", name: "菇娘果", english: "Ground cherry", programme: "庭院种植", order: "斤", price: "斤", kilos: "0.5",
		season: "8 月到 10 月", yieldOf: "园子面积", yield: "320", picture: "ground-cherry",
		storage: "带皮通风放一个月，剥皮后冷藏。", storageEn: "A month in the husk in an airy place; in the fridge once husked.",
		cooking: "洗净就能吃，也能熬酱。", cookingEn: "Eat them fresh or make jam.",
		story: "灯笼皮里的小黄果，酸甜。", storyEn: "A small yellow berry in a paper lantern, tart and sweet."},
	{code: "red_chilli", name: "红辣椒", english: "Red chilli", programme: "庭院种植", order: "斤", price: "斤", kilos: "0.5",
		season: "8 月到 10 月", yieldOf: "园子面积", yield: "560", picture: "chilli",
		storage: "鲜椒冷藏十天，晒干后能放一年。", storageEn: "Ten days in the fridge; a year when dried.",
		cooking: "炒菜、腌渍、做辣酱。", cookingEn: "For frying, pickling and chilli paste.",
		story: "院里种的线椒，红透了才摘。", storyEn: "Long chillies from the yards, picked when they are red through."},
	{code: "red_potato", name: "红皮土豆", english: "Red potatoes", programme: "庭院种植", order: "袋", price: "斤", kilos: "20",
		season: "9 月到 12 月", yieldOf: "园子面积", yield: "24", picture: "potato",
		storage: "避光通风，五度左右最好。", storageEn: "Dark and airy, best at about five degrees.",
		cooking: "蒸、炖、烤都面。", cookingEn: "Floury when steamed, stewed or baked.",
		story: "沙土地里起的土豆，二十公斤一袋。", storyEn: "Dug from sandy soil, in sacks of twenty kilograms."},
	{code: "greens_box", name: "时令菜箱", english: "Box of the season", programme: "庭院种植", order: "箱", price: "箱", kilos: "5",
		season: "6 月到 10 月", yieldOf: "园子面积", yield: "45", picture: "vegetable-box",
		storage: "叶菜先吃，根茎菜放阴凉处。", storageEn: "Eat the leaves first; keep the roots somewhere cool.",
		cooking: "凉拌、清炒、做汤。", cookingEn: "For salads, frying and soup.",
		story: "院里当季有什么就装什么，一箱五公斤。", storyEn: "Whatever the yards have that week, five kilograms a box."},
}
