// Package native knows the libraries that ONNX Runtime computes by on this machine:
// where they are looked for, which the GPU needs, what of it is there, and how the
// rest is fetched.
//
//	Builds (parts.go) ──┬──> Install (install.go): wheels by pip, checked, into the cache
//	                    ├──> Installed (folder.go): what to load, in which order
//	System (system.go) ─┴──> Examine (examine.go): driver, CUDA, cuDNN, TensorRT, there or not
//
// It loads nothing itself and needs no cgo.
package native
