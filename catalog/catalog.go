// Package catalog is the contract of the catalogue module. The module owns places, organisations, households,
// products, seasons, presales, lots and the holds on them.
//
// Invariants:
//   - reserved + delivered of a lot never exceed its capacity (a CHECK of the database stands behind the code);
//   - the units a hold keeps equal the sum of its shares, and the sum over all live holds equals the reserved units of the lots;
//   - a hold is released exactly once, and its units go back to the lots they came from;
//   - from the first beginning on exactly one season is current, and nothing of a closed season is open or held;
//   - no type with a name in Public… carries a name, phone, id or poverty status of a person.
//
// Quantities are whole numbers of the product's order unit (只, 斤, 箱, 枚); weights are grams; money is fen.
// Every method may return *link.Error with Invalid, NotFound, Forbidden or Unavailable; further codes are named
// at the method.
package catalog

import (
	"context"
	"time"

	"banmuyuan/internal/money"
)

// Channel is one of the three ways a yard's produce is sold.
type Channel string

const (
	ChannelContract Channel = "contract" // 订单收购: cooperatives and enterprises
	ChannelMarket   Channel = "market"   // 半亩园爱心超市
	ChannelPrivate  Channel = "private"  // 私人定制
)

// OrgKind is the kind of an organisation.
type OrgKind string

const (
	OrgCooperative OrgKind = "cooperative"
	OrgEnterprise  OrgKind = "enterprise"
	OrgSupermarket OrgKind = "supermarket"
	OrgRaiser      OrgKind = "raiser" // 养鹅大户: raises geese for households, see Product.Raised
)

// Text is the same sentence in both languages.
type Text struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

type Township struct {
	ID      int64   `json:"id"`
	Name    string  `json:"name"`
	Lat     float64 `json:"lat"`
	Lon     float64 `json:"lon"`
	Retired bool    `json:"retired,omitempty"`
}

type Village struct {
	ID         int64   `json:"id"`
	TownshipID int64   `json:"township_id"`
	Code       string  `json:"code"`
	Name       string  `json:"name"`
	Poor       bool    `json:"poor,omitempty"`
	Solar      bool    `json:"solar,omitempty"`
	Speciality string  `json:"speciality,omitempty"`
	SolarKW    int64   `json:"solar_kw,omitempty"`
	Collective string  `json:"collective,omitempty"` // 村集体
	Lat        float64 `json:"lat"`
	Lon        float64 `json:"lon"`
	Retired    bool    `json:"retired,omitempty"`
}

