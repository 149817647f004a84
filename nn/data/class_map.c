// SPDX-License-Identifier: MIT
// Lists of names, and maps from class numbers of label files to labels of a model.
#include "nn/data/class_map.h"

#include "nn/base/memory.h"
#include "nn/base/spelling.h"
#include "nn/io/json.h"
#include "nn/io/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LINE_MAX_BYTES = 256 };

void nn_names_release(nn_names *n)
{
    for (int i = 0; i < n->count; i++)
        nn_free(n->name[i]);
    nn_free(n->name);
    *n = (nn_names){0};
}

nn_status nn_names_add(nn_names *n, const char *text, size_t length, nn_error *err)
{
    while (length > 0 && strchr(" \t\r\n", text[0]))
        text++, length--;
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    if (length == 0)
        return nn_fail(err, NN_EINVAL, "empty class name after %d names", n->count);
    if (n->count >= NN_CLASS_MAX)
        return nn_fail(err, NN_EINVAL, "more than %d class names", NN_CLASS_MAX);
    char **grown = nn_realloc(n->name, n->count * sizeof(char *), (n->count + 1) * sizeof(char *));
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for class names");
    n->name = grown;
    char *copy = nn_alloc(length + 1);
    if (!copy)
        return nn_fail(err, NN_ENOMEM, "no memory for class names");
    memcpy(copy, text, length);
    copy[length] = '\0';
    n->name[n->count++] = copy;
    return NN_OK;
}

nn_status nn_names_copy(nn_names *n, const char *const *names, int count, nn_error *err)
{
    *n = (nn_names){0};
    for (int i = 0; i < count; i++) {
        nn_status s = nn_names_add(n, names[i], strlen(names[i]), err);
        if (s != NN_OK) {
            nn_names_release(n);
            return s;
        }
    }
    return NN_OK;
}

nn_status nn_names_parse(nn_names *n, const char *text, nn_error *err)
{
    *n = (nn_names){0};
    for (const char *p = text;; p++) {
        size_t length = strcspn(p, ",");
        nn_status s = nn_names_add(n, p, length, err);
        if (s != NN_OK) {
            nn_names_release(n);
            return s;
        }
        p += length;
        if (*p == '\0')
            return NN_OK;
    }
}

nn_status nn_names_read(nn_names *n, const char *text, nn_error *err)
{
    struct stat s;
    return stat(text, &s) == 0 && S_ISREG(s.st_mode) ? nn_names_load(n, text, err)
                                                     : nn_names_parse(n, text, err);
}

// Converts a line that is no valid UTF-8 from Latin-1, as older editors write it. `line` has room
// for twice its bytes.
static void mend_letters(char *line)
{
    char old[LINE_MAX_BYTES];
    size_t n = 0;
    for (char *p = line; *p; p++)
        *p = (unsigned char)*p < 32 ? ' ' : *p;
    if (nn_json_plain_text(line))
        return;
    memcpy(old, line, strlen(line) + 1);
    for (const char *p = old; *p; p++) {
        const unsigned char c = (unsigned char)*p;
        if (c >= 0x80)
            line[n++] = (char)(0xc0 | c >> 6);
        line[n++] = (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c);
    }
    line[n] = '\0';
}

nn_status nn_names_load(nn_names *n, const char *path, nn_error *err)
{
    *n = (nn_names){0};
    nn_text text;
    nn_status s = nn_text_open(&text, path, err);
    if (s != NN_OK)
        return s;
    char line[2 * LINE_MAX_BYTES];
    int blank = 0;
    while (s == NN_OK && nn_text_next(&text, line, LINE_MAX_BYTES)) {
        mend_letters(line);
        if (line[strspn(line, " \t\r\n")] == '\0') {
            blank++;
            continue;
        }
        if (blank > 0)
            s = nn_fail(err, NN_EFORMAT, "%s: blank line before class %d", path, n->count);
        else
            s = nn_names_add(n, line, strlen(line), err);
    }
    if (s == NN_OK && n->count == 0)
        s = nn_fail(err, NN_EFORMAT, "%s: no class names", path);
    const nn_status closed = nn_text_close(&text, path, s == NN_OK ? err : NULL);
    s = s == NN_OK ? closed : s;
    if (s != NN_OK)
        nn_names_release(n);
    return s;
}

