package orders

import "banmuyuan/internal/money"

// VillageFee is the part of a delivery's fee that the village collective (村集体) of the delivering village gets, at villageBP
// in 1/10,000 of the fee. It is rounded once a delivery, half up; the seller keeps exactly the rest, so that both parts add up
// to the fee.
func VillageFee(feeFen, villageBP int64) (int64, error) { return money.BasisPoints(feeFen, villageBP) }
