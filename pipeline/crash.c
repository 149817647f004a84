// SPDX-License-Identifier: MIT
// Prints one line from a signal handler. It uses only async-signal-safe calls and buffers that were
// made before.
#include "pipeline/crash.h"

#include "nn/base/credentials.h"

#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGSEGV, "SIGSEGV"},
               {SIGBUS, "SIGBUS"},
               {SIGILL, "SIGILL"},
               {SIGFPE, "SIGFPE"},
               {SIGABRT, "SIGABRT"}};

static char program[64], reads[512], records[1024];

// --- in the handler ---

typedef struct text {
    char bytes[2048];
    size_t length;
} text;

static void add(text *t, const char *word)
{
    while (*word && t->length < sizeof t->bytes - 1)
        t->bytes[t->length++] = *word++;
}

static uintptr_t find_address(const void *context)
{
    const ucontext_t *c = context;
#if defined(__x86_64__)
    return (uintptr_t)c->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)c->uc_mcontext.pc;
#else
    (void)c;
    return 0;
#endif
}

static const char *read_hex(const char *s, uintptr_t *value)
{
    for (*value = 0; g_ascii_isxdigit(*s); s++)
        *value = *value * 16 + (uintptr_t)(*s <= '9' ? *s - '0' : (*s | 32) - 'a' + 10);
    return s;
}

// Whether a line of /proc/self/maps ("from-to ... path") contains the address; *name gets the file.
static bool has_address(const char *line, uintptr_t address, char *name, size_t size)
{
    uintptr_t from, to;
    const char *s = read_hex(line, &from), *slash = strrchr(line, '/');
    if (*s != '-')
        return false;
    read_hex(s + 1, &to);
    if (address < from || address >= to)
        return false;
    size_t n = 0;
    for (s = slash ? slash + 1 : ""; *s && n < size - 1; s++)
        name[n++] = *s;
    name[n] = 0;
    return true;
}

// The library with this address; empty when unknown.
static void find_library(uintptr_t address, char *name, size_t size)
{
    char bytes[1024], line[512];
    size_t length = 0;
    bool found = false;
    name[0] = 0;
    const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    for (ssize_t n; fd >= 0 && !found && (n = read(fd, bytes, sizeof bytes)) > 0;)
        for (ssize_t i = 0; i < n && !found; i++) {
            if (bytes[i] != '\n') {
                if (length < sizeof line - 1)
                    line[length++] = bytes[i];
                continue;
            }
            line[length] = 0;
            length = 0;
            found = has_address(line, address, name, size);
        }
    if (fd >= 0)
        close(fd);
}

static void compose(text *t, int number, const void *context)
{
    char library[128], thread[32] = "";
    find_library(find_address(context), library, sizeof library);
    prctl(PR_GET_NAME, thread);
    add(t, program);
    add(t, ": crashed");
    if (reads[0]) {
        add(t, " while it read '");
        add(t, reads);
        add(t, "'");
    }
    add(t, ": ");
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
        if (signals[i].number == number)
            add(t, signals[i].name);
    if (library[0]) {
        add(t, " in ");
        add(t, library);
    }
    add(t, " (thread ");
    add(t, thread);
    add(t, ")");
    if (records[0]) {
        add(t, "; what was recorded plays: ");
        add(t, records);
    }
    add(t, "\n");
}

static void say(int number, siginfo_t *info, void *context)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&said)) {
        text t = {.length = 0};
        compose(&t, number, context);
        if (write(STDERR_FILENO, t.bytes, t.length) < 0)
            (void)0; // stderr is closed
    }
    // The handler is reset. A fault occurs again at the same instruction, for debuggers and core
    // dumps; a signal that another process sent must be raised again.
    if (info->si_code <= 0)
        raise(number);
}

// --- outside of the handler ---

#if defined(__has_feature)
#define HAS(x) __has_feature(x)
#else
#define HAS(x) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || HAS(address_sanitizer) ||     \
    HAS(thread_sanitizer) || HAS(memory_sanitizer)
enum { SANITIZED = 1 }; // sanitizers report by themselves
#else
enum { SANITIZED = 0 };
#endif

void vp_crash_arm(void)
{
    static gsize armed;
    if (!g_once_init_enter(&armed))
        return;
    g_strlcpy(program, g_get_prgname() ? g_get_prgname() : "neroscale", sizeof program);
    for (size_t i = 0; i < G_N_ELEMENTS(signals) && !SANITIZED; i++) {
        struct sigaction old,
            action = {.sa_sigaction = say, .sa_flags = (int)(SA_SIGINFO | SA_RESETHAND)};
        if (sigaction(signals[i].number, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(signals[i].number, &action, NULL);
    }
    g_once_init_leave(&armed, 1);
}

// The handler may read a text that is too short, but never one that is too long.
static void put(char *to, size_t size, const char *from)
{
    to[0] = 0;
    g_strlcpy(to, from ? from : "", size);
}

void vp_crash_reads(const char *input)
{
    char shown[sizeof reads];
    g_strlcpy(shown, input ? input : "", sizeof shown);
    nn_mask_credentials(shown, sizeof shown);
    put(reads, sizeof reads, shown);
}

void vp_crash_records(const char *path)
{
    put(records, sizeof records, path);
}

void vp_crash_records_end(const char *path)
{
    if (strncmp(records, path, sizeof records - 1) == 0)
        records[0] = 0;
}
