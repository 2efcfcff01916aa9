// Package county generates the demo county: Yi'an's townships, villages,
// registered households, cooperatives, presales with their lots and two earlier
// seasons of income, as plain data that the modules' bulk loaders take in.
//
// It owns nothing but the generation. Invariants:
//
//   - Every total that was reported about the county comes out exactly, for
//     every seed; the constants below are these totals.
//   - The same seed and the same calendar year give the same county. Only the
//     windows and titles of the presales follow the day.
//   - Nobody in it can be a real person. Names are drawn from lists, identity
//     numbers carry the region 999999, phones begin with 000, bank accounts with
//     0000, administrative codes with 99; coordinates, village names and which
//     village is poor are invented as well. Every record of a person or an
//     organisation carries [Mark].
//
// # Income of the earlier seasons
//
// The county reported the additional income per head from these industries:
// 828 yuan, then 895, then (this season's target) 1,177. The first two are
// reproduced to the fen over all persons. They are income after costs, so an
// [Income] record keeps apart the household's money (AmountFen), the
// cooperative's fee (FeeFen) and the advance for goslings and feed that was paid
// back out of the sale (CostFen).
//
// Two more averages were reported: 350 yuan per person of seed potato dividends
// and 669.60 yuan per household of solar income. Both fit under 895 yuan a head
// and both are met exactly by last season, the last complete one (350 × persons
// and 3,152 × 669.60; the 459 yuan a head that remain come from gardens, geese,
// mushrooms and specialities). The season before had 330 yuan a head and 569.16
// yuan a household. This season's solar figure is again 669.60 on average; each
// household's part of it is Household.SolarFen.
//
// The sum of this season's lots at their prices is turnover and not a rise of
// income, and does not match the target of 1,177. That members of cooperatives
// earned 500 yuan a head more is about all they earned, not about these
// programmes, and is not reproduced.
package county

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"banmuyuan/cmd/banmuyuan/invent"
)

// Mark stands on every generated person and organisation.
const Mark = "演示数据"

// The totals every generated county has.
const (
	TownshipCount   = 15
	VillageCount    = 149
	PoorVillages    = 54
	SolarVillages   = 47
	SpecialVillages = 18

	SolarStationCount  = 45
	SolarKilowatts     = 16_000
	SolarHouseholds    = 3_152
	SolarFenPerHouse   = 66_960 // this season and the last
	SolarFenPerHouse2  = 56_916 // the season before
	HouseholdCount     = 11_187
	PersonCount        = 24_611
	HelperCount        = 1_100
	GardenHouseholds   = 9_897
	GardenM2           = 4_166_000 // exactly 6,249 mu, of 2,000/3 m² each
	GooseHouseholds    = 10_943
	GooseCount         = 881_200
	SeedPotatoMu       = 12_000
	SeedFenPerPerson   = 35_000 // last season
	SeedFenPerPerson2  = 33_000 // the season before
	SeedShareFen       = 50_000 // a person's share, in money or as land valued so
	CooperativeCount   = 129
	ModelCooperatives  = 53
	MemberHouseholds   = 26_323
	BrokerTeamCount    = 35
	BrokerCount        = 280
	YearlyTradeFen     = 125_000_000_000 // farm and livestock trade of the whole county
	ClosedAccountCount = 5

	IncomeFenPerPerson2 = 82_800  // the season before last
	IncomeFenPerPerson1 = 89_500  // last season
	TargetFenPerPerson  = 117_700 // this season
)

// None is the index that stands for "nobody" wherever one is optional.
const None = -1

// China is the zone of every date and time in the county.
var China = time.FixedZone("CST", 8*60*60)

// County is the whole demo county. Fields named after another list hold an index
// into it, or [None].
type County struct {
	Mark     string
	Season   int // the current season, a calendar year
	TradeFen int64

	Townships     []Township
	Villages      []Village
	Stations      []SolarStation
	Helpers       []Helper
	Households    []Household
	Raisers       []Raiser
	Organisations []Organisation // the 129 cooperatives first
	BrokerTeams   []BrokerTeam
	Buyers        []Buyer
	PickupPoints  []PickupPoint

	Produce  []Produce // everything an income line can name
	Products []Product // offered in presales, and the villages' specialities
	Presales []Presale
	Lots     []Lot // by presale, then household

	Seasons []Season // two earlier ones and the current one
	Income  []Income // of the earlier seasons, by household, season, month
	Pools   []Pool   // distributions, the last season's and one that waits
	Logins  []Login
}

