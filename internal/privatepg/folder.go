package privatepg

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// maxSocketPath fits sun_path of a Unix socket address everywhere
// (103 bytes and the closing zero on macOS; Linux has 107).
const maxSocketPath = 103

// account is the user that the server runs as. PostgreSQL refuses root, so a root
// supervisor hands the cluster to another account.
type account struct {
	name string
	uid  int
	gid  int
	// switched is true when the supervisor is root and has to change user.
	switched bool
}

// folder is the locked place of one cluster.
type folder struct {
	dir     string
	account account
	lock    *os.File
	// handle is the open folder when the server's account cannot reach it by
	// name because a parent is closed to it (/root, another user's home). The
	// server inherits the handle and names the folder through it.
	handle *os.File
	// spare is the socket's folder when it is outside dir.
	spare string
}

// openFolder creates and locks the folder and decides its owner.
func openFolder(dir string) (*folder, error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, fmt.Errorf("create the data folder: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create the data folder: %w", err)
	}
	if err := onlyOurs(dir); err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	f := &folder{dir: dir, lock: lock}
	if err := f.settle(); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// settle gives the folder to the account the server runs as.
func (f *folder) settle() error {
	var err error
	if f.account, err = accountFor(filepath.Join(f.dir, "cluster")); err != nil {
		return err
	}
	if err := f.give(f.dir); err != nil {
		return err
	}
	if !f.account.switched || f.account.canEnter(f.dir) {
		return nil
	}
	if inheritedPath == "" {
		return fmt.Errorf("user %s, which PostgreSQL has to run as, cannot enter %s: choose another data folder with BANMU_DATA, or do not start as root", f.account.name, f.dir)
	}
	if f.handle, err = os.Open(f.dir); err != nil {
		return fmt.Errorf("open the data folder: %w", err)
	}
	return nil
}

// onlyOurs refuses a folder with contents that are not this package's.
func onlyOurs(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrPermission) {
		return belongsTo(dir, err)
	}
	if err != nil {
		return fmt.Errorf("read the data folder: %w", err)
	}
	for _, e := range entries {
		switch e.Name() {
		case "cluster", "cluster.new", "run", "lock":
		default:
			return fmt.Errorf("%s is not a private PostgreSQL folder (it holds %s): choose another data folder with BANMU_DATA", dir, e.Name())
		}
	}
	return nil
}

// accountFor picks the user that the server runs as: ourselves, or for root the owner
// of the existing cluster, or the distribution's postgres user.
func accountFor(cluster string) (account, error) {
	info, err := os.Stat(cluster)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return account{}, fmt.Errorf("look at the cluster: %w", err)
	}
	exists := err == nil
	if me := os.Geteuid(); me != 0 {
		if exists && ownerOf(info) != me {
			return account{}, fmt.Errorf("the PostgreSQL cluster in %s belongs to %s, not to you: start as that user or as root", cluster, userName(ownerOf(info)))
		}
		return account{name: userName(me), uid: me, gid: os.Getegid()}, nil
	}
	if exists && ownerOf(info) != 0 {
		return accountOf(user.LookupId(strconv.Itoa(ownerOf(info))))
	}
	if exists {
		return account{}, fmt.Errorf("the PostgreSQL cluster in %s belongs to root, which PostgreSQL refuses: chown it to the user that made it", cluster)
	}
	a, err := accountOf(user.Lookup("postgres"))
	if err != nil {
		return account{}, fmt.Errorf("PostgreSQL refuses to run as root and there is no postgres user: start as an ordinary user, or create one with 'useradd --system postgres': %w", err)
	}
	return a, nil
}

func accountOf(u *user.User, err error) (account, error) {
	if err != nil {
		return account{}, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return account{}, fmt.Errorf("read user id: %w", err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return account{}, fmt.Errorf("read group id: %w", err)
	}
	return account{name: u.Username, uid: uid, gid: gid, switched: true}, nil
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return "user " + strconv.Itoa(uid)
}

func ownerOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }

func (a account) credential() *syscall.Credential {
	if !a.switched {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
}

// canEnter asks the kernel, as that account: permission bits alone would miss
// access lists and mount options.
func (a account) canEnter(dir string) bool {
	cmd := exec.Command("/bin/sh", "-c", `cd -- "$1" && test -w .`, "sh", dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential()}
	return cmd.Run() == nil
}

// give makes path the account's own and closes it to everybody else.
func (f *folder) give(path string) error {
	if f.account.switched {
		if err := os.Chown(path, f.account.uid, f.account.gid); err != nil {
			return fmt.Errorf("give %s to user %s: %w", path, f.account.name, err)
		}
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return fmt.Errorf("close %s to others: %w", path, err)
	}
	return nil
}

func (f *folder) mkdir(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create folder: %w", err)
	}
	return f.give(path)
}

