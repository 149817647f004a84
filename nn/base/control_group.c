// SPDX-License-Identifier: MIT
// Walks from the group of this process up to the folder of all groups.
#include "nn/base/control_group.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LINE = 512 };

int64_t nn_control_group_read(const char *path, const char *key)
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

int64_t nn_control_group_read_in(const char *group, const char *file, const char *key)
{
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/%s", group, file) < (int)sizeof path
               ? nn_control_group_read(path, key)
               : -1;
}

// The least of a group and those around it, up to the folder of all.
static int64_t least_up(const char *folder, const char *name, int version,
                        nn_control_group_figure *figure)
{
    char group[PATH_MAX];
    int64_t least = INT64_MAX;
    const int top = snprintf(group, sizeof group, "%s", folder);
    if (top + strlen(name) >= sizeof group)
        return least;
    memcpy(group + top, name, strlen(name) + 1);
    for (;;) {
        const int64_t here = figure(group, version);
        least = here < least ? here : least;
        char *slash = strrchr(group + top, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

// Whether a list such as "cpu,cpuacct" has the word.
static bool has_word(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, n) == 0 && (at[n] == ',' || at[n] == '\0'))
            return true;
    }
    return false;
}

// "4:memory:/name" is version 1, "0::/name" version 2.
int64_t nn_control_group_least(const char *root, const char *controller,
                               nn_control_group_figure *figure)
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
        const int version = kinds[1] == '\0' ? 2 : has_word(kinds + 1, controller) ? 1 : 0;
        if (version == 0)
            continue;
        snprintf(path, sizeof path, "%.2048s/sys/fs/cgroup%s%.64s", root, version == 1 ? "/" : "",
                 version == 1 ? controller : "");
        const int64_t here = least_up(path, name, version, figure);
        least = here < least ? here : least;
    }
    if (file)
        fclose(file);
    return least;
}
