package county

// Units people trade in.
var (
	gram  = Unit{"gram", "克", "g", 1}
	jin   = Unit{"jin", "斤", "jin (500 g)", 500}
	kilo  = Unit{"kg", "公斤", "kg", 1000}
	head  = Unit{"head", "只", "head", 0}
	egg   = Unit{"egg", "枚", "egg", 0}
	sack  = Unit{"sack", "袋", "sack (40 kg)", 40_000}
	box   = Unit{"box", "箱", "box (5 kg)", 5_000}
	share = Unit{"share", "股", "share", 0}
)

var produce = []Produce{
	{"goose", "大鹅", "Goose", head},
	{"goose_egg", "鹅蛋", "Goose eggs", egg},
	{"potato", "马铃薯", "Potatoes", jin},
	{"seed_potato", "种薯", "Seed potatoes", sack},
	{"purple_bean", "紫花油豆角", "Purple-flower beans", jin},
	{"kidney_bean", "芸豆", "Kidney beans", jin},
	{"ground_cherry", "小姑娘", "Ground cherries", jin},
	{"vegetable_box", "蔬菜箱", "Vegetable boxes", box},
	{"vegetable", "时令蔬菜", "Vegetables", jin},
	{"chilli", "辣椒", "Chillies", jin},
	{"melon", "瓜菜", "Melons and vegetables", jin},
	{"marigold", "万寿菊", "Marigold", jin},
	{"pig", "生猪", "Pigs", head},
	{"cattle", "肉牛", "Cattle", head},
	{"sheep", "肉羊", "Sheep", head},
	{"chicken", "笨鸡", "Free-range chickens", head},
	{"mushroom", "食用菌", "Mushrooms", share},
}

// specialities of the eighteen villages.
var specialities = []string{
	"purple_bean", "purple_bean", "purple_bean", "purple_bean", "ground_cherry", "ground_cherry",
	"kidney_bean", "kidney_bean", "kidney_bean", "melon", "melon", "chilli", "marigold",
	"goose", "pig", "chicken", "cattle", "sheep",
}

func grades(special, first, second int64, rules [6]string) []Grade {
	return []Grade{
		{"special", "特级", "Special", rules[0], rules[1], special},
		{"first", "一级", "First", rules[2], rules[3], first},
		{"second", "二级", "Second", rules[4], rules[5], second},
	}
}

