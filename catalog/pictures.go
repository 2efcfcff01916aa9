package catalog

import "banmuyuan/internal/entry"

// pictureValues are the pictures that a product can have, by their file names in web/static/pictures.
func pictureValues() []entry.Value {
	return []entry.Value{
		{Code: "goose", Name: words("鹅", "goose")}, {Code: "gosling", Name: words("鹅苗", "gosling")}, {Code: "goose-egg", Name: words("鹅蛋", "goose egg")},
		{Code: "duck", Name: words("鸭", "duck")}, {Code: "chicken", Name: words("鸡", "chicken")}, {Code: "hen", Name: words("母鸡", "hen")},
		{Code: "feather", Name: words("羽毛", "feather")}, {Code: "pig", Name: words("猪", "pig")}, {Code: "cow", Name: words("牛", "cow")}, {Code: "sheep", Name: words("羊", "sheep")},
		{Code: "potato", Name: words("土豆", "potato")}, {Code: "seed-potato", Name: words("种薯", "seed potato")}, {Code: "bean", Name: words("豆角", "bean")},
		{Code: "purple-bean", Name: words("紫花油豆角", "purple-flower bean")}, {Code: "kidney-bean", Name: words("芸豆", "kidney bean")}, {Code: "pea", Name: words("豌豆", "pea")},
		{Code: "corn", Name: words("玉米", "maize")}, {Code: "rice", Name: words("稻米", "rice")}, {Code: "mushroom", Name: words("菌", "mushroom")},
		{Code: "ground-cherry", Name: words("小姑娘", "ground cherry")}, {Code: "melon", Name: words("香瓜", "melon")}, {Code: "watermelon", Name: words("西瓜", "watermelon")},
		{Code: "chilli", Name: words("辣椒", "chilli")}, {Code: "tomato", Name: words("西红柿", "tomato")}, {Code: "cucumber", Name: words("黄瓜", "cucumber")},
		{Code: "eggplant", Name: words("茄子", "aubergine")}, {Code: "carrot", Name: words("胡萝卜", "carrot")}, {Code: "onion", Name: words("葱头", "onion")},
		{Code: "garlic", Name: words("大蒜", "garlic")}, {Code: "leafy-green", Name: words("青菜", "leafy greens")}, {Code: "marigold", Name: words("万寿菊", "marigold")},
		{Code: "seedling", Name: words("幼苗", "seedling")}, {Code: "vegetable-box", Name: words("蔬菜箱", "vegetable box")}, {Code: "basket", Name: words("篮子", "basket")},
	}
}
