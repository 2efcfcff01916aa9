package county

import "strings"

// townshipNames are given; the offsets from the county seat and the village
// counts (149 in all) are invented.
var townshipNames = []struct {
	name, english string
	lat, lon      float64
	villages      int
}{
	{"依安镇", "Yi'an", 0, 0, 12},
	{"依龙镇", "Yilong", -0.17, -0.21, 12},
	{"双阳镇", "Shuangyang", -0.19, 0.19, 11},
	{"三兴镇", "Sanxing", 0.19, -0.16, 11},
	{"中心镇", "Zhongxin", 0.03, -0.29, 10},
	{"新兴镇", "Xinxing", 0.20, 0.12, 10},
	{"富饶乡", "Furao", -0.20, -0.01, 10},
	{"解放乡", "Jiefang", 0.04, 0.28, 9},
	{"阳春乡", "Yangchun", -0.05, 0.49, 9},
	{"新发乡", "Xinfa", 0.23, 0.38, 9},
	{"太东乡", "Taidong", -0.18, 0.40, 10},
	{"上游乡", "Shangyou", 0.21, -0.41, 9},
	{"红星乡", "Hongxing", 0.36, 0.00, 9},
	{"先锋乡", "Xianfeng", -0.35, -0.13, 9},
	{"新屯乡", "Xintun", -0.36, 0.13, 9},
}

// villageNames are of the kind villages have in the north of Heilongjiang.
var villageNames = strings.Fields(`
	兴隆 Xinglong 永胜 Yongsheng 东升 Dongsheng 新民 Xinmin 保国 Baoguo 爱国 Aiguo 建设 Jianshe 和平 Heping 富强 Fuqiang 民主 Minzhu
	团结 Tuanjie 胜利 Shengli 光明 Guangming 前进 Qianjin 红旗 Hongqi 向阳 Xiangyang 东风 Dongfeng 庆丰 Qingfeng 丰收 Fengshou 长胜 Changsheng
	长安 Chang'an 永安 Yong'an 平安 Ping'an 福兴 Fuxing 福安 Fu'an 德胜 Desheng 德兴 Dexing 仁和 Renhe 义和 Yihe 信和 Xinhe
	同心 Tongxin 同乐 Tongle 同德 Tongde 友谊 Youyi 互助 Huzhu 自强 Ziqiang 自立 Zili 奋斗 Fendou 勤俭 Qinjian 勤劳 Qinlao
	创业 Chuangye 振兴 Zhenxing 复兴 Fuxing 中兴 Zhongxing 永兴 Yongxing 双兴 Shuangxing 双发 Shuangfa 双合 Shuanghe 双山 Shuangshan 大兴 Daxing
	大发 Dafa 大成 Dacheng 宝山 Baoshan 宝泉 Baoquan 宝丰 Baofeng 金山 Jinshan 金星 Jinxing 金龙 Jinlong 银河 Yinhe 玉泉 Yuquan
	清泉 Qingquan 龙泉 Longquan 龙江 Longjiang 龙山 Longshan 卧龙 Wolong 青山 Qingshan 青松 Qingsong 松林 Songlin 柳林 Liulin 杨林 Yanglin
	榆林 Yulin 柞树 Zuoshu 桦林 Hualin 白杨 Baiyang 三合 Sanhe 三星 Sanxing 三江 Sanjiang 四合 Sihe 四方 Sifang 五星 Wuxing
	六合 Liuhe 七星 Qixing 九井 Jiujing 东胜 Dongsheng 西胜 Xisheng 南胜 Nansheng 北胜 Beisheng 东兴 Dongxing 西兴 Xixing 南兴 Nanxing
	北兴 Beixing 东安 Dong'an 乌南 Wunan 乌北 Wubei 河东 Hedong 河西 Hexi 沿河 Yanhe 临江 Linjiang 湖滨 Hubin 泉眼 Quanyan
	荷花 Hehua 苇塘 Weitang 草原 Caoyuan 沃土 Wotu 丰产 Fengchan 丰乐 Fengle 丰泽 Fengze 富民 Fumin 富海 Fuhai 惠民 Huimin
	利民 Limin 为民 Weimin 安民 Anmin 育民 Yumin 新华 Xinhua 新立 Xinli 新生 Xinsheng 新合 Xinhe 新安 Xin'an 新胜 Xinsheng
	新丰 Xinfeng 新农 Xinnong 新光 Xinguang 新春 Xinchun 春光 Chunguang 春晓 Chunxiao 春华 Chunhua 朝阳 Chaoyang 晨光 Chenguang 曙光 Shuguang
	星光 Xingguang 星火 Xinghuo 火炬 Huoju 灯塔 Dengta 先进 Xianjin 跃进 Yuejin 奋进 Fenjin 卫国 Weiguo 保民 Baomin 立新 Lixin
	革新 Gexin 崇德 Chongde 怀德 Huaide 乐业 Leye 兴业 Xingye 守业 Shouye 顺利 Shunli 顺发 Shunfa 顺兴 Shunxing 万发 Wanfa
	万宝 Wanbao 万和 Wanhe 广发 Guangfa 广兴 Guangxing 聚宝 Jubao 聚兴 Juxing 永发 Yongfa 永丰 Yongfeng 永久 Yongjiu 永乐 Yongle
	永和 Yonghe 永强 Yongqiang 永富 Yongfu`)

