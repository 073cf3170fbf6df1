// A libcuda on host memory for tests without a GPU: does copies and fills at once, runs no kernel, counts what lives, and fails where it is told to.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, INVALID_CONTEXT = 201 };
typedef struct { uint32_t kind; } Object;
enum { STREAM = 1, EVENT, MODULE, FUNCTION, GRAPH, GRAPH_EXEC };

static int s_live, s_devices = 1, s_version = 12040, s_fail_status, s_module_bytes;
static long s_calls, s_fail_at;
static char s_fail_name[64], s_failed[64];
static uint64_t s_memory = (uint64_t)1 << 30, s_used, s_launches, s_launched[10];
static __thread int s_current; // whether this thread has the context

// What the tests ask and tell.
void fake_reset(void)
{
    s_live = s_fail_status = s_module_bytes = 0;
    s_devices = 1;
    s_version = 12040;
    s_calls = s_fail_at = 0;
    s_fail_name[0] = s_failed[0] = 0;
    s_used = s_launches = 0;
}
int fake_live(void) { return s_live; }
long fake_calls(void) { return s_calls; }
// The n-th call from now on fails, counted from 1. The failed call's name is told by fake_failed.
void fake_fail_at(long n, int status) { s_calls = 0; s_fail_at = n; s_fail_status = status; s_failed[0] = 0; }
void fake_fail_call(const char *name, int status) { strncpy(s_fail_name, name, sizeof s_fail_name - 1); s_fail_status = status; }
const char *fake_failed(void) { return s_failed; }
void fake_set_devices(int devices) { s_devices = devices; }
void fake_set_version(int version) { s_version = version; }
// function, grid x y z, block x y z, shared bytes, stream, first argument
const uint64_t *fake_launched(void) { return s_launched; }
uint64_t fake_launches(void) { return s_launches; }
int fake_module_bytes(void) { return s_module_bytes; }

static int fails(const char *name)
{
    s_calls++;
    if (s_calls != s_fail_at && strcmp(name, s_fail_name) != 0) return 0;
    strncpy(s_failed, name, sizeof s_failed - 1);
    return s_fail_status;
}
// Every call may fail; most want a context on their thread.
#define CALL(name) { int status = fails(#name); if (status) return status; }
#define CALL_IN_CONTEXT(name) CALL(name) if (!s_current) return INVALID_CONTEXT;

static int create(void **handle, uint32_t kind)
{
    Object *object = malloc(sizeof *object);
    object->kind = kind;
    *handle = object;
    s_live++;
    return 0;
}
static int destroy(void *handle, uint32_t kind)
{
    Object *object = handle;
    if (!object || object->kind != kind) return INVALID_VALUE;
    object->kind = 0;
    free(object);
    s_live--;
    return 0;
}

// A block starts with its size, 256 bytes before what the caller sees.
static int allocate(void **memory, size_t bytes)
{
    if (bytes == 0) return INVALID_VALUE;
    if (bytes > s_memory - s_used) return OUT_OF_MEMORY;
    size_t *block = aligned_alloc(256, (bytes + 511) / 256 * 256);
    *block = bytes;
    s_used += bytes;
    s_live++;
    *memory = (char *)block + 256;
    return 0;
}
static int release(void *memory)
{
    if (!memory) return 0;
    size_t *block = (size_t *)((char *)memory - 256);
    s_used -= *block;
    s_live--;
    free(block);
    return 0;
}

