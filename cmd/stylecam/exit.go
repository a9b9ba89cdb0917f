package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"stylecam/filter"
)

// Exit statuses; `stylecam help` and the README list them.
const (
	statusDone        = 0
	statusFailed      = 1
	statusUsage       = 2
	statusInput       = 3
	statusMissing     = 4
	statusInterrupted = 130
)

// usageError is a command line that cannot be meant; it carries an example of
// one that can.
type usageError struct {
	err     error
	example string
}

func (e *usageError) Error() string {
	if e.example == "" {
		return e.err.Error()
	}
	return e.err.Error() + "; for example: " + e.example
}

func (e *usageError) Unwrap() error { return e.err }

func exitStatus(err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return statusDone
	case errors.As(err, &usage):
		return statusUsage
	case errors.Is(err, filter.ErrInput):
		return statusInput
	case errors.Is(err, filter.ErrMissing):
		return statusMissing
	}
	return statusFailed
}

// onlyCanceled tells whether err says nothing but that the user stopped the
// program: what failed besides, like the closing of a file, must be heard.
func onlyCanceled(err error) bool {
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return onlyCanceled(e.Unwrap())
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !onlyCanceled(err) })
	}
	return err == context.Canceled
}

// oneLine tells an error in one line, without the words by which its kind is known,
// which the exit status says as well.
func oneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' })
	for i, line := range lines {
		line = strings.ReplaceAll(line, filter.ErrInput.Error()+": ", "")
		for _, kind := range []error{filter.ErrInput, filter.ErrMissing} {
			line = strings.TrimSuffix(line, ": "+kind.Error())
		}
		lines[i] = line
	}
	text := strings.Join(lines, "; ")
	var bug *filter.Bug
	if errors.As(err, &bug) {
		text += "; please report it with the output of `stylecam doctor` and of the same command with -v"
	}
	return text
}
