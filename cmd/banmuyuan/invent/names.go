package invent

import (
	"math/rand/v2"
	"strings"
)

// Surnames with their rough share in the north-east, per thousand.
var surnames, surnameWeights = counted(`王 105 张 92 李 90 刘 78 赵 42 孙 36 杨 33 于 28 陈 26 徐 24 周 18 高 18 马 17 吴 16
	姜 15 宋 15 郭 14 朱 14 胡 13 韩 12 林 11 何 10 许 10 曹 10 董 10 冯 10 潘 9 梁 9 田 9 邢 9 袁 8 丁 8 崔 8 范 8 吕 8 任 8
	谭 7 付 7 姚 7 孟 7 石 7 白 7 关 7 邹 6 鞠 4 曲 6 隋 4 汪 5 卢 5 史 5 尹 5 金 6 常 5 侯 5 肖 5 葛 4 佟 3 那 2 阎 4 康 4
	温 3 仲 2 滕 3 栾 3 初 2 矫 1 宫 2 迟 2`)

// Given names follow the years people were born in.
var (
	oldMale   = strings.Fields("德 广 永 玉 洪 凤 国 长 景 庆 春 福 树 文 万 忠 殿 宝 占 喜")
	oldMale2  = strings.Fields("山 财 林 海 发 江 才 祥 贵 生 武 义 田 和 民 军 荣 学 友 臣 清 文")
	oldWoman  = strings.Fields("淑 桂 玉 凤 秀 亚 素 金 彩 春 月 翠 连 雅")
	oldWoman2 = strings.Fields("兰 英 珍 芝 芹 华 琴 霞 云 香 荣 梅 杰 清 范 环 敏 贤 芬 莲")

	midMale  = strings.Fields("建国 建军 志刚 志强 国庆 海波 海涛 立新 立军 永刚 永强 洪波 洪亮 长江 宏伟 伟 军 刚 勇 强 涛 明 峰 波 春雷 春生 晓东 晓光 树森 文革 金龙 凤军 宝权 彦明 彦龙 学军 喜军 庆华 铁军 玉龙 德军 景春 振江 振海 延东 亚军 忠诚 福来 广胜 兴华")
	midWoman = strings.Fields("丽 丽华 艳 艳华 艳玲 秀梅 秀丽 春梅 春艳 晓红 晓丽 红 红梅 红霞 敏 静 玲 玲玲 丽娟 丽萍 淑华 淑梅 亚芹 亚杰 凤霞 凤芝 海燕 海霞 立华 立梅 桂芬 雪梅 冬梅 玉华 玉玲 金凤 彩霞 云霞 英 娟 萍 颖 慧 丹 晶 洪艳 洪梅 桂杰")

	youngMale  = strings.Fields("浩 宇 鑫 磊 鹏 杰 帅 阳 博 超 天宇 浩然 子豪 俊杰 明轩 佳明 佳旭 嘉乐 宇航 宇轩 思远 文博 志远 立博 世杰 金鹏 家豪 泽宇 一鸣 晨阳 旭 凯 龙 健 楠 冬 洋 佳鑫 春旭 继业")
	youngWoman = strings.Fields("婷婷 佳怡 雨欣 欣怡 思彤 诗涵 梦琪 雪 雪莹 莹莹 佳慧 佳琪 丹丹 悦 静怡 欣悦 雨桐 梓涵 可心 文静 晓雨 美琪 思雨 嘉欣 雅琪 宁 倩 倩倩 琳 璐 瑶 颖 天娇 春雨 冰冰 文慧 若涵 佳欣 彤彤 紫薇")
)

// HelperUnits lists units of a county that send helpers.
var HelperUnits = strings.Fields(`县农业农村局 县林业和草原局 县水务局 县教育局 县卫生健康局 县人民医院 县中医医院 县交通运输局 县住房和城乡建设局 县财政局
	县审计局 县统计局 县民政局 县残疾人联合会 县人力资源和社会保障局 县自然资源局 县生态环境局 县市场监督管理局 县应急管理局 县文体广电和旅游局
	县供销合作社 县总工会 县妇女联合会 团县委 县工商业联合会 县科学技术协会 县档案馆 县委党校 县融媒体中心 县第一中学 县实验小学 县职业技术教育中心
	县农机总站 县畜牧水产服务中心 县粮食储备中心 县气象局 县供电公司 县邮政分公司 县医疗保障局 县退役军人事务局 县信访局 县司法局`)

// counted reads pairs of a word and its weight.
func counted(text string) (words []string, weights []int) {
	fields := strings.Fields(text)
	for i := 0; i+1 < len(fields); i += 2 {
		n := 0
		for _, d := range fields[i+1] {
			n = n*10 + int(d-'0')
		}
		words, weights = append(words, fields[i]), append(weights, n)
	}
	return words, weights
}

// Surname draws a surname.
func Surname(r *rand.Rand) string { return surnames[Weighted(r, surnameWeights)] }

// Given draws a first name as it was given around the birth year.
func Given(r *rand.Rand, female bool, born int) string {
	switch {
	case born < 1964 && !female:
		return Pick(r, oldMale) + Pick(r, oldMale2)
	case born < 1964:
		return Pick(r, oldWoman) + Pick(r, oldWoman2)
	case born < 1988 && !female:
		return Pick(r, midMale)
	case born < 1988:
		return Pick(r, midWoman)
	case !female:
		return Pick(r, youngMale)
	}
	return Pick(r, youngWoman)
}

// Worker draws the name of a person of working age.
func Worker(r *rand.Rand, year int) string {
	female := Chance(r, 42)
	return Surname(r) + Given(r, female, year-int(Between(r, 26, 58)))
}
