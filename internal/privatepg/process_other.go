//go:build unix && !linux

package privatepg

import (
	"path/filepath"
	"syscall"
)

// inheritedPath is empty: these systems cannot name an inherited folder.
const inheritedPath = ""

// processAttributes: a group of its own keeps the terminal's Ctrl-C from the
// server, which is stopped by its supervisor after everything that uses it.
func processAttributes(cred *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: cred, Setpgid: true}
}

// serversIn trusts the pid file: there is no portable way to see a process's
// working folder.
func serversIn(cluster string) []int {
	pid, err := firstNumber(filepath.Join(cluster, "postmaster.pid"))
	if err != nil || !alive(pid) {
		return nil
	}
	return []int{pid}
}

// interruptOrphans stops a server that outlived its supervisor; the folder's
// lock is ours, so nobody supervises it.
func interruptOrphans(pids []int) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGINT)
	}
}