// Township is a 镇 or 乡.
type Township struct {
	Code   string // nine digits, in a range no township has
	Name   string // 依龙镇
	NameEn string
	Lat    float64 // invented, good for a schematic map only
	Lon    float64
}

// Village is an administrative village with its collection point.
type Village struct {
	Code      string // twelve digits, in a range no village has
	Number    int    // 1–149 over the county, part of household codes
	Name      string // 永丰村
	NameEn    string
	Township  int
	Lat       float64
	Lon       float64
	Poor      bool
	Solar     bool   // hosts a station, alone or shared
	Produce   string // key in County.Produce of a speciality village, else ""
	Secretary string
	Unit      string // the unit with staff that helps here
	Point     CollectionPoint
}

// CollectionPoint is where a village's goods are weighed and graded (村集货点).
type CollectionPoint struct {
	Code        string
	Name        string
	Address     string
	Cooperative int // runs it
}

// SolarStation is a shared station; two of the 45 serve two villages.
type SolarStation struct {
	Code      string
	Name      string
	Kilowatts int64
	Villages  []int
}

// Helper is a 帮扶责任人.
type Helper struct {
	Code  string
	Name  string
	Unit  string
	Phone string
	Mark  string
}

// Sex of a member.
type Sex string

const (
	Male   Sex = "male"
	Female Sex = "female"
)

// Member is a person of a household.
type Member struct {
	Name      string
	Relation  string // 户主, 配偶, 之子 …
	BirthYear int
	Sex       Sex
	IDNumber  string // region 999999, right check digit
}

// Account is where a household is paid. Holder is the head of the household.
type Account struct {
	Bank   string
	Number string // nineteen digits beginning 0000, Luhn-valid
	Holder string
	Closed bool // the bank returns payments to it
}

// Plot is a part of a garden with its crop.
type Plot struct {
	Produce string
	M2      int64
}

// Household is a registered household (建档立卡户).
type Household struct {
	Code    string // YA-township-village-running number
	Village int
	Head    string   // = Members[0].Name
	Members []Member // the head first
	Phone   string   // "" for households without
	Cause   string   // 因病, 因残 …
	Kind    string   // 一般户, 低保户, 特困户

	Elderly    bool // the head is 60 or more
	Disabled   bool
	Ill        bool
	LivesAlone bool

	Helper    int
	Consent   bool      // the helper may act for it
	Consented time.Time // the day of that consent

	Account      Account
	Cooperatives []int // it is a member of

	GardenM2    int64 // 0: no garden
	Plots       []Plot
	Geese       int64 // this season
	LayingGeese int64 // old geese kept for eggs, not among Geese
	Raiser      int   // raises the geese on its behalf (大户代养), or None

	SeedCooperative int   // plants its mu
	SeedShareFen    int64 // its capital
	SeedByLand      bool  // as land valued so, not as money

	MushroomShares      int64 // of 100 bags each; 0: none
	MushroomCooperative int   // or None

	Speciality      string // of its village, a key in County.Produce, or ""
	SpecialityUnits int64  // registered for this season, where the speciality is a product of its own

	SolarFen int64 // its part of this season's solar income; 0: none

	Mark string
}

// Persons is how many live in the household.
func (h *Household) Persons() int { return len(h.Members) }

// Raiser raises geese for households that cannot (养鹅大户).
type Raiser struct {
	Code    string
	Name    string
	Village int
	Phone   string
	Mark    string
}

// OrganisationKind tells organisations apart.
type OrganisationKind string

const (
	Cooperative OrganisationKind = "cooperative"
	Enterprise  OrganisationKind = "enterprise"
	Supermarket OrganisationKind = "supermarket"
)