int nn_names_find(const nn_names *n, const char *name)
{
    for (int i = 0; i < n->count; i++)
        if (strcmp(n->name[i], name) == 0)
            return i;
    return -1;
}

const char *nn_names_list(char *text, size_t size, const nn_names *n)
{
    enum { MORE = 24 }; // bytes of ", ... (1024 in all)"
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < n->count; i++) {
        const size_t length = strlen(n->name[i]) + 2;
        if (used + length + (i + 1 < n->count ? MORE : 0) >= size) {
            snprintf(text + used, size - used, "%s... (%d in all)", i ? ", " : "", n->count);
            break;
        }
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", n->name[i]);
    }
    return text;
}

nn_status nn_names_miss(const nn_names *n, const char *what, const char *name, const char *where,
                        nn_error *err)
{
    char list[200], near[120] = "";
    const char *meant = nn_spelling_nearest(name, (const char *const *)n->name, n->count);
    if (meant)
        snprintf(near, sizeof near, " did you mean '%.80s'?", meant);
    return nn_fail(err, NN_EINVAL, "%.100s: no class '%.60s' in %s;%s there are: %s", what, name,
                   where, near, nn_names_list(list, sizeof list, n));
}

void nn_class_map_identity(nn_class_map *map, int labels)
{
    map->count = labels < NN_CLASS_MAX ? labels : NN_CLASS_MAX;
    for (int i = 0; i < map->count; i++)
        map->to[i] = i;
}

// Index of a class, given by name or number; -1: none.
static int find_class(const nn_names *names, const char *text)
{
    int i = nn_names_find(names, text);
    if (i >= 0)
        return i;
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && number >= 0 && number < names->count
               ? (int)number
               : -1;
}

static nn_status apply_rule(nn_class_map *map, const nn_names *source, const nn_names *labels,
                            const char *rule, nn_error *err)
{
    char left[LINE_MAX_BYTES];
    const char *equal = strchr(rule, '=');
    if (!equal || (size_t)(equal - rule) >= sizeof left)
        return nn_fail(err, NN_EINVAL, "class rule '%s' is not CLASS=LABEL", rule);
    memcpy(left, rule, equal - rule);
    left[equal - rule] = '\0';
    int from = find_class(source, left);
    if (from < 0)
        return nn_names_miss(source, rule, left, "the data", err);
    const char *right = equal + 1;
    int to = nn_names_find(labels, right);
    if (to < 0 && strcmp(right, "ignore") == 0)
        to = NN_CLASS_IGNORE;
    else if (to < 0 && strcmp(right, "drop") == 0)
        to = NN_CLASS_DROP;
    else if (to < 0)
        return nn_names_miss(labels, rule, right, "the model", err);
    map->to[from] = to;
    return NN_OK;
}

nn_status nn_class_map_build(nn_class_map *map, const nn_names *source, const nn_names *labels,
                             const char *rules, nn_error *err)
{
    map->count = source->count;
    for (int i = 0; i < source->count; i++) {
        int label = nn_names_find(labels, source->name[i]);
        map->to[i] = label >= 0 ? label : NN_CLASS_DROP;
    }
    if (!rules || !*rules)
        return NN_OK;
    nn_names list;
    nn_status s = nn_names_parse(&list, rules, err);
    if (s != NN_OK)
        return s;
    for (int i = 0; i < list.count && s == NN_OK; i++)
        s = apply_rule(map, source, labels, list.name[i], err);
    nn_names_release(&list);
    return s;
}

int32_t nn_class_map_get(const nn_class_map *map, int64_t number)
{
    return number >= 0 && number < map->count ? map->to[number] : NN_CLASS_DROP;
}
