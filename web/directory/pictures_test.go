package directory_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"banmuyuan/catalog"
)

// The pictures of products are files, and every file is a picture of products or one of those that only pages show.
func TestPicturesOfProductsAreFiles(t *testing.T) {
	t.Parallel()
	var files []string
	entries, err := os.ReadDir(filepath.Join("..", "static", "pictures"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		files = append(files, strings.TrimSuffix(e.Name(), ".svg"))
	}
	product, _ := catalog.KindByName(catalog.KindProduct)
	field, _ := product.Field("picture")
	onPages := []string{"bank", "handshake", "house", "scale", "sun", "tractor", "truck"}
	for _, v := range field.Values {
		if !slices.Contains(files, v.Code) {
			t.Errorf("%s has no file", v.Code)
		}
		onPages = append(onPages, v.Code)
	}
	for _, name := range files {
		if !slices.Contains(onPages, name) {
			t.Errorf("%s.svg cannot be chosen for a product", name)
		}
	}
}
