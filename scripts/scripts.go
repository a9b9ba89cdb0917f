// Package scripts holds what the program has in common with the Makefile.
package scripts

import _ "embed"

// ONNXRuntime is the script that brings ONNX Runtime's library for the CPU into the
// cache: the Makefile runs it before there is a program, `stylecam runtime install`
// where there is no source.
//
//go:embed onnxruntime.sh
var ONNXRuntime string
