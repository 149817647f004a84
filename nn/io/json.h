// SPDX-License-Identifier: MIT
// JSON of untrusted files: cJSON with limits on size, depth and text, and typed accessors.
#ifndef NN_IO_JSON_H
#define NN_IO_JSON_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NN_JSON_MAX_BYTES = 16 << 20, // cJSON needs up to 32 bytes of memory for one of text
    NN_JSON_MAX_DEPTH = 32,
};

// Parses exactly one JSON value from `size` bytes (not NUL-terminated); only white space may
// follow. Free *out with cJSON_Delete. NN_EFORMAT with a byte offset, NN_ENOMEM.
NN_API nn_status nn_json_parse(cJSON **out, const char *text, size_t size, nn_error *err);

// NN_EFORMAT for the text at byte `at`; names words that Python writes although JSON does not have
// them.
nn_status nn_json_damaged(const char *text, size_t size, size_t at, nn_error *err);

// Whether a text is UTF-8 without control characters, so that it is safe in a one-line message.
NN_API bool nn_json_plain_text(const char *s);
// An integer in 0 .. 2^53.
NN_API bool nn_json_size(const cJSON *item, int64_t *out);
// A finite number.
NN_API bool nn_json_float(const cJSON *item, float *out);
// A JSON number with the fewest digits that read back as `v`; 0 when `v` is not finite.
cJSON *nn_json_make_float(float v);
// Prints into memory of nn_alloc; NULL when memory is short.
NN_API char *nn_json_print(const cJSON *item);

#endif