// brandFirst and brandLast, each with its sound, make the names cooperatives like
// to have; takenBrands are somebody else's.
var (
	brandFirst = strings.Fields("丰 Feng 金 Jin 鑫 Xin 瑞 Rui 兴 Xing 盛 Sheng 富 Fu 绿 Lü 天 Tian 永 Yong 广 Guang 春 Chun 宏 Hong 顺 Shun 裕 Yu 恒 Heng 嘉 Jia 庆 Qing")
	brandLast  = strings.Fields("源 yuan 谷 gu 泽 ze 禾 he 田 tian 农 nong 达 da 旺 wang 景 jing 野 ye 润 run 收 shou")

	takenBrands = strings.Fields("丰田 永旺 天润 广达 富达")
)

// trades are the cooperatives' lines of business: the words in their name and their main produce.
var trades = []struct{ words, english, produce string }{
	{"大鹅养殖", "Goose Raising", "goose"},
	{"紫花油豆角种植", "Purple-flower Bean Growing", "purple_bean"},
	{"蔬菜种植", "Vegetable Growing", "vegetable_box"},
	{"马铃薯种植", "Potato Growing", "potato"},
	{"芸豆种植", "Kidney Bean Growing", "kidney_bean"},
	{"食用菌种植", "Mushroom Growing", "mushroom"},
	{"浆果种植", "Ground Cherry Growing", "ground_cherry"},
	{"禽蛋购销", "Poultry and Egg Trading", "goose_egg"},
	{"辣椒种植", "Chilli Growing", "chilli"},
	{"万寿菊种植", "Marigold Growing", "marigold"},
	{"生猪养殖", "Pig Raising", "pig"},
	{"肉牛养殖", "Cattle Raising", "cattle"},
	{"肉羊养殖", "Sheep Raising", "sheep"},
	{"蛋鸡养殖", "Laying Hen", "chicken"},
}

// cities of the private buyers, with districts.
var cities = [][]string{
	{"哈尔滨市", "南岗区", "道里区", "香坊区", "松北区"},
	{"哈尔滨市", "南岗区", "道外区", "平房区", "呼兰区"},
	{"齐齐哈尔市", "龙沙区", "建华区", "铁锋区"},
	{"大庆市", "萨尔图区", "让胡路区", "龙凤区"},
	{"北京市", "朝阳区", "海淀区", "丰台区", "通州区"},
	{"长春市", "朝阳区", "南关区", "绿园区"},
	{"沈阳市", "和平区", "铁西区", "皇姑区"},
	{"大连市", "中山区", "沙河口区", "甘井子区"},
	{"天津市", "河西区", "南开区"},
	{"上海市", "杨浦区", "浦东新区"},
	{"深圳市", "南山区", "福田区"},
}

var estates = strings.Fields("演示家园 演示花园 演示小区 演示新村 演示雅苑 演示华庭")
