package api

import (
	"reflect"
	"strings"

	"banmuyuan/payments"
)

// concepts are the packages with types that the document names after their module: orders/shelf's Sale is OrdersSale. A
// clients' generator makes type names of schema names, so a name never changes when a type moves to another package.
// The named types are too short to stand alone and carry the word of their concept: OrdersShelfItem.
var concepts = map[string]struct {
	word  string
	short []string
}{
	"banmuyuan/orders/adopt":    {"Adoption", []string{"Box", "Page", "Update"}},
	"banmuyuan/orders/contract": {"Contract", []string{"Grade", "Page", "Window"}},
	"banmuyuan/orders/document": {"Document", []string{"Content", "Entries", "Entry", "Line"}},
	"banmuyuan/orders/shelf":    {"Shelf", []string{"Item", "Items"}},
}

// kept are the names of types that once were the API's own.
var kept = map[reflect.Type]string{
	reflect.TypeFor[payments.Methods](): "ApiMethodsOut",
}

// schemaName returns the name of a type in the document; given is the name by the type's package.
func schemaName(t reflect.Type, given string) string {
	if name, ok := kept[t]; ok {
		return name
	}
	c, ok := concepts[t.PkgPath()]
	if !ok {
		return given
	}
	module := strings.Split(t.PkgPath(), "/")[1]
	name := t.Name()
	for _, s := range c.short {
		if name == s {
			name = c.word + name
		}
	}
	return strings.ToUpper(module[:1]) + module[1:] + name
}