int cuInit(unsigned flags) { CALL(cuInit) return s_devices ? 0 : NO_DEVICE; }
int cuDriverGetVersion(int *version) { CALL(cuDriverGetVersion) *version = s_version; return 0; }
int cuDeviceGetCount(int *count) { CALL(cuDeviceGetCount) *count = s_devices; return 0; }
int cuDeviceGet(int *device, int index) { CALL(cuDeviceGet) *device = index; return 0; }
int cuDeviceGetName(char *name, int bytes, int device) { CALL(cuDeviceGetName) strncpy(name, "Fake GPU", bytes); return 0; }
int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    CALL(cuDeviceGetAttribute)
    *value = attribute == 16 ? 132 : attribute == 75 ? 9 : attribute == 76 ? 0 : -1;
    return 0;
}
int cuDeviceTotalMem_v2(size_t *bytes, int device) { CALL(cuDeviceTotalMem) *bytes = s_memory; return 0; }
int cuDevicePrimaryCtxRetain(void **context, int device) { CALL(cuDevicePrimaryCtxRetain) *context = &s_live; s_live++; return 0; }
int cuDevicePrimaryCtxRelease_v2(int device) { CALL(cuDevicePrimaryCtxRelease) s_live--; return 0; }
int cuCtxSetCurrent(void *context) { CALL(cuCtxSetCurrent) s_current = context == &s_live; return 0; }

int cuMemGetInfo_v2(size_t *free, size_t *total) { CALL_IN_CONTEXT(cuMemGetInfo) *free = s_memory - s_used; *total = s_memory; return 0; }
int cuMemAlloc_v2(void **memory, size_t bytes) { CALL_IN_CONTEXT(cuMemAlloc) return allocate(memory, bytes); }
int cuMemFree_v2(void *memory) { CALL_IN_CONTEXT(cuMemFree) return release(memory); }
int cuMemAllocAsync(void **memory, size_t bytes, void *stream) { CALL_IN_CONTEXT(cuMemAllocAsync) return allocate(memory, bytes); }
int cuMemFreeAsync(void *memory, void *stream) { CALL_IN_CONTEXT(cuMemFreeAsync) return release(memory); }
int cuMemHostAlloc(void **memory, size_t bytes, unsigned flags) { CALL_IN_CONTEXT(cuMemHostAlloc) return allocate(memory, bytes); }
int cuMemFreeHost(void *memory) { CALL_IN_CONTEXT(cuMemFreeHost) return release(memory); }
int cuMemcpyHtoDAsync_v2(void *to, const void *from, size_t bytes, void *stream) { CALL_IN_CONTEXT(cuMemcpyHtoDAsync) memcpy(to, from, bytes); return 0; }
int cuMemcpyDtoHAsync_v2(void *to, const void *from, size_t bytes, void *stream) { CALL_IN_CONTEXT(cuMemcpyDtoHAsync) memcpy(to, from, bytes); return 0; }
int cuMemcpyDtoDAsync_v2(void *to, const void *from, size_t bytes, void *stream) { CALL_IN_CONTEXT(cuMemcpyDtoDAsync) memcpy(to, from, bytes); return 0; }
int cuMemsetD8Async(void *memory, unsigned char value, size_t bytes, void *stream) { CALL_IN_CONTEXT(cuMemsetD8Async) memset(memory, value, bytes); return 0; }

// CUDA_MEMCPY2D, written out anew.
typedef struct
{
    size_t from_x, from_y;
    unsigned from_kind;
    const void *from_host, *from_device;
    void *from_array;
    size_t from_pitch, to_x, to_y;
    unsigned to_kind;
    void *to_host, *to_device, *to_array;
    size_t to_pitch, width, rows;
} Copy2D;
int cuMemcpy2DAsync_v2(const Copy2D *copy, void *stream)
{
    CALL_IN_CONTEXT(cuMemcpy2DAsync)
    if (copy->from_kind != 2 || copy->to_kind != 2 || copy->width > copy->from_pitch || copy->width > copy->to_pitch) return INVALID_VALUE;
    for (size_t row = 0; row < copy->rows; row++)
        memcpy((char *)copy->to_device + row * copy->to_pitch, (const char *)copy->from_device + row * copy->from_pitch, copy->width);
    return 0;
}

