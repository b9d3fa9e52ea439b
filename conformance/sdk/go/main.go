// The official Go client: the cases of ../cases.toml that it can express.
//
// Usage: cases CONNECTION_STRING ADMIN_URL CA_FILE|- [CASE…]
//
// Prints one JSON line a case: {"case": …, "ok": …, "seconds": …, "reason": …}. A line
// {"restart": true} asks whoever started this to kill the broker, start it again, and
// answer with a line. SDK_HTTPS in the environment says where web sockets are taken, as
// host:port, and SDK_CA by whose signature.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

const atOnce = 8

var connection, admin, authority, host string

type named struct {
	name string
	work func(c *conn, queue string)
}

var out sync.Mutex

func say(report map[string]any) {
	line, err := json.Marshal(report)
	must(err)
	out.Lock()
	defer out.Unlock()
	fmt.Println(string(line))
}

// restart asks for it, and waits until it is done.
func restart() {
	say(map[string]any{"restart": true})
	_, err := bufio.NewReader(os.Stdin).ReadString('\n')
	must(err)
}

// failure is why a case fails, and where.
type failure struct {
	line  int
	words string
}

// fail ends the case, naming the line of the case itself.
func fail(format string, args ...any) {
	line := 0
	for depth := 1; depth < 12; depth++ {
		_, file, at, _ := runtime.Caller(depth)
		if filepath.Base(file) == "cases.go" {
			line = at
			break
		}
	}
	panic(failure{line, fmt.Sprintf(format, args...)})
}

func must(err error) {
	if err != nil {
		fail("%T: %v", err, err)
	}
}

func check(good bool, what ...any) {
	if !good {
		fail("not so: %v", what)
	}
}

func same[T any](got, wanted T) {
	if g, w := fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", wanted); g != w {
		fail("got %v, wanted %v", g, w)
	}
}

func run(one named) {
	begun := time.Now()
	report := map[string]any{"case": one.name, "ok": true}
	c := connect(connection)
	func() {
		defer func() {
			if cause := recover(); cause != nil {
				words := fmt.Sprint(cause)
				if why, ok := cause.(failure); ok {
					words = fmt.Sprintf("line %d: %s", why.line, why.words)
				}
				words = regexp.MustCompile(`\s+`).ReplaceAllString(words, " ")
				report["ok"] = false
				report["reason"] = words[:min(len(words), 300)]
			}
		}()
		one.work(c, one.name)
	}()
	report["seconds"] = time.Since(begun).Seconds()
	say(report)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = c.Close(ctx)
}

func main() {
	connection, admin, authority = os.Args[1], os.Args[2], os.Args[3]
	host = strings.Split(strings.SplitN(connection, "sb://", 2)[1], ";")[0]
	wanted := os.Args[4:]
	queue := make(chan named)
	var all sync.WaitGroup
	for range atOnce {
		all.Add(1)
		go func() {
			defer all.Done()
			for one := range queue {
				run(one)
			}
		}()
	}
	chosen := func(name string) bool {
		return len(wanted) == 0 || slices.Contains(wanted, name)
	}
	for _, one := range cases {
		if chosen(one.name) {
			queue <- one
		}
	}
	close(queue)
	all.Wait()
	for _, one := range alone {
		if chosen(one.name) {
			run(one)
		}
	}
}
