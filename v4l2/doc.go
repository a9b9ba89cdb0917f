// Package v4l2 speaks Linux's video interface, Video4Linux2: cameras, and the
// virtual cameras of v4l2loopback. It is a thin layer over the kernel's ioctls
// (https://docs.kernel.org/userspace-api/media/v4l/v4l2.html) that knows their
// structures, repeats what a signal interrupted, and returns errors that say
// what was asked of which device; what to do about them is its callers' business.
//
//	Open ── Capability, Formats, Sizes, Rates               what the device can do
//	  │
//	  ├── SetFormat, SetRate, Map, StreamOn, Dequeue ⇄ Queue     a camera
//	  └── SetFormat, SetRate, StreamOn, Write                    a virtual camera
//
// [List] finds the machine's devices, [Holders] the processes that have one open,
// and [ReadModule] tells how v4l2loopback stands in the kernel. Needs neither OpenCV nor cgo.
package v4l2
