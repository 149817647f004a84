// SPDX-License-Identifier: MIT
// JSON of untrusted files: cJSON behind limits on size, depth and text, and typed look-ups.
#ifndef NN_IO_JSON_H
#define NN_IO_JSON_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NN_JSON_MAX_BYTES = 16 << 20, // cJSON takes up to 32 bytes of memory for one of text
    NN_JSON_MAX_DEPTH = 32,
};

// Parses exactly one JSON value from `size` bytes (not NUL-terminated); only white space may
// follow. Free *out with cJSON_Delete. Errors: NN_EFORMAT with a byte offset, NN_ENOMEM.
NN_API nn_status nn_json_parse(cJSON **out, const char *text, size_t size, nn_error *err);

// NN_EFORMAT: what cannot be read at byte `at`; words that Python writes although JSON has none are
// named.
nn_status nn_json_damaged(const char *text, size_t size, size_t at, nn_error *err);

// UTF-8 without control characters: safe to print in a one-line message.
NN_API bool nn_json_plain_text(const char *s);
// An integer in 0 .. 2^53.
NN_API bool nn_json_size(const cJSON *item, int64_t *out);
// A finite number.
NN_API bool nn_json_float(const cJSON *item, float *out);
// A JSON number with the fewest digits that read back as `v`; 0 for a value that is not finite.
cJSON *nn_json_make_float(float v);
// Copies what cJSON printed into memory of nn_alloc; NULL when short of memory.
NN_API char *nn_json_print(const cJSON *item);

#endif
