// SPDX-License-Identifier: MIT
// Texts that grow while they are written: label files, JSON, descriptions.
#ifndef NN_IO_BUFFER_H
#define NN_IO_BUFFER_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct nn_buffer {
    char *bytes; // owned, with a NUL behind them; NULL while empty
    size_t size, capacity;
    bool failed; // memory was short: later additions are lost
} nn_buffer;

NN_API void nn_buffer_release(nn_buffer *t);
NN_API void nn_buffer_add(nn_buffer *t, const void *bytes, size_t size);
// At most 1023 bytes.
NN_API void nn_buffer_print(nn_buffer *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// A number with at most `decimals` digits after the point, without trailing zeros.
NN_API void nn_buffer_number(nn_buffer *t, double value, int decimals);
// A JSON string with its quotes, which YAML reads, too.
NN_API void nn_buffer_json_text(nn_buffer *t, const char *text);
// Text between tags of XML; with `ascii` other characters as references, for files that are not
// UTF-8.
NN_API void nn_buffer_xml_text(nn_buffer *t, const char *text, bool ascii);
// Writes it to a file (nn_file_write). NN_ENOMEM when something was lost.
NN_API nn_status nn_buffer_save(const nn_buffer *t, const char *path, nn_error *err);

#endif
