// SPDX-License-Identifier: MIT
// Streams JSON files that are too large for a tree: the items of one array, one at a time.
#ifndef NN_IO_JSON_STREAM_H
#define NN_IO_JSON_STREAM_H

#include "nn/base/api.h"
#include "nn/io/json.h"

// An item of the array: parsed, and as text of the file.
typedef struct nn_json_item {
    const cJSON *json;
    const char *text;
    size_t size;
    int64_t index;
} nn_json_item;

// Receives an item. A status other than NN_OK ends the walk and is returned.
typedef nn_status nn_json_visit(void *ctx, const nn_json_item *item, nn_error *err);

// The text of member `key` of an item that is an object, with all digits of its numbers. NULL when
// there is none.
NN_API const char *nn_json_member(const nn_json_item *item, const char *key, size_t *size);

// Walks the array in member `key` of the object `text`, or `text` itself when `key` is NULL. The
// text may have any size; each item has the limits of nn_json_parse. NN_ENOTFOUND when there is no
// such array; NN_EFORMAT with a byte offset when the text is not valid JSON up to its end.
NN_API nn_status nn_json_stream_array(const char *text, size_t size, const char *key,
                                      nn_json_visit *visit, void *ctx, nn_error *err);

#endif
