package main

import (
	"os/exec"
	"syscall"
)

// tie ends cmd when this process ends, however that comes about.
func tie(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
