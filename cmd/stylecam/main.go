// Stylecam is a webcam filter that paints you live and keeps you recognisable.
//
// This package is the command line alone: flags and settings, messages, exit
// statuses, and the wiring of capture, paint, filter and output. One file holds
// one command; no image is touched here.
//
//	main.go      streams, signals
//	app.go       the commands, and what they share
//	options.go   what connects an option's text with its field
//	settings.go  every option: its flag, its text, its default
//	config.go    options from the file and the environment
//	engine.go    runtime, networks and styles, put together into a painter
//	library.go   ONNX Runtime opened; which setting is to blame if it is not
//	gallery.go   styles by name or file; newstyle.go makes them
//	drive.go     the live loop, as run, video and bench share it
//	exit.go      which error ends with which status
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"stylecam/filter"
)

// The window's toolkit wants the program's main thread, which is ours only if it
// is taken before main begins.
func init() { runtime.LockOSThread() }

func main() {
	// Whoever reads our output may go away: that is an error to handle (EPIPE),
	// not a reason to die with files half-written.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	ctx, cancel := context.WithCancel(context.Background())
	go endOnSignals(cancel)
	os.Exit(newProgram(os.Args[0], os.Stdin, os.Stdout, os.Stderr, os.Getenv).main(ctx, os.Args))
}

// endOnSignals ends the work at the first Ctrl-C, and the process at the second:
// by itself, since one started with the signal ignored would not die of it. A
// terminal that is closed ends the work as well, unless nohup said otherwise, but
// never the process: its signal may come more than once.
func endOnSignals(cancel context.CancelFunc) {
	signals, hangUp := make(chan os.Signal, 2), make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(hangUp, syscall.SIGHUP)
	}
	select {
	case <-signals:
	case <-hangUp:
	}
	cancel()
	<-signals
	os.Exit(statusInterrupted)
}

// main runs one command line and returns its exit status. Every error is told
// here, once, in one line.
func (p *program) main(ctx context.Context, args []string) (status int) {
	err := filter.Guard(func() error {
		app := p.app()
		return app.RunContext(ctx, permute(app, args))
	})
	if onlyCanceled(err) {
		err = nil
	}
	if err == nil {
		err = p.stdout.failure()
	}
	if err != nil {
		fmt.Fprintln(p.stderr, "stylecam:", oneLine(err))
	}
	var bug *filter.Bug
	if errors.As(err, &bug) && p.verbose {
		p.stderr.Write(bug.Stack)
	}
	if ctx.Err() != nil {
		return statusInterrupted
	}
	return exitStatus(err)
}
