package privatepg

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// inheritedPath names the first inherited file, here the data folder, without
// walking through its parents.
const inheritedPath = "/proc/self/fd/3"

// processAttributes: a group of its own keeps the terminal's Ctrl-C from the
// server, which is stopped by its supervisor after everything that uses it;
// and the supervisor's death interrupts the server.
func processAttributes(cred *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: cred, Setpgid: true, Pdeathsig: syscall.SIGINT}
}

// serversIn lists the processes that work in the cluster: every PostgreSQL
// process has it as its working folder.
func serversIn(cluster string) []int {
	want, err := os.Stat(cluster)
	if err != nil {
		return nil
	}
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	var pids []int
	for _, link := range links {
		if got, err := os.Stat(link); err != nil || !os.SameFile(want, got) {
			continue
		}
		// A person's shell may stand there too.
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err != nil {
			continue
		}
		if exe, err := os.Readlink(filepath.Join(filepath.Dir(link), "exe")); err == nil && filepath.Base(trimDeleted(exe)) == "postgres" {
			pids = append(pids, pid)
		}
	}
	return pids
}

// trimDeleted: the kernel marks a program that an upgrade has replaced.
func trimDeleted(exe string) string {
	const mark = " (deleted)"
	if len(exe) > len(mark) && exe[len(exe)-len(mark):] == mark {
		return exe[:len(exe)-len(mark)]
	}
	return exe
}

// interruptOrphans has nothing to do: the kernel already interrupted them.
func interruptOrphans([]int) {}