// CollectionPoint is where a village's goods are weighed and buyers' goods can be picked up.
type CollectionPoint struct {
	ID        int64  `json:"id"`
	VillageID int64  `json:"village_id"`
	OrgID     int64  `json:"org_id"` // the cooperative that runs it
	Name      string `json:"name"`
	Address   string `json:"address"`
	Pickup    bool   `json:"pickup"` // open to buyers
	Hours     string `json:"hours,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Retired   bool   `json:"retired,omitempty"`
}

type Organisation struct {
	ID         int64   `json:"id"`
	Kind       OrgKind `json:"kind"`
	Name       string  `json:"name"`
	TownshipID int64   `json:"township_id"`
	VillageID  int64   `json:"village_id,omitempty"`
	Product    string  `json:"product,omitempty"`
	Model      bool    `json:"model,omitempty"` // 示范社
	Members    int     `json:"members,omitempty"`
	Address    string  `json:"address,omitempty"`
	CreditCode string  `json:"credit_code,omitempty"` // 统一社会信用代码
	RaiserBP   int64   `json:"raiser_bp,omitempty"`   // of a raiser: its part of the price after the fee, in 1/10,000
	Retired    bool    `json:"retired,omitempty"`
}

type Helper struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Unit  string `json:"unit"`
	Phone string `json:"phone"`
}

// Person is a member of a household.
type Person struct {
	Name     string `json:"name"`
	Relation string `json:"relation"`
	Born     int    `json:"born"`
	Female   bool   `json:"female"`
	IDNumber string `json:"id_number,omitempty"` // masked on the way out; see Household
}

// Household is a registered household. It is personal data: only its own household, its helper, the cooperative
// that collects from it and the county see it, and the id numbers leave the module masked.
type Household struct {
	ID          int64           `json:"id"`
	Code        string          `json:"code"`
	Head        string          `json:"head"`
	Persons     int             `json:"persons"`
	VillageID   int64           `json:"village_id"`
	Village     string          `json:"village,omitempty"`
	Township    string          `json:"township,omitempty"`
	HelperID    int64           `json:"helper_id"`
	HelperName  string          `json:"helper_name,omitempty"`
	Consent     bool            `json:"consent"` // the helper may act for it
	Phone       string          `json:"phone,omitempty"`
	Kinds       []string        `json:"kinds,omitempty"` // elderly, disabled, illness, …
	Programmes  []string        `json:"programmes"`      // codes
	GardenM2    int64           `json:"garden_m2,omitempty"`
	Geese       int64           `json:"geese,omitempty"`
	Raiser      string          `json:"raiser,omitempty"`     // 代养: the person that raises its geese
	RaiserOrg   int64           `json:"raiser_org,omitempty"` // its organisation
	RaiserBP    int64           `json:"raiser_bp,omitempty"`  // the raiser's part of the price after the fee, in 1/10,000
	Holdings    map[int64]int64 `json:"holdings,omitempty"`   // units that it registers to sell in a season, by product
	MushroomBag int64           `json:"mushroom_bags,omitempty"`
	Members     []Person        `json:"members,omitempty"`
	Membership  *Membership     `json:"membership,omitempty"` // in the cooperative that a list was asked for
	Demo        bool            `json:"demo,omitempty"`
}

// Membership is a household's stake in a cooperative.
type Membership struct {
	Shares    int64 `json:"shares"`
	ShareFen  int64 `json:"share_fen"` // value of one share
	Entrusted int64 `json:"entrusted"` // thousandths of a mu
}

// Product is a kind of goods with the units in which people speak of it.
type Product struct {
	ID           int64    `json:"id"`
	Code         string   `json:"code"`
	Name         Text     `json:"name"`
	Picture      string   `json:"picture"`
	OrderUnit    string   `json:"order_unit"`     // money unit code: head, jin, box, egg
	PriceUnit    string   `json:"price_unit"`     // money unit code: jin, kg, head, box, egg
	GramsPerUnit int64    `json:"grams_per_unit"` // typical weight of one order unit; 0 where nobody weighs
	Programme    string   `json:"programme"`      // under which income programme its sales count
	Story        Text     `json:"story"`
	Storage      Text     `json:"storage"`
	Cooking      Text     `json:"cooking"`
	Grades       []string `json:"grades,omitempty"`    // into which it is sorted, the best first
	InSeason     string   `json:"in_season,omitempty"` // as people say it
	YieldOf      string   `json:"yield_of,omitempty"`  // registered, geese, garden, programme
	Yield        int64    `json:"yield,omitempty"`     // order units for each goose, 1,000 m² of garden or household
	MayRaise     bool     `json:"may_raise,omitempty"` // a raiser may raise it on a household's behalf
	Retired      bool     `json:"retired,omitempty"`
}

// Programme is a way in which households earn.
type Programme struct {
	ID      int64  `json:"id"`
	Code    string `json:"code"`
	Name    Text   `json:"name"`
	Retired bool   `json:"retired,omitempty"`
}

// County is the county that the installation serves. It is the zero value until somebody has entered it.
type County struct {
	Name        Text   `json:"name"`
	Region      string `json:"region,omitempty"`
	Office      string `json:"office"` // as papers are signed
	Address     string `json:"address,omitempty"`
	Phone       string `json:"phone,omitempty"`
	BankHolder  string `json:"bank_holder,omitempty"`
	BankAccount string `json:"bank_account,omitempty"`
	BankName    string `json:"bank_name,omitempty"`
	Intro       Text   `json:"intro"`
}

// ReportedYear is the rise of income a person that the county reported for a year before it used the software.
type ReportedYear struct {
	Year         int    `json:"year"`
	PerPersonFen int64  `json:"per_person_fen"`
	Source       string `json:"source,omitempty"`
}

// GradePrice is the price of a grade: Price.Fen per Price.Per grams, or per Price.Per units where the price unit is counted.
type GradePrice struct {
	Grade string      `json:"grade"` // extra, first, second
	Price money.Price `json:"price"`
}

// Terms are fixed on an order when it is placed.
type Terms struct {
	DepositBP         int64 `json:"deposit_bp"`           // share of the estimate due at once, in 1/10,000
	FeeBP             int64 `json:"fee_bp"`               // kept back by the cooperative
	VillageBP         int64 `json:"village_bp,omitempty"` // share of the fee that the household's village collective gets
	ForfeitBP         int64 `json:"forfeit_bp"`           // share of the deposit kept when the buyer cancels after FreeCancelHours
	FreeCancelHours   int64 `json:"free_cancel_hours"`    // after confirmation
	WeightToleranceBP int64 `json:"weight_tolerance_bp"`  // a ticket further from the estimate waits for a second person
	InspectionHours   int64 `json:"inspection_hours"`     // how long the buyer may complain before households are released
}

// Presale is a product offered for a season.
type Presale struct {
	ID            int64        `json:"id"`
	Code          string       `json:"code"`
	ProductID     int64        `json:"product_id"`
	Season        int          `json:"season"`
	Title         Text         `json:"title"`
	Note          Text         `json:"note"`
	State         PresaleState `json:"state"`
	Channels      []Channel    `json:"channels"`
	OpensAt       time.Time    `json:"opens_at"`
	ClosesAt      time.Time    `json:"closes_at"`
	DeliverFrom   time.Time    `json:"deliver_from"`
	DeliverTo     time.Time    `json:"deliver_to"`
	Grades        []GradePrice `json:"grades"` // best first
	MinQty        int64        `json:"min_qty"`
	StepQty       int64        `json:"step_qty"`
	MaxQty        int64        `json:"max_qty"`
	CollectionMin int64        `json:"collection_min"` // a household's share is no smaller, see allocate
	GramsPerUnit  int64        `json:"grams_per_unit"` // estimate, 0 where nobody weighs
	Terms         Terms        `json:"terms"`
	SellerOrg     int64        `json:"seller_org"`            // the cooperative that sells and collects
	Policy        string       `json:"policy"`                // fair, near, direct, contract
	ContractID    int64        `json:"contract_id,omitempty"` // the purchase contract that alone orders from it
	// HouseholdsBP is the least part of the buyers' money that reaches the households that sell, in 1/10,000, over all orders
	// together; 0: none is set.
	HouseholdsBP int64 `json:"households_bp,omitempty"`
}

// Lot is one household's supply in one presale.
type Lot struct {
	ID          int64 `json:"id"`
	PresaleID   int64 `json:"presale_id"`
	HouseholdID int64 `json:"household_id"`
	VillageID   int64 `json:"village_id"`
	Capacity    int64 `json:"capacity"`
	Reserved    int64 `json:"reserved"`
	Delivered   int64 `json:"delivered"`
	Held        bool  `json:"held,omitempty"`      // of an offer: more than is likely, it waits for the county
	AgentOrg    int64 `json:"agent_org,omitempty"` // organisation that raises it on the household's behalf
	AgentBP     int64 `json:"agent_bp,omitempty"`  // its part of the price after the fee
}

// PublicPresale is a presale without anything personal.
type PublicPresale struct {
	Presale
	Product    Product  `json:"product"`
	Seller     string   `json:"seller"`
	Left       int64    `json:"left"`
	Capacity   int64    `json:"capacity"`
	Households int64    `json:"households"` // with a lot in it
	Villages   int64    `json:"villages"`
	Townships  []string `json:"townships"`
	Orderable  bool     `json:"orderable"`
	Phase      Phase    `json:"phase"` // as shown at that moment
}

// PublicVillage is a village behind a presale or an order, with counts only.
type PublicVillage struct {
	VillageID  int64   `json:"village_id"`
	Village    string  `json:"village"`
	Township   string  `json:"township"`
	Households int64   `json:"households"`
	Qty        int64   `json:"qty"`
	Lat        float64 `json:"lat"`
	Lon        float64 `json:"lon"`
}

type PresaleFilter struct {
	Product   string       `json:"product,omitempty"`  // product code
	Township  int64        `json:"township,omitempty"` // households of this township stand behind it
	Channel   Channel      `json:"channel,omitempty"`
	Season    int          `json:"season,omitempty"`     // 0: all
	DeliverOn string       `json:"deliver_on,omitempty"` // YYYY-MM-DD inside the delivery window
	Query     string       `json:"q,omitempty"`
	State     PresaleState `json:"state,omitempty"` // empty: open now or soon
	Cursor    string       `json:"cursor,omitempty"`
	Limit     int          `json:"limit,omitempty"` // 1–100, 24 when 0
}

type PresalePage struct {
	Items  []PublicPresale `json:"items"`
	Total  int             `json:"total"`
	Cursor string          `json:"cursor,omitempty"` // of the next page
}

type PresaleDetail struct {
	PublicPresale
	ByVillage []PublicVillage `json:"by_village"`
}

type PresaleRef struct {
	ID   int64  `json:"id,omitempty"`
	Code string `json:"code,omitempty"`
}

// Stock is the live figure behind "left".
type Stock struct {
	PresaleID int64 `json:"presale_id"`
	Left      int64 `json:"left"`
}

// Reference is everything small that pages need to name things. Nothing in it is personal.
type Reference struct {
	Season        int               `json:"season"`  // of pages that name none, see DefaultSeason; 0: none is planned
	Seasons       []Season          `json:"seasons"` // all, newest first
	County        County            `json:"county"`
	Reported      []ReportedYear    `json:"reported"` // oldest first
	Programmes    []Programme       `json:"programmes"`
	Townships     []Township        `json:"townships"`
	Villages      []Village         `json:"villages"` // Poor is blanked unless the caller is county staff
	Points        []CollectionPoint `json:"points"`
	Products      []Product         `json:"products"`
	Organisations []Organisation    `json:"organisations"`
}

// ReserveLine asks for units of one presale.
type ReserveLine struct {
	Line      int     `json:"line"`
	PresaleID int64   `json:"presale_id"`
	Qty       int64   `json:"qty"`
	Policy    string  `json:"policy,omitempty"`    // empty: the presale's
	Household int64   `json:"household,omitempty"` // for direct
	Exclude   []int64 `json:"exclude,omitempty"`   // households that cannot deliver (refill)
}

// ReserveRequest holds all lines or none.
type ReserveRequest struct {
	Key       string        `json:"key"` // idempotency key: the same key and lines give the same reservation
	OrderID   int64         `json:"order_id"`
	Channel   Channel       `json:"channel"`
	Lines     []ReserveLine `json:"lines"`
	ExpiresAt time.Time     `json:"expires_at"`
	Confirmed bool          `json:"confirmed,omitempty"` // refill of a paid order: no expiry
}

// Shares is how a line was split, as columns so that 10,943 of them stay small.
type Shares struct {
	Line       int     `json:"line"`
	PresaleID  int64   `json:"presale_id"`
	Policy     string  `json:"policy"` // with version: "fair/2"
	Lots       []int64 `json:"lots"`
	Households []int64 `json:"households"`
	Villages   []int64 `json:"villages"`
	Qty        []int64 `json:"qty"`
	LevelFen   []int64 `json:"level_fen"`           // income of the season per person before the share: the reason it went there
	AgentOrg   []int64 `json:"agent_org,omitempty"` // of the lots; absent where no raiser has a part in any of them
	AgentBP    []int64 `json:"agent_bp,omitempty"`
}

type Reservation struct {
	OrderID   int64     `json:"order_id"` // of the first request with this key
	ExpiresAt time.Time `json:"expires_at"`
	State     HoldState `json:"state"`
	Lines     []Shares  `json:"lines"`
}

// DryRunRequest asks how a quantity would be split, before anything is held.
type DryRunRequest struct {
	PresaleID int64  `json:"presale_id"`
	Qty       int64  `json:"qty"`
	Policy    string `json:"policy,omitempty"`
}

type DryRun struct {
	Shares
	Villages   int             `json:"village_count"`
	Stops      int             `json:"stops"`
	GiniBefore float64         `json:"gini_before"`
	GiniAfter  float64         `json:"gini_after"`
	JainBefore float64         `json:"jain_before"`
	JainAfter  float64         `json:"jain_after"`
	ByVillage  []PublicVillage `json:"by_village"`
	AmountFen  int64           `json:"amount_fen"` // at the best grade's price
	LowestFen  int64           `json:"lowest_fen"` // lowest and highest level of the households that sell
	HighestFen int64           `json:"highest_fen"`

	// The parts of AmountFen: of the households that sell, of those who raise for them, and the seller's fee.
	HouseholdsFen int64 `json:"households_fen"`
	RaisersFen    int64 `json:"raisers_fen"`
	FeeFen        int64 `json:"fee_fen"`
	VillagesFen   int64 `json:"villages_fen,omitempty"` // of the fee, for village collectives
}

type HouseholdFilter struct {
	Query     string  `json:"q,omitempty"` // code, head's name, phone's last digits
	Township  int64   `json:"township,omitempty"`
	VillageID int64   `json:"village,omitempty"`
	HelperID  int64   `json:"helper,omitempty"`
	Programme string  `json:"programme,omitempty"`
	MemberOf  int64   `json:"member_of,omitempty"` // members of this cooperative, with their Membership
	IDs       []int64 `json:"ids,omitempty"`       // exactly these, e.g. for a collection list; Limit does not apply
	Unsold    bool    `json:"unsold,omitempty"`    // with no unit sold in Season
	Season    int     `json:"season,omitempty"`    // of Unsold; 0: the default one
	Cursor    string  `json:"cursor,omitempty"`
	Limit     int     `json:"limit,omitempty"`
}

type HouseholdPage struct {
	Items   []Household `json:"items"`
	Total   int         `json:"total"`
	Persons int64       `json:"persons"` // over all that match, not only the page
	Cursor  string      `json:"cursor,omitempty"`

	// Handovers are the latest of the asking helper, the last first; only in its first page.
	Handovers []Handover `json:"handovers,omitempty"`
}

type HouseholdRef struct {
	ID   int64  `json:"id,omitempty"`
	Code string `json:"code,omitempty"`
}

// HouseholdSeason names a household and a season; 0 is the default one.
type HouseholdSeason struct {
	ID     int64  `json:"id,omitempty"`
	Code   string `json:"code,omitempty"`
	Season int    `json:"season,omitempty"`
}

// HouseholdLot is a lot with its presale's figures, for its household.
type HouseholdLot struct {
	Lot
	Presale string `json:"presale"`
	Title   Text   `json:"title"`
	Product string `json:"product"`
	Unit    string `json:"unit"`
	UnitFen int64  `json:"unit_fen"` // estimated income of one unit
}

type HouseholdLots struct {
	Season int            `json:"season"` // 0: none is planned
	Lots   []HouseholdLot `json:"lots"`
}

// OfferRequest changes the capacity of a household's lot. It can grow, or shrink down to the units sold.
type OfferRequest struct {
	PresaleID   int64 `json:"presale_id"`
	HouseholdID int64 `json:"household_id"`
	Capacity    int64 `json:"capacity"`
}

// ConsentRequest records or revokes that a household's helper may act for it.
type ConsentRequest struct {
	HouseholdID int64  `json:"household_id"`
	Given       bool   `json:"given"`
	How         string `json:"how"` // signed, phone, visit
}

// CoverageRequest names a season; 0 is the default one.
type CoverageRequest struct {
	Season int `json:"season,omitempty"`
}

// Coverage is the county at a glance.
type Coverage struct {
	Season           int                 `json:"season"` // of the sales; 0: none is planned
	Townships        int64               `json:"townships"`
	Villages         int64               `json:"villages"`
	PoorVillages     int64               `json:"poor_villages"`
	Households       int64               `json:"households"`
	Persons          int64               `json:"persons"`
	Cooperatives     int64               `json:"cooperatives"`
	Geese            int64               `json:"geese"`
	GardenM2         int64               `json:"garden_m2"`
	SolarPlants      int64               `json:"solar_plants"`       // solar stations, see VillageSolar
	SolarKW          int64               `json:"solar_kw"`           // of them all
	EntrustedMilliMu int64               `json:"entrusted_milli_mu"` // thousandths of a mu that cooperatives plant on households' behalf
	CoopMembers      int64               `json:"coop_members"`       // member households of cooperatives, see OrganisationMembers
	Programmes       []ProgrammeCoverage `json:"programmes"`
	ByVillage        []VillageCoverage   `json:"by_village"`
}

type ProgrammeCoverage struct {
	Programme  string `json:"programme"`
	Households int64  `json:"households"`
	BP         int64  `json:"bp"` // of all households, in 1/10,000
}

type VillageCoverage struct {
	VillageID  int64  `json:"village_id"`
	Village    string `json:"village"`
	Township   string `json:"township"`
	Poor       bool   `json:"poor"`
	Households int64  `json:"households"`
	Selling    int64  `json:"selling"` // with at least one unit reserved or delivered in the season
	Capacity   int64  `json:"capacity"`
	Sold       int64  `json:"sold"`

	GardenM2         int64 `json:"garden_m2"`
	SolarPlants      int64 `json:"solar_plants"`
	SolarKW          int64 `json:"solar_kw"`
	EntrustedMilliMu int64 `json:"entrusted_milli_mu"` // of its households
}

// HouseholdRow is one row of an import file, as read; Line is the row's number in the file.
type HouseholdRow struct {
	Line       int    `json:"line"`
	Code       string `json:"code"`
	Head       string `json:"head"`
	IDNumber   string `json:"id_number"`
	Persons    string `json:"persons"`
	Township   string `json:"township"`
	Village    string `json:"village"`
	Phone      string `json:"phone"`
	Programmes string `json:"programmes"` // separated by 、 , ; / + or lines
	GardenMu   string `json:"garden_mu"`
	Geese      string `json:"geese"`
	Helper     string `json:"helper"`

	Faults map[string]string `json:"faults,omitempty"` // by field the message of what a spreadsheet did to its cell
}

type ImportRequest struct {
	Rows   []HouseholdRow `json:"rows"` // at most 1,000 a call
	DryRun bool           `json:"dry_run"`
}

type RowProblem struct {
	Line  int               `json:"line"`
	Field string            `json:"field"`
	Key   string            `json:"key"`
	Args  map[string]string `json:"args,omitempty"`
}

type ImportResult struct {
	Added     int          `json:"added"`
	Changed   int          `json:"changed"`
	Unchanged int          `json:"unchanged"`
	Problems  []RowProblem `json:"problems"`
}

// Finding is something `verify` found to be wrong, or noted.
type Finding struct {
	Check  string `json:"check"`
	Object string `json:"object"`
	Detail string `json:"detail"`
	Note   bool   `json:"note,omitempty"` // nothing is wrong: the county should look at it
}

// HoldDigest lets verify compare holds with orders without either reading the other's tables.
type HoldDigest struct {
	OrderID int64     `json:"order_id"`
	Line    int       `json:"line"`
	State   HoldState `json:"state"`
	Held    int64     `json:"held"`      // units still reserved
	Deliv   int64     `json:"delivered"` // units delivered
}

type HoldPageRequest struct {
	AfterOrder int64 `json:"after_order"`
	Limit      int   `json:"limit"`
}

type HoldPage struct {
	Items []HoldDigest `json:"items"`
}

type Findings struct {
	Items []Finding `json:"items"`
}

type None struct{}

//go:generate go run banmuyuan/internal/link/linkgen

// Service is the catalogue's contract with other modules and the pages.
//
//link:service catalog v1 raw
type Service interface {
	// Presales lists presales that are open now or soon, soonest closing first. For everybody.
	Presales(context.Context, PresaleFilter) (PresalePage, error)
	// Presale returns one presale with the villages behind it. For everybody. NotFound.
	Presale(context.Context, PresaleRef) (PresaleDetail, error)
	// Stock returns the live "left" of every open presale from memory; at most a second old and never negative.
	Stock(context.Context, None) ([]Stock, error)
	// Reference returns names of places, products and organisations.
	Reference(context.Context, None) (Reference, error)

	// Reserve holds units of all lines or of none and says which households they come from.
	// SoldOut names the line and the units left; Conflict: the key was used with other lines;
	// Unavailable with RetryAfter: too many are waiting. For orders only. A call keeps a worker of the server for
	// as long as its batch takes: give the server more workers than the queue has places, and readers never wait for
	// writers.
	Reserve(context.Context, ReserveRequest) (Reservation, error)
	// DryRun shows a split without holding anything. For county staff and cooperatives.
	DryRun(context.Context, DryRunRequest) (DryRun, error)

	// Household returns one household to itself, its helper, its collecting cooperative or the county; to others NotFound.
	Household(context.Context, HouseholdRef) (Household, error)
	// Households lists the households in the caller's scope.
	Households(context.Context, HouseholdFilter) (HouseholdPage, error)
	// HouseholdLots returns the lots of a household in a season, to everybody who may see the household.
	HouseholdLots(context.Context, HouseholdSeason) (HouseholdLots, error)
	// Offer changes a lot's capacity for the household itself or its helper with consent. Conflict when more is already sold.
	Offer(context.Context, OfferRequest) (Lot, error)
	SetConsent(context.Context, ConsentRequest) (Household, error) //link:subject consent const=Consent
	// ImportHouseholds adds or updates households row by row; wrong rows are listed and left out. For the county.
	ImportHouseholds(context.Context, ImportRequest) (ImportResult, error) //link:body

	// SavePresale creates (ID 0, as draft) or changes a presale; prices and terms only while it is a draft. For the county and the selling cooperative.
	SavePresale(context.Context, Presale) (Presale, error) //link:subject presale_save body
	// SetPresaleState opens, closes or reopens a presale, the last with a reason. Opening makes a lot for each household that
	// raises or grows the product. Conflict where it would reach nobody; see Seasons.PresaleReach.
	SetPresaleState(context.Context, PresaleStateRequest) (Presale, error) //link:subject presale_state const=PresaleState

	Coverage(context.Context, CoverageRequest) (Coverage, error)
	// HouseholdFacts pages through the facts of all households, retired ones included. For the system.
	HouseholdFacts(context.Context, HouseholdFactsRequest) (HouseholdFacts, error)
	// Verify checks the module's invariants; Holds lets verify compare with orders.
	Verify(context.Context, None) (Findings, error)
	Holds(context.Context, HoldPageRequest) (HoldPage, error)
}

type PresaleStateRequest struct {
	ID     int64        `json:"id"`
	State  PresaleState `json:"state"`
	Reason string       `json:"reason,omitempty"` // of reopening
}