// adopt moves a finished new cluster to its place, durably.
func (f *folder) adopt(fresh string) error {
	if err := os.Rename(fresh, filepath.Join(f.dir, "cluster")); err != nil {
		return fmt.Errorf("move the new cluster to its place: %w", err)
	}
	d, err := os.Open(f.dir)
	if err != nil {
		return fmt.Errorf("open the data folder: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("write the data folder to disk: %w", err)
	}
	return nil
}

// clusterMajor is the PostgreSQL version that made the cluster, 0 if there is
// none yet.
func (f *folder) clusterMajor() (int, error) {
	cluster := filepath.Join(f.dir, "cluster")
	if _, err := os.Stat(cluster); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	text, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if err != nil {
		return 0, fmt.Errorf("%s is not a PostgreSQL cluster; it is left alone, move it away to start with an empty one: %w", cluster, err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("read the cluster's version: %w", err)
	}
	return major, nil
}

// serverPath is how the server names an entry of the folder.
func (f *folder) serverPath(name string) string {
	if f.handle != nil {
		return filepath.Join(inheritedPath, name)
	}
	return filepath.Join(f.dir, name)
}

type socketFolder struct {
	server string // the server's name for it
	client string // ours
}

// socketFolder is run/ in the data folder, or one in /tmp when that name is too
// long for a socket address or has a comma, at which lib/pq splits host names.
func (f *folder) socketFolder() (socketFolder, error) {
	run := filepath.Join(f.dir, "run")
	if len(run)+len("/.s.PGSQL."+port) <= maxSocketPath && !strings.Contains(run, ",") {
		return socketFolder{server: f.serverPath("run"), client: run}, f.mkdir(run)
	}
	sum := sha256.Sum256([]byte(f.dir))
	short := filepath.Join("/tmp", fmt.Sprintf("banmuyuan-%d-%s", f.account.uid, hex.EncodeToString(sum[:6])))
	if err := os.Mkdir(short, 0o700); err != nil {
		// /tmp is everybody's: take an existing folder only if it is closed and ours.
		info, statErr := os.Lstat(short)
		if statErr != nil || !info.IsDir() || ownerOf(info) != f.account.uid || info.Mode().Perm() != 0o700 {
			return socketFolder{}, fmt.Errorf("the data folder's name does not do for a socket, and %s, used instead, is not ours: choose a shorter BANMU_DATA without commas: %w", short, err)
		}
	} else if err := f.give(short); err != nil {
		return socketFolder{}, err
	}
	f.spare = short
	return socketFolder{server: short, client: short}, nil
}

// command runs one of PostgreSQL's programs as the folder's account.
func (f *folder) command(bin binaries, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(bin.dir, name), args...)
	cmd.Dir = "/" // the account may not be able to enter ours
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = processAttributes(f.account.credential())
	if f.handle != nil {
		cmd.ExtraFiles = []*os.File{f.handle}
	}
	return cmd
}

func (f *folder) close() {
	if f.spare != "" {
		_ = os.Remove(f.spare) // not while a socket is in it
	}
	if f.handle != nil {
		_ = f.handle.Close()
	}
	_ = f.lock.Close()
}

// waitForOrphans waits for a server with a killed supervisor to finish its
// shutdown, and removes a pid file that names a process which is no server of
// this folder (after a reboot the number may be anybody's).
func (f *folder) waitForOrphans(ctx context.Context, log *slog.Logger) error {
	ctx, cancel := context.WithTimeoutCause(ctx, orphanPatience, errors.New("it did not end in time"))
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	cluster := filepath.Join(f.dir, "cluster")
	for logged := false; ; logged = true {
		pids := serversIn(cluster)
		if len(pids) == 0 {
			break
		}
		if !logged {
			log.Info("waiting for the PostgreSQL of an earlier run to end", "pids", pids)
			interruptOrphans(pids)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL of an earlier run (process %d) still uses %s, end it with 'kill -INT %d': %w", pids[0], cluster, pids[0], context.Cause(ctx))
		case <-tick.C:
		}
	}
	pidFile := filepath.Join(cluster, "postmaster.pid")
	if pid, err := firstNumber(pidFile); err == nil && alive(pid) {
		log.Warn("removing a stale PostgreSQL pid file", "file", pidFile, "pid", pid)
		if err := os.Remove(pidFile); err != nil {
			return fmt.Errorf("remove the stale pid file: %w", err)
		}
	}
	return f.removeSocket(log)
}

// removeSocket takes away the socket and its lock that a power failure left. PostgreSQL refuses to start when the lock
// names a process that exists by now, whatever it is; no server of this cluster runs when this is called.
func (f *folder) removeSocket(log *slog.Logger) error {
	socket, err := f.socketFolder()
	if err != nil {
		return err
	}
	for _, name := range []string{".s.PGSQL." + port + ".lock", ".s.PGSQL." + port} {
		path := filepath.Join(socket.client, name)
		err := os.Remove(path)
		if err == nil {
			log.Warn("removed what an earlier PostgreSQL left", "file", path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the stale socket: %w", err)
		}
	}
	return nil
}

func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

func firstNumber(path string) (int, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	line, _ := bufio.NewReader(file).ReadString('\n')
	return strconv.Atoi(strings.TrimSpace(line))
}

// lockFolder takes the folder's lock, which lasts as long as the file is open.
func lockFolder(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	lock, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		return nil, belongsTo(dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer lock.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock the data folder: %w", err)
		}
		return nil, inUse(dir, lock)
	}
	if err := writeLock(lock, fmt.Sprintf("%d\n", os.Getpid())); err != nil {
		_ = lock.Close()
		return nil, err
	}
	return lock, nil
}

func belongsTo(dir string, err error) error {
	owner := "somebody else"
	if info, statErr := os.Stat(dir); statErr == nil {
		owner = userName(ownerOf(info))
	}
	return fmt.Errorf("the data folder %s belongs to %s: start as that user or as root, or choose another folder with BANMU_DATA: %w", dir, owner, err)
}

// announce tells other processes how to reach the running server.
func (f *folder) announce(url string) error {
	return writeLock(f.lock, fmt.Sprintf("%d\n%s\n", os.Getpid(), url))
}

func writeLock(lock *os.File, text string) error {
	if err := lock.Truncate(0); err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	if _, err := lock.WriteAt([]byte(text), 0); err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	return nil
}

func inUse(dir string, lock *os.File) *InUseError {
	e := &InUseError{Dir: dir}
	lines := bufio.NewScanner(lock)
	if lines.Scan() {
		e.PID, _ = strconv.Atoi(lines.Text())
	}
	if lines.Scan() {
		e.URL = lines.Text()
	}
	return e
}