func products() []Product {
	return []Product{
		{
			Key: "goose", Name: "农家大鹅", NameEn: "Farm goose", Programme: Geese,
			OrderUnit: head, PriceUnit: jin, StockUnit: head, TypicalGrams: 4_200, CatchWeight: true,
			Grades: grades(1600, 1400, 1200, [6]string{
				"毛鹅4.5公斤以上，羽毛丰满，胸肉厚实", "At least 4.5 kg live, full plumage, a broad breast",
				"毛鹅3.5公斤以上，健康无伤", "At least 3.5 kg live, healthy and unhurt",
				"毛鹅3公斤以上，偏瘦或有轻微擦伤", "At least 3 kg live, lean or slightly grazed",
			}),
			Summary:   "吃青草和玉米长大的白鹅，养足一百二十天才出栏。按只订，按集货点过秤的毛重算钱，代宰不收费。",
			SummaryEn: "White geese raised on grass and maize for a full hundred and twenty days. Ordered by the head, paid by the live weight on the collection point's scale; dressing is free.",
			Storage:   "冷冻可放六个月。下锅前一晚移到冷藏室慢慢化开，肉不柴。",
			StorageEn: "Keeps six months frozen. Thaw it overnight in the fridge so that the meat stays tender.",
			Cooking:   "铁锅炖大鹅：先煸出鹅油，下葱姜大料和大酱，开水没过肉，小火炖一个半小时，出锅前放土豆块和宽粉。",
			CookingEn: "Iron-pot goose: brown the pieces in their own fat with spring onion, ginger, star anise and soybean paste, cover with boiling water and simmer for an hour and a half; add potatoes and wide noodles at the end.",
			Picture:   "goose",
		},
		{
			Key: "goose_egg", Name: "鹅蛋", NameEn: "Goose eggs", Programme: Geese,
			OrderUnit: egg, PriceUnit: jin, StockUnit: egg, TypicalGrams: 140, CatchWeight: true,
			Grades: grades(1500, 1300, 1100, [6]string{
				"单枚150克以上，壳白无裂", "150 g or more each, white and sound",
				"单枚130克以上，壳净无裂", "130 g or more each, clean and sound",
				"单枚110克以上", "110 g or more each",
			}),
			Summary:   "院里散养的老鹅下的蛋，当天捡当天装托。按枚订，按斤算钱。",
			SummaryEn: "Laid by old geese that walk the yard, collected and packed the same day. Ordered by the egg, paid by weight.",
			Storage:   "大头朝上放阴凉处，冬天能放一个月，夏天请放冰箱。",
			StorageEn: "Keep the blunt end up in a cool place: a month in winter, in the fridge in summer.",
			Cooking:   "鹅蛋炒小葱，一枚够一盘；腌二十五天就是流油的咸鹅蛋。",
			CookingEn: "One egg scrambled with spring onions fills a plate; salted for twenty-five days the yolk runs with oil.",
			Picture:   "goose-egg",
		},
		{
			Key: "potato", Name: "黑土马铃薯", NameEn: "Black-earth potatoes", Programme: Garden,
			OrderUnit: jin, PriceUnit: jin, StockUnit: gram, TypicalGrams: 500,
			Grades: grades(180, 140, 100, [6]string{
				"单个200克以上，皮光芽眼浅", "200 g or more each, smooth skin, shallow eyes",
				"单个100克以上，无青皮无破损", "100 g or more each, no green, no cuts",
				"大小不齐，无腐烂", "Mixed sizes, no rot",
			}),
			Summary:   "园子里的黑土种出来的，起薯后在窖里缓过一周再装袋，面、沙、有土豆香。",
			SummaryEn: "Grown in the black earth of the yards and rested in the cellar for a week before they are packed: floury, with a taste of potato.",
			Storage:   "避光、通风，五度左右最好。别和苹果放在一起，容易发芽。",
			StorageEn: "Dark and airy, best at about five degrees. Not next to apples, which make them sprout.",
			Cooking:   "带皮蒸熟蘸大酱，或者跟豆角、排骨一锅炖。",
			CookingEn: "Steam them in their skins and dip in soybean paste, or stew them with beans and ribs.",
			Picture:   "potato",
		},
		{
			Key: "seed_potato", Name: "脱毒种薯", NameEn: "Virus-free seed potatoes", Programme: SeedPotato,
			OrderUnit: sack, PriceUnit: kilo, StockUnit: gram, TypicalGrams: 40_000,
			Grades: grades(220, 180, 150, [6]string{
				"原种，单个50至150克，检疫合格", "Foundation seed, 50–150 g each, with a health certificate",
				"一级种，单个50至200克，检疫合格", "First-generation seed, 50–200 g each, with a health certificate",
				"二级种，检疫合格", "Second-generation seed, with a health certificate",
			}),
			Summary:   "合作社替每户种一亩，统一供种、统一防病、统一入窖。四十公斤一袋，按公斤算钱，卖得的钱分红到户。",
			SummaryEn: "The cooperative plants one mu for every household, with the same stock, care and cellar. Forty-kilogram sacks priced by the kilogram; the proceeds go to the households as dividends.",
			Storage:   "窖温二到四度，播种前二十天出窖催芽，有烂薯随时挑出。",
			StorageEn: "Store at two to four degrees, sprout for twenty days before planting and pick out any that rot.",
			Cooking:   "种薯只作播种用，请不要食用。",
			CookingEn: "For planting only; please do not eat them.",
			Picture:   "seed-potato",
		},
		{
			Key: "purple_bean", Name: "紫花油豆角", NameEn: "Purple-flower beans", Programme: Garden,
			OrderUnit: jin, PriceUnit: jin, StockUnit: gram, TypicalGrams: 500,
			Grades: grades(500, 400, 320, [6]string{
				"当天采，荚宽肉厚，无筋无虫眼", "Picked the same day, broad and fleshy, no strings, no holes",
				"次日内采，大小匀", "Picked within a day, even in size",
				"荚略老，适合炖", "A little older, good for stews",
			}),
			Summary:   "开紫花的老品种，荚宽肉厚没有筋，炖着吃又面又香，是依安园子里种得最多的菜。",
			SummaryEn: "An old variety with purple flowers: broad, fleshy pods without strings that stew soft and savoury. Nothing is grown more in Yi'an's yards.",
			Storage:   "鲜豆角冷藏三到五天；焯水两分钟晾凉后冷冻，能吃一冬。",
			StorageEn: "Three to five days in the fridge; blanched for two minutes and frozen they last the winter.",
			Cooking:   "一定要炖透：五花肉煸香，下豆角翻炒到变色，加水小火炖二十五分钟以上，放土豆更好。",
			CookingEn: "Always cook them through: brown some pork belly, stir-fry the beans until they change colour, then simmer for at least twenty-five minutes, best with potatoes.",
			Picture:   "purple-bean",
		},
		{
			Key: "kidney_bean", Name: "芸豆", NameEn: "Kidney beans", Programme: Garden,
			OrderUnit: jin, PriceUnit: jin, StockUnit: gram, TypicalGrams: 500,
			Grades: grades(700, 600, 500, [6]string{
				"粒大匀净，水分14%以下", "Large and clean, moisture below 14%",
				"杂质1%以下，水分15%以下", "Less than 1% foreign matter, moisture below 15%",
				"有少量破粒", "A few broken beans",
			}),
			Summary:   "秋后打下来的新豆子，人工挑过，煮得起沙。",
			SummaryEn: "This autumn's beans, threshed and picked over by hand; they cook to a cream.",
			Storage:   "装瓶密封，放阴凉干燥处，一年内吃完。",
			StorageEn: "Airtight, cool and dry; best within the year.",
			Cooking:   "泡一夜，跟大碴子一起煮粥，或者加糖煮烂做豆沙。",
			CookingEn: "Soak overnight and boil with maize grits, or simmer with sugar into a paste.",
			Picture:   "kidney-bean",
		},
		{
			Key: "ground_cherry", Name: "小姑娘", NameEn: "Ground cherries", Programme: Garden,
			OrderUnit: jin, PriceUnit: jin, StockUnit: gram, TypicalGrams: 500,
			Grades: grades(1000, 800, 600, [6]string{
				"果径1.5厘米以上，金黄饱满，带壳", "At least 1.5 cm, golden and full, in the husk",
				"果径1.2厘米以上，八成以上熟", "At least 1.2 cm, mostly ripe",
				"小果，少量裂果", "Small, a few split",
			}),
			Summary:   "东北人小时候的零嘴，剥开灯笼壳，酸甜里带点奶香。",
			SummaryEn: "The sweet of every north-eastern childhood: open the paper lantern and find a tart, sweet, faintly milky berry.",
			Storage:   "带壳放通风处能放一个月，剥了壳请冷藏。",
			StorageEn: "A month in the husk in an airy place; in the fridge once husked.",
			Cooking:   "洗净当水果吃，也可以熬果酱、泡果酒。",
			CookingEn: "Eat them fresh, or make jam or a liqueur of them.",
			Picture:   "ground-cherry",
		},
		{
			Key: "vegetable_box", Name: "半亩园蔬菜箱", NameEn: "Garden vegetable box", Programme: Garden,
			OrderUnit: box, PriceUnit: box, StockUnit: box, TypicalGrams: 5_000,
			Grades: grades(6800, 5800, 4800, [6]string{
				"八样以上，精选", "Eight kinds or more, selected",
				"六样以上", "Six kinds or more",
				"四样以上，大小不齐", "Four kinds or more, mixed sizes",
			}),
			Summary:   "园子里有什么就装什么，一箱五公斤，够三口人吃一周。",
			SummaryEn: "Whatever the gardens have that week: five kilograms, enough for a family of three.",
			Storage:   "叶菜先吃，根茎菜放阴凉处。",
			StorageEn: "Eat the leaves first; keep the roots somewhere cool.",
			Cooking:   "蘸酱菜、大丰收、乱炖，一箱都有了。",
			CookingEn: "Raw with soybean paste, as a harvest platter or all together in one pot.",
			Picture:   "vegetable-box",
		},
	}
}
