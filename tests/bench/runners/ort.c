// SPDX-License-Identifier: MIT
// Times ONNX Runtime through its C interface. It is loaded when run, from the file that the
// environment variable ORT_LIBRARY names, so that neither headers nor linking are needed.
#include "run.h"

#include <dlfcn.h>
#include <stdint.h>

// The interface is a table of functions whose order never changes (onnxruntime_c_api.h); these are
// the places of those needed.
enum {
    GET_ERROR_MESSAGE = 2,
    CREATE_ENV = 3,
    CREATE_SESSION = 7,
    RUN = 9,
    CREATE_SESSION_OPTIONS = 10,
    SET_GRAPH_OPTIMIZATION_LEVEL = 23,
    SET_INTRA_OP_THREADS = 24,
    SESSION_GET_INPUT_NAME = 36,
    SESSION_GET_OUTPUT_NAME = 37,
    CREATE_TENSOR_WITH_DATA = 49,
    GET_TENSOR_DATA = 51,
    GET_TENSOR_ELEMENT_COUNT = 64,
    GET_TENSOR_TYPE_AND_SHAPE = 65,
    CREATE_CPU_MEMORY_INFO = 69,
    GET_DEFAULT_ALLOCATOR = 78,
    INTERFACE_VERSION = 12,
    LOG_WARNINGS = 2,
    OPTIMISE_ALL = 99,
    ARENA_ALLOCATOR = 0,
    TYPE_FLOAT = 1
};

typedef struct api_base {
    void *const *(*get_api)(uint32_t version);
    const char *(*version)(void);
} api_base;

static void *const *api;

// Calls entry `place` of the table; `signature` are the types of the arguments.
#define CALL(place, signature, ...) check(((void *(*)signature)api[place])(__VA_ARGS__), #place)

static void check(void *status, const char *what)
{
    if (status)
        die(what, ((const char *(*)(void *))api[GET_ERROR_MESSAGE])(status));
}

typedef struct session {
    void *handle, *in, *out;
    char *input_name, *output_name;
} session;

static const char *open_library(void)
{
    const char *path = getenv("ORT_LIBRARY");
    void *library = dlopen(path ? path : "libonnxruntime.so.1", RTLD_NOW);
    if (!library)
        die("ORT_LIBRARY", dlerror());
    const api_base *base = ((const api_base *(*)(void))dlsym(library, "OrtGetApiBase"))();
    api = base->get_api(INTERFACE_VERSION);
    if (!api)
        die("ORT_LIBRARY", "is too old");
    return base->version();
}

static void open_session(session *s, job *j)
{
    void *env, *options, *allocator, *memory;
    const int64_t dims[4] = {1, 3, j->size, j->size};
    const size_t bytes = (size_t)3 * (size_t)j->size * (size_t)j->size * sizeof(float);
    CALL(CREATE_ENV, (int, const char *, void **), LOG_WARNINGS, "bench", &env);
    CALL(CREATE_SESSION_OPTIONS, (void **), &options);
    CALL(SET_GRAPH_OPTIMIZATION_LEVEL, (void *, int), options, OPTIMISE_ALL);
    CALL(SET_INTRA_OP_THREADS, (void *, int), options, j->threads);
    const double start = now();
    CALL(CREATE_SESSION, (void *, const char *, void *, void **), env, j->model, options,
         &s->handle);
    j->load_ms = 1e3 * (now() - start);
    CALL(GET_DEFAULT_ALLOCATOR, (void **), &allocator);
    CALL(SESSION_GET_INPUT_NAME, (void *, size_t, void *, char **), s->handle, 0, allocator,
         &s->input_name);
    CALL(SESSION_GET_OUTPUT_NAME, (void *, size_t, void *, char **), s->handle, 0, allocator,
         &s->output_name);
    CALL(CREATE_CPU_MEMORY_INFO, (int, int, void **), ARENA_ALLOCATOR, 0, &memory);
    CALL(CREATE_TENSOR_WITH_DATA, (void *, void *, size_t, const int64_t *, size_t, int, void **),
         memory, j->input, bytes, dims, 4, TYPE_FLOAT, &s->in);
}

static void run(void *ctx)
{
    session *s = ctx;
    const char *inputs[] = {s->input_name}, *outputs[] = {s->output_name};
    CALL(RUN,
         (void *, void *, const char *const *, void *const *, size_t, const char *const *, size_t,
          void **),
         s->handle, NULL, inputs, &s->in, 1, outputs, 1, &s->out);
}

int main(int argc, char **argv)
{
    job j = read_job(argc, argv);
    session s = {0};
    void *info;
    float *y;
    size_t count;
    const char *version = open_library();
    open_session(&s, &j);
    time_steps(&j, version, run, &s);
    CALL(GET_TENSOR_DATA, (void *, void **), s.out, (void **)&y);
    CALL(GET_TENSOR_TYPE_AND_SHAPE, (void *, void **), s.out, &info);
    CALL(GET_TENSOR_ELEMENT_COUNT, (void *, size_t *), info, &count);
    write_output(&j, y, count);
    return 0;
}
