package catalog_test

import (
	"testing"

	"banmuyuan/catalog"
)

func TestVillageLike(t *testing.T) {
	t.Parallel()
	villages := [][2]string{{"青禾镇", "丰收村"}, {"白桦镇", "东河村"}, {"柳泉乡", "东河村"}, {"柳泉乡", "柳泉村"}}
	for _, tt := range []struct{ township, name, want string }{
		{"青禾镇", "丰收", "青禾镇丰收村"},
		{"", "青禾镇丰收村", "青禾镇丰收村"},
		{"白桦镇", "青禾丰收村委会", "青禾镇丰收村"},
		{"白桦镇", "丰收村", "青禾镇丰收村"}, // of another township
		{"白桦", "东河屯", "白桦镇东河村"},
		{"月湖乡", "东河", ""}, // two have it
		{"柳泉乡", "柳泉", "柳泉乡柳泉村"},
		{"青禾镇", "村", ""},
		{"青禾镇", "", ""},
		{"青禾镇", "丰产村", ""},
	} {
		like, ok := catalog.VillageLike(villages, tt.township, tt.name)
		if got := like[0] + like[1]; got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s %s: %q %v, want %q", tt.township, tt.name, got, ok, tt.want)
		}
	}
}
