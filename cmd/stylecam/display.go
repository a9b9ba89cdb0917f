package main

import (
	"errors"
)

func display() error { return errors.New("none") }

func hasDisplay() bool { return display() == nil }
