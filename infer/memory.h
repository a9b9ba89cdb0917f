#include <stddef.h>
#include <stdint.h>

// What of ONNX Runtime's C API the binding for Go leaves out: tensors in the memory of
// a session's device. The API is a table of functions that only ever grows at its end
// (onnxruntime_c_api.h), so a function's number in it is for good.

typedef struct memory memory; // where a session computes

// memory_of opens the memory called name ("Cpu", "Cuda") of a session. On failure it
// returns NULL and a text in *error that the caller frees, here and below.
memory *memory_of(const char *library, void *session, const char *name, char **error);
void memory_close(memory *);

// memory_tensor makes a tensor of count dimensions there; element is ONNX's number of
// the type.
void *memory_tensor(memory *, const int64_t *dims, size_t count, int element, char **error);
void memory_release(memory *, void *tensor);