int cuModuleLoadDataEx(void **module, const char *image, unsigned count, int *options, void **values)
{
    CALL_IN_CONTEXT(cuModuleLoadDataEx)
    s_module_bytes = (int)strlen(image);
    if (strncmp(image, "bad", 3) == 0)
    {
        for (unsigned i = 0; i < count; i++) if (options[i] == 5) strcpy(values[i], "fake ptxas: line 1 is bad");
        return 218;
    }
    return create(module, MODULE);
}
int cuModuleUnload(void *module) { CALL_IN_CONTEXT(cuModuleUnload) return destroy(module, MODULE); }
int cuModuleGetFunction(void **function, void *module, const char *name)
{
    static Object s_function = { FUNCTION };
    CALL_IN_CONTEXT(cuModuleGetFunction)
    if (strcmp(name, "absent") == 0) return 500;
    *function = &s_function;
    return 0;
}
int cuFuncSetAttribute(void *function, int attribute, int value) { CALL_IN_CONTEXT(cuFuncSetAttribute) return attribute == 8 && value <= 232448 ? 0 : INVALID_VALUE; }
int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void *stream, void **arguments, void **extra)
{
    CALL_IN_CONTEXT(cuLaunchKernel)
    if (extra || bx * by * bz > 1024) return INVALID_VALUE;
    uint64_t launched[10] = { (uint64_t)(uintptr_t)function, gx, gy, gz, bx, by, bz, shared, (uint64_t)(uintptr_t)stream, *(uint64_t *)arguments[0] };
    memcpy(s_launched, launched, sizeof launched);
    s_launches++;
    return 0;
}

int cuStreamCreate(void **stream, unsigned flags) { CALL_IN_CONTEXT(cuStreamCreate) return create(stream, STREAM); }
int cuStreamDestroy_v2(void *stream) { CALL_IN_CONTEXT(cuStreamDestroy) return destroy(stream, STREAM); }
int cuStreamSynchronize(void *stream) { CALL_IN_CONTEXT(cuStreamSynchronize) return 0; }
int cuStreamWaitEvent(void *stream, void *event, unsigned flags) { CALL_IN_CONTEXT(cuStreamWaitEvent) return ((Object *)event)->kind == EVENT ? 0 : INVALID_VALUE; }
int cuEventCreate(void **event, unsigned flags) { CALL_IN_CONTEXT(cuEventCreate) return create(event, EVENT); }
int cuEventDestroy_v2(void *event) { CALL_IN_CONTEXT(cuEventDestroy) return destroy(event, EVENT); }
int cuEventRecord(void *event, void *stream) { CALL_IN_CONTEXT(cuEventRecord) return ((Object *)event)->kind == EVENT ? 0 : INVALID_VALUE; }
int cuEventSynchronize(void *event) { CALL_IN_CONTEXT(cuEventSynchronize) return 0; }
int cuEventElapsedTime(float *milliseconds, void *from, void *to) { CALL_IN_CONTEXT(cuEventElapsedTime) *milliseconds = 1.5f; return 0; }
int cuStreamBeginCapture_v2(void *stream, int mode) { CALL_IN_CONTEXT(cuStreamBeginCapture) return 0; }
int cuStreamEndCapture(void *stream, void **graph) { CALL_IN_CONTEXT(cuStreamEndCapture) return create(graph, GRAPH); }
int cuGraphInstantiateWithFlags(void **exec, void *graph, unsigned long long flags)
{
    CALL_IN_CONTEXT(cuGraphInstantiateWithFlags)
    return ((Object *)graph)->kind == GRAPH ? create(exec, GRAPH_EXEC) : INVALID_VALUE;
}
int cuGraphLaunch(void *exec, void *stream) { CALL_IN_CONTEXT(cuGraphLaunch) return ((Object *)exec)->kind == GRAPH_EXEC ? 0 : INVALID_VALUE; }
int cuGraphExecDestroy(void *exec) { CALL_IN_CONTEXT(cuGraphExecDestroy) return destroy(exec, GRAPH_EXEC); }
int cuGraphDestroy(void *graph) { CALL_IN_CONTEXT(cuGraphDestroy) return destroy(graph, GRAPH); }

int cuGetErrorName(int status, const char **name)
{
    *name = status == OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY" : status == 999 ? NULL : "CUDA_ERROR_FAKE";
    return *name ? 0 : INVALID_VALUE;
}
int cuGetErrorString(int status, const char **text)
{
    *text = status == OUT_OF_MEMORY ? "out of memory" : status == 999 ? NULL : "a fake error";
    return *text ? 0 : INVALID_VALUE;
}
