// SPDX-License-Identifier: Apache-2.0

// Command probe is what the engine tests run in containers: the only program of their image.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(99)
	}
}

func run(args []string) error {
	switch what, args := args[0], args[1:]; what {
	case "say": // say OUT ERR EXIT
		fmt.Println(args[0])
		fmt.Fprintln(os.Stderr, args[1])
		code, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		os.Exit(code)
	case "lines": // lines N
		n, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		for i := range n {
			fmt.Println("line", i)
		}
	case "sleep": // ignores SIGTERM, as a stubborn program would
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("asleep")
		time.Sleep(10 * time.Minute)
	case "doze": // ends by itself, where nobody could end it
		fmt.Println("asleep")
		time.Sleep(3 * time.Second)
	case "hangup": // ends by a signal, which process 1 could not
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			return err
		}
		time.Sleep(10 * time.Second) // the signal ends it before
	case "who":
		return who()
	case "parent": // parent ARGUMENT... runs itself with them, and ends well however that ends
		_ = exec.Command("/probe", args...).Run() //nolint:noctx // The container bounds it.
	case "limit": // limit pids
		for _, file := range []string{"/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"} {
			if text, err := os.ReadFile(file); err == nil {
				fmt.Print(string(text))
			}
		}
	case "env":
		fmt.Println(strings.Join(os.Environ(), "\n"))
	case "get": // get URL
		return get(args[0])
	case "args":
		fmt.Printf("%q\n", args)
	case "write": // write PATH TEXT
		return os.WriteFile(args[0], []byte(args[1]), 0o644)
	case "append": // append PATH TEXT
		file, err := os.OpenFile(args[0], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		_, err = io.WriteString(file, args[1])
		return err
	case "cat": // cat PATH
		data, err := os.ReadFile(args[0])
		fmt.Printf("%s", data)
		return err
	case "stat": // stat PATH...
		for _, name := range args {
			info, err := os.Lstat(name)
			if err != nil {
				return err
			}
			owner := info.Sys().(*syscall.Stat_t)
			fmt.Printf("%s %s %d:%d\n", name, info.Mode(), owner.Uid, owner.Gid)
		}
	case "tree": // makes /tmp/tree with files, links and modes
		return tree()
	case "badlink":
		return os.Symlink("/etc/passwd", "/tmp/badlink")
	case "fifo":
		return syscall.Mkfifo("/tmp/fifo", 0o644)
	case "netlink": // tries to open a netlink socket of a family
		family, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		_, err = syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW, family)
		fmt.Println("socket:", err)
	case "full":
		fmt.Fprintln(os.Stderr, "write /x: No space left on device")
		os.Exit(1)
	case "eat": // until the memory limit, or an end that no machine is short of
		var all [][]byte
		for range 256 {
			block := make([]byte, 1<<20)
			for i := range block {
				block[i] = 1
			}
			all = append(all, block)
			_ = all
		}
	default:
		return fmt.Errorf("unknown: %q", what)
	}
	return nil
}

// get prints what an HTTP server answers, and the proxies that it was asked through.
func get(url string) error {
	response, err := http.Get(url) //nolint:gosec,noctx // The test names it, and the container bounds it.
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	fmt.Println("proxies:", os.Getenv("http_proxy"), os.Getenv("HTTP_PROXY"))
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}

func who() error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(status)) {
		for _, key := range []string{"CapEff:", "CapBnd:", "NoNewPrivs:"} {
			if strings.HasPrefix(line, key) {
				fmt.Println(strings.Join(strings.Fields(line), " "))
			}
		}
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	links, err := net.Interfaces()
	if err != nil {
		return err
	}
	fmt.Printf("uid %d gid %d\nhost %s\n", os.Getuid(), os.Getgid(), host)
	for _, link := range links {
		if link.Name == "lo" || link.Name == "eth0" {
			fmt.Println("link", link.Name)
		}
	}
	return nil
}

func tree() error {
	steps := []error{
		os.MkdirAll("/tmp/tree/sub", 0o755),
		os.WriteFile("/tmp/tree/sub/file", []byte("content\n"), 0o640),
		os.WriteFile("/tmp/tree/odd \"name'\n%s", []byte("odd"), 0o644),
		os.Symlink("sub/file", "/tmp/tree/link"),
		os.Link("/tmp/tree/sub/file", "/tmp/tree/hard"),
		os.Chmod("/tmp/tree/sub", 0o555),
		os.Chtimes("/tmp/tree/sub/file", time.Unix(1700000000, 0), time.Unix(1700000000, 0)),
	}
	for _, err := range steps {
		if err != nil {
			return err
		}
	}
	return nil
}
