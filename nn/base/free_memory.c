// SPDX-License-Identifier: MIT
// Reads /proc/meminfo and the files of control groups.
#include "nn/base/free_memory.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LINE = 512 };

// Of one version: where groups lie, and the names of their files.
typedef struct kind {
    const char *folder, *limit, *usage, *dropped;
} kind;

static const kind versions[] = {
    {"/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"},
    {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
     "total_inactive_file"},
};

// The number behind `key` at the start of a line, or the first of the file with key ""; -1: none.
static int64_t read_number(const char *path, const char *key)
{
    char line[LINE];
    long long number = -1;
    FILE *file = fopen(path, "r");
    while (file && number < 0 && fgets(line, sizeof line, file)) {
        const size_t n = strlen(key);
        if (strncmp(line, key, n) != 0 || (n > 0 && line[n] != ' ' && line[n] != ':'))
            continue;
        if (sscanf(line + n + (line[n] == ':'), "%lld", &number) != 1 || number < 0)
            number = -1;
    }
    if (file)
        fclose(file);
    return number;
}

static int64_t read_of(const char *group, const char *file, const char *key)
{
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/%s", group, file) < (int)sizeof path
               ? read_number(path, key)
               : -1;
}

// What a group leaves; INT64_MAX: it has no limit.
static int64_t left_in(const char *group, const kind *v)
{
    const int64_t limit = read_of(group, v->limit, ""), used = read_of(group, v->usage, "");
    const int64_t dropped = read_of(group, "memory.stat", v->dropped);
    if (limit < 0 || used < 0) // "max"
        return INT64_MAX;
    const int64_t held = dropped > 0 && dropped < used ? used - dropped : used;
    return limit > held ? limit - held : 0;
}

// The least of a group and those around it, up to the folder of all.
static int64_t left_up(const char *root, const char *name, const kind *v)
{
    char group[PATH_MAX];
    int64_t least = INT64_MAX;
    const int top = snprintf(group, sizeof group, "%s%s", root, v->folder);
    if (top + strlen(name) >= sizeof group)
        return least;
    memcpy(group + top, name, strlen(name) + 1);
    for (;;) {
        const int64_t left = left_in(group, v);
        least = left < least ? left : least;
        char *slash = strrchr(group + top, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

// "4:memory:/name" is version 1, "0::/name" version 2.
static int64_t left_in_groups(const char *root)
{
    char path[PATH_MAX], line[LINE];
    int64_t least = INT64_MAX;
    snprintf(path, sizeof path, "%.2048s/proc/self/cgroup", root);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *kinds = strchr(line, ':'), *name = kinds ? strchr(kinds + 1, ':') : NULL;
        if (!name)
            continue;
        *name++ = '\0';
        const bool second = kinds[1] == '\0', first = strstr(kinds + 1, "memory") != NULL;
        const int64_t left = second || first ? left_up(root, name, &versions[first]) : INT64_MAX;
        least = left < least ? left : least;
    }
    if (file)
        fclose(file);
    return least;
}

int64_t nn_free_memory(const char *root)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.2048s/proc/meminfo", root);
    const int64_t kilobytes = read_number(path, "MemAvailable");
    if (kilobytes < 0 || kilobytes > INT64_MAX / 1024)
        return -1;
    const int64_t left = left_in_groups(root);
    return left < 1024 * kilobytes ? left : 1024 * kilobytes;
}
