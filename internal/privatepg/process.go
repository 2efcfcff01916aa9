package privatepg

import (
	"os/exec"
	"runtime"
)

// startSupervised starts cmd from a thread that lives until cmd ends: the
// kernel's parent-death signal follows the thread that started the process,
// not the process, and Go ends idle threads when it likes.
func startSupervised(cmd *exec.Cmd) (<-chan error, error) {
	started, exited := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		exited <- cmd.Wait()
	}()
	return exited, <-started
}
