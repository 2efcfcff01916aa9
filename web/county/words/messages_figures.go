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
}
