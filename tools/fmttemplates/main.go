// Fmttemplates formats the HTML templates of the web module: one element a line, indented, with nothing changed that a
// reader of the page sees.
//
//	fmttemplates -l web    names the files that it would change
//	fmttemplates -w web    changes them
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// longest is how many characters a line may have: a longer piece that cannot be broken is cut by hand. A text that is alone
// on its line may be longer.
const longest = 200

var oneText = regexp.MustCompile(`^ *"([^"\\]|\\.)*"\W*$`)

func main() {
	list := flag.Bool("l", false, "name the files that are not formatted, and lines that are too long")
	write := flag.Bool("w", false, "format the files")
	flag.Parse()
	if *list == *write || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	complaints := 0
	for _, root := range flag.Args() {
		err := eachTemplate(root, func(path string) error {
			n, err := format(path, *write)
			complaints += n
			return err
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, "fmttemplates:", err)
			os.Exit(1)
		}
	}
	if complaints > 0 {
		os.Exit(1)
	}
}

// eachTemplate calls f for every .html file below a folder named templates.
func eachTemplate(root string, f func(path string) error) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".html" {
			return err
		}
		if !slices.Contains(strings.Split(filepath.ToSlash(path), "/"), "templates") {
			return nil
		}
		return f(path)
	})
}

func format(path string, write bool) (complaints int, err error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	formatted, err := Format(string(src))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	if formatted != string(src) {
		if !write {
			fmt.Printf("%s: not formatted: run make format\n", path)
			complaints++
		} else if err := os.WriteFile(path, []byte(formatted), 0o600); err != nil {
			return 0, err
		}
	}
	for i, line := range strings.Split(formatted, "\n") {
		if n := utf8.RuneCountInString(line); n > longest && !oneText.MatchString(line) {
			fmt.Printf("%s:%d: a line of %d characters; at most %d\n", path, i+1, n, longest)
			complaints++
		}
	}
	return complaints, nil
}
