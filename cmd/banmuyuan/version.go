package main

import (
	"fmt"
	"io"
	"runtime"
)

// version is set by the build (make build).
var version = "development"

type versionCommand struct{}

func (versionCommand) Run(stdout io.Writer) error {
	_, err := fmt.Fprintf(stdout, "banmuyuan %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
