#include "memory.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef void status;

// Numbers of functions in the table, as of onnxruntime_c_api.h, version 24.
enum {
	GET_ERROR_MESSAGE = 2,
	CREATE_TENSOR = 48, // CreateTensorAsOrtValue
	CREATE_MEMORY_INFO = 68,
	RELEASE_STATUS = 93,
	RELEASE_MEMORY_INFO = 94,
	RELEASE_VALUE = 96,
	CREATE_ALLOCATOR = 131,
	RELEASE_ALLOCATOR = 132,
	API_VERSION = 24,
};

enum { ARENA = 1, DEFAULT_MEMORY = 0 }; // OrtArenaAllocator, OrtMemTypeDefault

struct memory {
	void *const *api;
	void *allocator;
};

typedef const char *get_error_message(const status *);
typedef status *create_tensor(void *allocator, const int64_t *shape, size_t count, int type, void **out);
typedef status *create_memory_info(const char *name, int allocator, int device, int memory, void **out);
typedef status *create_allocator(const void *session, const void *info, void **out);
typedef void release(void *);

static char *told(void *const *api, status *s) {
	if (s == NULL)
		return NULL;
	char *text = strdup(((get_error_message *)api[GET_ERROR_MESSAGE])(s));
	((release *)api[RELEASE_STATUS])(s);
	return text;
}

memory *memory_of(const char *library, void *session, const char *name, char **error) {
	struct {
		void *const *(*get_api)(uint32_t version);
	} *(*base)(void);
	void *handle = dlopen(library, RTLD_NOW | RTLD_NOLOAD); // it is loaded already, and stays
	base = handle == NULL ? NULL : dlsym(handle, "OrtGetApiBase");
	void *const *api = base == NULL ? NULL : base()->get_api(API_VERSION);
	if (api == NULL) {
		*error = strdup("ONNX Runtime's C API is not to be had a second time");
		return NULL;
	}
	void *info = NULL, *allocator = NULL;
	*error = told(api, ((create_memory_info *)api[CREATE_MEMORY_INFO])(name, ARENA, 0, DEFAULT_MEMORY, &info));
	if (*error == NULL) {
		*error = told(api, ((create_allocator *)api[CREATE_ALLOCATOR])(session, info, &allocator));
		((release *)api[RELEASE_MEMORY_INFO])(info);
	}
	if (*error != NULL)
		return NULL;
	memory *m = malloc(sizeof *m);
	if (m == NULL)
		abort();
	m->api = api;
	m->allocator = allocator;
	return m;
}

void memory_close(memory *m) {
	((release *)m->api[RELEASE_ALLOCATOR])(m->allocator);
	free(m);
}

void *memory_tensor(memory *m, const int64_t *dims, size_t count, int element, char **error) {
	void *tensor = NULL;
	*error = told(m->api, ((create_tensor *)m->api[CREATE_TENSOR])(m->allocator, dims, count, element, &tensor));
	return tensor;
}

void memory_release(memory *m, void *tensor) {
	((release *)m->api[RELEASE_VALUE])(tensor);
}
