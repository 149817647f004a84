// SPDX-License-Identifier: MIT
// A file of three lines: what the choice is valid for, the number of the form, and why.
#include "nn/predict/form_cache.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/kernels/kernels.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct text {
    char at[NN_FORM_KEY];
    size_t length;
} text;

__attribute__((format(printf, 2, 3))) static void add(text *t, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const int n = vsnprintf(t->at + t->length, sizeof t->at - t->length, format, list);
    va_end(list);
    t->length += n > 0 ? (size_t)n : 0;
    if (t->length >= sizeof t->at)
        t->length = sizeof t->at - 1;
}

// "model name" of the first processor; "?" where there is none.
static void add_processor(text *t)
{
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "re");
    const char *name = "?";
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "model name", 10) && strchr(line, ':')) {
            line[strcspn(line, "\n")] = '\0';
            name = strchr(line, ':') + 1;
            break;
        }
    add(t, "%s %s", name, nn_cpu_name(nn_kernels_level()));
    if (f)
        fclose(f);
}

static void add_use(text *t, const nn_form_key *key)
{
    for (int i = 0; i < key->count; i++)
        add(t, "%s|", key->files[i]);
    add(t, "%d threads|%dx%d", key->threads, key->input_w, key->input_h);
}

// What the choice is valid for, as one line.
static text *make_key(const nn_form_key *key)
{
    text *t = nn_calloc(1, sizeof *t);
    if (!t)
        return NULL;
    add(t, "%s|", NN_VERSION);
    add_processor(t);
    add(t, "|");
    add_use(t, key);
    for (int i = 0; i < key->count; i++) {
        struct stat s;
        if (stat(key->files[i], &s) != 0)
            memset(&s, 0, sizeof s);
        add(t, "|%lld %lld.%09ld", (long long)s.st_size, (long long)s.st_mtim.tv_sec,
            s.st_mtim.tv_nsec);
    }
    for (char *c = t->at; *c; c++)
        *c = *c == '\n' ? ' ' : *c;
    return t;
}

static uint64_t hash_use(const nn_form_key *key)
{
    text *t = nn_calloc(1, sizeof *t);
    uint64_t h = 0xcbf29ce484222325u; // FNV-1a
    if (t)
        add_use(t, key);
    for (size_t i = 0; t && i < t->length; i++)
        h = (h ^ (uint8_t)t->at[i]) * 0x100000001b3u;
    nn_free(t);
    return h;
}

// The file of a key, whose folders are made when `make`. False: there is no place for it.
static bool find_path(char *path, size_t size, const nn_form_key *key, bool make)
{
    const char *cache = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
    const bool named = cache && *cache == '/'; // others are to be ignored
    int n = 0;
    if (!named && !(home && *home == '/'))
        return false;
    for (int i = 0; i < 2; i++) {
        n = named ? snprintf(path, size, "%s", cache) : snprintf(path, size, "%s/.cache", home);
        if (n < 0 || (size_t)n + 64 >= size)
            return false;
        if (i > 0)
            n += snprintf(path + n, size - (size_t)n, "/neroscale");
        if (make)
            mkdir(path, 0700); // may be there; what cannot be made shows when the file is written
    }
    snprintf(path + n, size - (size_t)n, "/auto-%016llx", (unsigned long long)hash_use(key));
    return true;
}

bool nn_form_cache_find(const nn_form_key *key, int *form, char *why, size_t size)
{
    char path[4096];
    nn_file file = {0};
    bool found = false;
    if (!find_path(path, sizeof path, key, false) || nn_file_map(&file, path, NULL) != NN_OK)
        return false;
    text *t = make_key(key);
    const char *bytes = file.bytes;
    // KEY \n DIGIT \n WHY \n
    const size_t begin = t ? t->length + 3 : 0;
    if (t && file.size > begin && file.size - begin <= size && bytes[file.size - 1] == '\n' &&
        memcmp(bytes, t->at, t->length) == 0 && bytes[t->length] == '\n' &&
        bytes[t->length + 2] == '\n') {
        *form = bytes[t->length + 1] - '0';
        found = *form >= 0 && *form < key->count;
        memcpy(why, bytes + begin, file.size - begin);
        why[file.size - begin - 1] = '\0';
    }
    nn_free(t);
    nn_file_unmap(&file);
    return found;
}

void nn_form_cache_keep(const nn_form_key *key, int form, const char *why)
{
    char path[4096], digit[] = {'\n', (char)('0' + form), '\n'};
    text *t = make_key(key);
    if (t && find_path(path, sizeof path, key, true)) {
        const nn_file_part parts[] = {
            {t->at, t->length}, {digit, sizeof digit}, {why, strlen(why)}, {"\n", 1}};
        nn_file_write(path, parts, 4, NULL);
    }
    nn_free(t);
}
