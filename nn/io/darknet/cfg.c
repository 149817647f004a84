// SPDX-License-Identifier: MIT
// Lines of a .cfg file: [sections], key=value, comments.
#include "nn/io/darknet/cfg.h"

#include "nn/base/memory.h"
#include "nn/io/json.h"

#include <string.h>

enum { MAX_BYTES = 1 << 20, MAX_SECTIONS = 4096 };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool nn_cfg_is_one(const void *bytes, size_t size)
{
    const char *p = bytes, *end = p + size;
    while (p < end) {
        while (p < end && (is_space(*p) || *p == '\n'))
            p++;
        if (p < end && *p != '#' && *p != ';')
            break;
        while (p < end && *p != '\n')
            p++;
    }
    const size_t left = (size_t)(end - p);
    return (left >= 5 && memcmp(p, "[net]", 5) == 0) ||
           (left >= 9 && memcmp(p, "[network]", 9) == 0);
}

// Removes all white space and the comment from a line.
static void squeeze(char *line)
{
    char *to = line;
    for (const char *from = line; *from && *from != '#' && *from != ';'; from++)
        if (!is_space(*from))
            *to++ = *from;
    *to = '\0';
}

static nn_status add_section(nn_cfg *cfg, char *line, int number, nn_error *err)
{
    const size_t length = strlen(line);
    if (length < 3 || line[length - 1] != ']')
        return nn_fail(err, NN_EFORMAT, "line %d: no [section]", number);
    if (cfg->section_count == MAX_SECTIONS)
        return nn_fail(err, NN_EUNSUPPORTED, "line %d: over %d sections", number, MAX_SECTIONS);
    line[length - 1] = '\0';
    cfg->sections[cfg->section_count++] =
        (nn_cfg_section){.type = line + 1, .line = number, .first = cfg->option_count};
    return NN_OK;
}

static nn_status add_option(nn_cfg *cfg, char *line, int number, nn_error *err)
{
    char *equals = strchr(line, '=');
    if (!equals || equals == line || cfg->section_count == 0)
        return nn_fail(err, NN_EFORMAT, "line %d: '%.40s' is no key=value of a [section]", number,
                       line);
    *equals = '\0';
    cfg->options[cfg->option_count++] = (nn_cfg_option){line, equals + 1, number};
    cfg->sections[cfg->section_count - 1].count++;
    return NN_OK;
}

static nn_status add_lines(nn_cfg *cfg, nn_error *err)
{
    nn_status status = NN_OK;
    int number = 0;
    for (char *line = cfg->text, *next; line && status == NN_OK; line = next) {
        char *end = strchr(line, '\n');
        next = end ? end + 1 : NULL;
        if (end)
            *end = '\0';
        squeeze(line);
        number++;
        if (!nn_json_plain_text(line))
            status = nn_fail(err, NN_EFORMAT, "line %d: not a text file", number);
        else if (*line == '[')
            status = add_section(cfg, line, number, err);
        else if (*line)
            status = add_option(cfg, line, number, err);
    }
    return status;
}

nn_status nn_cfg_parse(nn_cfg *cfg, const void *bytes, size_t size, nn_error *err)
{
    size_t lines = 1;
    *cfg = (nn_cfg){0};
    if (size > MAX_BYTES || (size && memchr(bytes, '\0', size)))
        return nn_fail(err, NN_EFORMAT, "not a text file of at most %d bytes", MAX_BYTES);
    for (size_t i = 0; i < size; i++)
        lines += ((const char *)bytes)[i] == '\n';
    cfg->text = nn_calloc(1, size + 1);
    cfg->sections = nn_calloc(lines < MAX_SECTIONS ? lines : MAX_SECTIONS, sizeof *cfg->sections);
    cfg->options = nn_calloc(lines, sizeof *cfg->options);
    if (!cfg->text || !cfg->sections || !cfg->options)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    if (size)
        memcpy(cfg->text, bytes, size);
    nn_status status = add_lines(cfg, err);
    if (status != NN_OK)
        return status;
    if (cfg->section_count < 1 || (strcmp(cfg->sections[0].type, "net") != 0 &&
                                   strcmp(cfg->sections[0].type, "network") != 0))
        return nn_fail(err, NN_EFORMAT, "the first section is not [net]");
    return NN_OK;
}

void nn_cfg_release(nn_cfg *cfg)
{
    nn_free(cfg->text);
    nn_free(cfg->sections);
    nn_free(cfg->options);
    *cfg = (nn_cfg){0};
}

const nn_cfg_option *nn_cfg_find(const nn_cfg *cfg, const nn_cfg_section *section, const char *key)
{
    for (int i = 0; i < section->count; i++)
        if (strcmp(cfg->options[section->first + i].key, key) == 0)
            return &cfg->options[section->first + i];
    return NULL;
}
