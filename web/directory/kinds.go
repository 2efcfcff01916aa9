package directory

import (
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/payments"
)

// Kinds are the sheets of a county's workbook in the order in which it is loaded: those of the directory, and then those of
// the payment module, whose rows name households.
func Kinds() []*entry.Kind { return slices.Concat(catalog.Kinds(), payments.Kinds()) }

// KindByName finds a sheet's kind.
func KindByName(name string) (*entry.Kind, bool) {
	kinds := Kinds()
	i := slices.IndexFunc(kinds, func(k *entry.Kind) bool { return k.Name == name })
	if i < 0 {
		return nil, false
	}
	return kinds[i], true
}
