// SPDX-License-Identifier: MIT
// Texts that grow while they are written.
#include "nn/io/buffer.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/json.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void nn_buffer_release(nn_buffer *t)
{
    nn_free(t->bytes);
    *t = (nn_buffer){0};
}

static bool reserve(nn_buffer *t, size_t more)
{
    if (more < t->capacity - t->size)
        return true;
    if (more > SIZE_MAX / 4 - t->size)
        return false;
    const size_t larger = (t->size + more + 64) * 2;
    char *grown = nn_realloc(t->bytes, t->size, larger);
    if (!grown)
        return false;
    t->bytes = grown;
    t->capacity = larger;
    return true;
}

void nn_buffer_add(nn_buffer *t, const void *bytes, size_t size)
{
    if (!reserve(t, size)) {
        t->failed = true;
        return;
    }
    if (size)
        memcpy(t->bytes + t->size, bytes, size);
    t->size += size;
    t->bytes[t->size] = '\0';
}

void nn_buffer_print(nn_buffer *t, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0 || n >= (int)sizeof line)
        t->failed = true;
    else
        nn_buffer_add(t, line, (size_t)n);
}

void nn_buffer_number(nn_buffer *t, double value, int decimals)
{
    char digits[64];
    int n = snprintf(digits, sizeof digits, "%.*f", decimals, value);
    while (decimals > 0 && n > 0 && digits[n - 1] == '0')
        n--;
    if (n > 0 && digits[n - 1] == '.')
        n--;
    const bool zero = n == 2 && digits[0] == '-' && digits[1] == '0';
    nn_buffer_add(t, digits + zero, (size_t)(n - zero));
}

void nn_buffer_json_text(nn_buffer *t, const char *text)
{
    cJSON *json = cJSON_CreateString(text);
    char *quoted = json ? nn_json_print(json) : NULL;
    if (quoted)
        nn_buffer_add(t, quoted, strlen(quoted));
    t->failed = t->failed || !quoted;
    nn_free(quoted);
    cJSON_Delete(json);
}

void nn_buffer_xml_text(nn_buffer *t, const char *text, bool ascii)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '&' || *c == '<' || *c == '>') {
            nn_buffer_print(t, "%s", *c == '&' ? "&amp;" : *c == '<' ? "&lt;" : "&gt;");
        } else if (ascii && *c >= 0xc0) {
            const int more = *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : 1;
            unsigned code = *c & (0x3fu >> more);
            for (int i = 0; i < more && (c[1] & 0xc0) == 0x80; i++)
                code = code << 6 | (*++c & 0x3f);
            nn_buffer_print(t, "&#%u;", code);
        } else {
            nn_buffer_add(t, c, 1);
        }
    }
}

nn_status nn_buffer_save(const nn_buffer *t, const char *path, nn_error *err)
{
    const nn_file_part part = {t->bytes, t->size};
    return t->failed ? nn_fail(err, NN_ENOMEM, "%s: no memory for its text", path)
                     : nn_file_write(path, &part, 1, err);
}
