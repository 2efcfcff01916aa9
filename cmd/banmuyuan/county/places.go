package county

import (
	"fmt"
	"math"

	"banmuyuan/cmd/banmuyuan/invent"
)

// The county seat.
const (
	seatLat = 47.89
	seatLon = 125.31
)

func (g *generator) townships() {
	for i, t := range townshipNames {
		english := t.english + " Town"
		if r := []rune(t.name); r[len(r)-1] == '乡' {
			english = t.english + " Township"
		}
		g.Townships = append(g.Townships, Township{
			Code: fmt.Sprintf("990223%03d", 101+i), Name: t.name, NameEn: english,
			Lat: degrees(seatLat + t.lat), Lon: degrees(seatLon + t.lon),
		})
	}
}

// villages spreads the poor ones evenly over the townships, so that each has
// some, and lays every township's villages out in a spiral that does not overlap.
func (g *generator) villages() {
	r := g.random("villages")
	names := r.Perm(len(villageNames) / 2)
	var perTownship []int64
	for _, t := range townshipNames {
		perTownship = append(perTownship, int64(t.villages))
	}
	poor := apportion(PoorVillages, perTownship)
	solar := apportion(SolarVillages, poor)
	units := r.Perm(len(invent.HelperUnits))

	for t := range townshipNames {
		order := r.Perm(townshipNames[t].villages)
		for i := range townshipNames[t].villages {
			n := len(g.Villages)
			name, english := villageNames[2*names[n]], villageNames[2*names[n]+1]
			angle := 2.399963*float64(i) + float64(t)
			radius := 0.082 * math.Sqrt((float64(i)+0.7)/float64(townshipNames[t].villages))
			secretary := r.worker(g.Season)
			g.Villages = append(g.Villages, Village{
				Code: fmt.Sprintf("%s%03d", g.Townships[t].Code, 201+i), Number: n + 1,
				Name: name + "村", NameEn: english + " Village", Township: t,
				Lat:       degrees(g.Townships[t].Lat + radius*math.Sin(angle)),
				Lon:       degrees(g.Townships[t].Lon + 1.3*radius*math.Cos(angle)),
				Poor:      int64(order[i]) < poor[t],
				Solar:     int64(order[i]) < solar[t],
				Secretary: secretary,
				Unit:      invent.HelperUnits[units[n%len(units)]],
				Point: CollectionPoint{
					Code: fmt.Sprintf("JH-%03d", n+1), Name: name + "村集货点",
					Address:     fmt.Sprintf("%s%s村村部院内", g.Townships[t].Name, name),
					Cooperative: None,
				},
			})
		}
	}

	scores := make([]int, VillageCount)
	for i := range scores {
		scores[i] = r.IntN(1 << 20)
	}
	next := 0
	for i, special := range chosen(SpecialVillages, scores) {
		if special {
			g.Villages[i].Produce = specialities[next]
			next++
		}
	}
}

// stations: 45 for 47 villages, so two villages share with a neighbour twice.
func (g *generator) stations() {
	r := g.random("stations")
	var hosts []int
	for i := range g.Villages {
		if g.Villages[i].Solar {
			hosts = append(hosts, i)
		}
	}
	shared := len(hosts) - SolarStationCount
	weights := make([]int64, SolarStationCount)
	for i, n := 0, 0; i < SolarStationCount; i++ {
		villages := []int{hosts[n]}
		n++
		if i < shared {
			villages = append(villages, hosts[n])
			n++
		}
		weights[i] = r.between(24, 40) * int64(len(villages))
		name := g.Villages[villages[0]].Name + "光伏电站"
		if len(villages) == 2 {
			name = g.Villages[villages[0]].Name + "、" + g.Villages[villages[1]].Name + "联建光伏电站"
		}
		g.Stations = append(g.Stations, SolarStation{
			Code: fmt.Sprintf("GF-%02d", i+1), Name: name, Villages: villages,
		})
	}
	for i, kw := range apportion(SolarKilowatts/10, weights) {
		g.Stations[i].Kilowatts = kw * 10
	}
}

func degrees(x float64) float64 { return math.Round(x*1e4) / 1e4 }
