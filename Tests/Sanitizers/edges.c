// What the thread sanitizer does not know of Swift, told to it. Linked into its builds alone; `__wrap_f` takes the place
// of `f` in what they compile (`--wrap`).
#if __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);
void *swift_task_getCurrent(void);

// Mutex. Its quick ways are compiled into its users, where the sanitizer sees them; its slow ways lie in the standard
// library, which is not instrumented. Without these two, which take their places, everything that a contended mutex
// guards would be reported as a race.

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define MUTEX __attribute__((swift_context)) void *mutex

typedef __attribute__((swiftcall)) void (*lock_function)(uint32_t thread, MUTEX);
typedef __attribute__((swiftcall)) void (*unlock_function)(MUTEX);

__attribute__((swiftcall)) void lock_slow(uint32_t thread, MUTEX) __asm__(LOCK);
__attribute__((swiftcall)) void unlock_slow(MUTEX) __asm__(UNLOCK);

static void *library_function(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

__attribute__((swiftcall)) void lock_slow(uint32_t thread, MUTEX) {
    ((lock_function)library_function(LOCK))(thread, mutex);
    __tsan_acquire(mutex);
}

__attribute__((swiftcall)) void unlock_slow(MUTEX) {
    __tsan_release(mutex);
    ((unlock_function)library_function(UNLOCK))(mutex);
}

// Continuations. Whoever resumes one tells the sanitizer so, under the task's address; the task looks there where a thread
// takes it up, but not where it goes on at once, for the continuation was resumed before it waited. What was handed over
// would be reported then. So a task looks there whenever a call that may wait has returned and its frame is given back.

void __real_swift_task_dealloc(void *frame);

void __wrap_swift_task_dealloc(void *frame) {
    __real_swift_task_dealloc(frame);
    __tsan_acquire(swift_task_getCurrent());
}

// Values of no size. A `SystemRandomNumberGenerator` that is passed `inout` has no address: the compiler reports whatever
// a register holds, which the sanitizer would follow.

void __real___tsan_external_write(void *address, void *caller, void *tag);

void __wrap___tsan_external_write(void *address, void *caller, void *tag) {
    // Programs, heap, libraries and stacks lie here on x86-64.
    const uintptr_t first = 0x550000000000, end = 0x800000000000;
    if ((uintptr_t)address >= first && (uintptr_t)address < end) __real___tsan_external_write(address, caller, tag);
}

#endif