// Organisation is a 单位 that buys, sells or both.
type Organisation struct {
	Code     string
	Kind     OrganisationKind
	Name     string
	NameEn   string
	Township int // None outside the county
	Village  int // None where it is in no village
	Address  string
	Contact  string
	Phone    string
	Produce  string // its main produce
	Model    bool   // 示范社

	MemberHouseholds  int64 // cooperatives only; registered or not
	RegisteredMembers []int // registered households among the members
	SeedMu            int64 // planted with seed potatoes, the households' mu included
	SeedMuEntrusted   int64 // of which on behalf of registered households
	Mark              string
}

// BrokerTeam is a team of brokers (经纪人队伍).
type BrokerTeam struct {
	Code     string
	Name     string
	Township int
	Leader   string
	People   int64
	Mark     string
}

// Buyer is a private buyer.
type Buyer struct {
	Name    string
	Phone   string
	City    string
	Address string
	Mark    string
}

// PickupPoint is where a private buyer can fetch an order.
type PickupPoint struct {
	Code    string
	Name    string
	NameEn  string
	City    string
	Address string
	Hours   string
}

// Programme names how a household earns.
type Programme string

const (
	Garden     Programme = "garden"     // 半亩园
	Geese      Programme = "geese"      // 百只鹅
	SeedPotato Programme = "seedpotato" // 一亩种薯
	Mushroom   Programme = "mushroom"   // 千袋菌
	Speciality Programme = "speciality" // 一村一品
	Solar      Programme = "solar"      // 光伏
)

// Channel names the way goods or money went.
type Channel string

const (
	Contract    Channel = "contract"     // 订单收购
	Market      Channel = "supermarket"  // 爱心超市
	Private     Channel = "private"      // 私人定制
	Agency      Channel = "agency"       // 代养分成: not a channel of presales
	Distributed Channel = "distribution" // 分红: not a channel of presales
)

// Produce is a kind of goods that an income line or a village's speciality can name.
type Produce struct {
	Key    string
	Name   string
	NameEn string
	Unit   Unit
}

// Unit is a unit of trade. Grams is 0 where a unit has no fixed weight.
type Unit struct {
	Key    string
	Name   string
	NameEn string
	Grams  int64
}

// Grade is a quality with its list price.
type Grade struct {
	Key    string
	Name   string
	NameEn string
	Rule   string // for the clerk
	RuleEn string
	Fen    int64 // per PriceUnit of the product
}

// Product is offered by presales. It is ordered in OrderUnit, priced per
// PriceUnit and kept in StockUnit; a price is always fen per PriceUnit.Grams.
type Product struct {
	Key          string
	Name         string
	NameEn       string
	Programme    Programme
	OrderUnit    Unit
	PriceUnit    Unit
	StockUnit    Unit
	TypicalGrams int64 // of one OrderUnit
	Registered   bool  // households register their units of it, rather than a garden or a flock yielding it
	CatchWeight  bool  // the weight of one OrderUnit varies and is settled on the scale
	Grades       []Grade
	Summary      string
	SummaryEn    string
	Storage      string
	StorageEn    string
	Cooking      string
	CookingEn    string
	Picture      string
}

// Policy names how a presale's orders are split over lots.
type Policy string

const (
	Fair   Policy = "fair"
	Near   Policy = "near"
	Direct Policy = "direct"
)

// Short names the remedy when a delivery falls short, unless the buyer chooses.
type Short string

const (
	Refill Short = "refill"
	Refund Short = "refund"
)

// Price is a grade's price in one presale, fen per PriceGrams of the presale.
type Price struct {
	Grade string
	Fen   int64
}

