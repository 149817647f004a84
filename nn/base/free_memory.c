// SPDX-License-Identifier: MIT
// Reads /proc/meminfo and the files of control groups.
#include "nn/base/free_memory.h"

#include "nn/base/control_group.h"

#include <limits.h>
#include <stdio.h>

// The names of a group's files in one version.
typedef struct names {
    const char *limit, *usage, *dropped;
} names;

static const names versions[] = {
    {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"},
    {"memory.max", "memory.current", "inactive_file"},
};

// What a group leaves.
static int64_t left_in(const char *group, int version)
{
    const names *v = &versions[version - 1];
    const int64_t limit = nn_control_group_read_in(group, v->limit, "");
    const int64_t used = nn_control_group_read_in(group, v->usage, "");
    const int64_t dropped = nn_control_group_read_in(group, "memory.stat", v->dropped);
    if (limit < 0 || used < 0) // "max"
        return INT64_MAX;
    const int64_t held = dropped > 0 && dropped < used ? used - dropped : used;
    return limit > held ? limit - held : 0;
}

int64_t nn_free_memory(const char *root)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.2048s/proc/meminfo", root);
    const int64_t kilobytes = nn_control_group_read(path, "MemAvailable");
    if (kilobytes < 0 || kilobytes > INT64_MAX / 1024)
        return -1;
    const int64_t left = nn_control_group_least(root, "memory", left_in);
    return left < 1024 * kilobytes ? left : 1024 * kilobytes;
}