// Presale offers a product for a season.
type Presale struct {
	Code    string
	Season  int
	Product string // key
	Title   string
	TitleEn string
	Note    string
	NoteEn  string

	Channels    []Channel
	Opens       time.Time
	Closes      time.Time
	DeliverFrom time.Time // first and last day
	DeliverTo   time.Time

	Prices     []Price
	PriceGrams int64
	UnitGrams  int64 // estimate for one order unit

	MinQuantity       int64 // in order units
	Step              int64
	MaxQuantity       int64 // of one order line
	CollectionMinimum int64 // fewest units worth a stop at one household

	DepositBP int64
	FeeBP     int64 // kept back by the seller
	FeeNote   string
	FeeNoteEn string

	ToleranceBP int64 // a weight further off the estimate needs a second person
	ForfeitBP   int64 // of the deposit, when cancelled after the close
	ClaimHours  int64 // after delivery, in which spoilage can be claimed
	Short       Short

	Seller int // cooperative
	Policy Policy
}

// Lot is one household's supply in one presale.
type Lot struct {
	Presale   int
	Household int
	Capacity  int64 // order units
	AgentBP   int64 // of the price, for the raiser on the household's behalf; 0 for its own
}

// Season is a year with its reported income rise per person.
type Season struct {
	Year         int
	FenPerPerson int64
	Target       bool // the current one: not reached yet
}

// Income is one line of an earlier season in a household's income ledger.
type Income struct {
	Household int
	Season    int
	Month     int
	Programme Programme
	Produce   string // "" for mushroom and solar distributions
	Channel   Channel
	Units     int64 // of the produce's unit; 0 for distributions
	Grams     int64 // 0 for distributions
	AmountFen int64 // reached the household
	FeeFen    int64 // kept back by the cooperative
	CostFen   int64 // advance for goslings and feed, paid back
	PaidOn    time.Time
	Pool      int // number in County.Pools, from 1; 0: of none
}

// GrossFen is the price that the buyer paid.
func (i *Income) GrossFen() int64 { return i.AmountFen + i.FeeFen + i.CostFen }

// Role of a demo login.
type Role string

const (
	RoleBuyer       Role = "buyer"        // 私人买家
	RoleOfficer     Role = "officer"      // 采购员
	RoleOrgApprover Role = "org_approver" // 单位审批人
	RoleClerk       Role = "clerk"        // 收购站司磅员
	RoleHousehold   Role = "household"    // 农户
	RoleHelper      Role = "helper"       // 帮扶责任人
	RoleOperator    Role = "operator"     // 县经办
	RoleApprover    Role = "approver"     // 县复核
	RoleAdmin       Role = "admin"        // 管理员
)

// Login is a demo account; its loader sets the password.
type Login struct {
	Login        string
	Name         string
	Role         Role
	Title        string // the role in Chinese
	Organisation int
	Village      int // a clerk's collection point
	Household    int
	Helper       int
	Buyer        int
	Mark         string
}

// Generate makes the county of now's season from the seed.
func Generate(now time.Time, seed uint64) *County {
	now = now.In(China)
	c := &County{
		Mark:     Mark,
		Season:   now.Year(),
		TradeFen: YearlyTradeFen,
		Produce:  produce,
		Products: slices.Concat(products(), specialityProducts()),
		Seasons: []Season{
			{Year: now.Year() - 2, FenPerPerson: IncomeFenPerPerson2},
			{Year: now.Year() - 1, FenPerPerson: IncomeFenPerPerson1},
			{Year: now.Year(), FenPerPerson: TargetFenPerPerson, Target: true},
		},
		PickupPoints: pickupPoints(),
	}
	g := &generator{County: c, seed: seed, ids: invent.NewIDNumbers("999999")}

	g.townships()
	g.villages()
	g.stations()
	g.households()
	g.helpers()
	g.organisations()
	g.raisers()
	g.gardens()
	g.geese()
	g.seedPotatoes()
	g.mushrooms()
	g.solar()
	g.holdings()
	g.memberships()
	g.brokers()
	g.buyers()
	g.presales(now)
	g.lots()
	g.income()
	g.waitingPool(now)
	g.logins()
	return c
}

type generator struct {
	*County
	seed   uint64
	phones int64
	ids    *invent.IDNumbers
}

// random gives each part a stream of its own, so that a change to one part leaves
// the others as they were.
func (g *generator) random(part string) random {
	h := fnv.New64a()
	h.Write([]byte(part))
	return random{rand.New(rand.NewPCG(g.seed, h.Sum64()))}
}
