// SPDX-License-Identifier: MIT
// JSON files too large for a tree: the members of one array at a time.
#ifndef NN_IO_JSON_STREAM_H
#define NN_IO_JSON_STREAM_H

#include "nn/base/api.h"
#include "nn/io/json.h"

// An item of the array: parsed, and as it stands in the file.
typedef struct nn_json_item {
    const cJSON *json;
    const char *text;
    size_t size;
    int64_t index;
} nn_json_item;

// Receives an item; anything but NN_OK ends the walk and is returned.
typedef nn_status nn_json_visit(void *ctx, const nn_json_item *item, nn_error *err);

// The text of member `key` of an item that is an object: numbers keep all their digits there. NULL
// when there is none.
NN_API const char *nn_json_member(const nn_json_item *item, const char *key, size_t *size);

// Walks the array that is member `key` of the object `text`, or with NULL is `text` itself (of any
// size; each item has the limits of nn_json_parse). NN_ENOTFOUND when there is no such array,
// NN_EFORMAT with a byte offset for what is not JSON up to its end.
NN_API nn_status nn_json_stream_array(const char *text, size_t size, const char *key,
                                      nn_json_visit *visit, void *ctx, nn_error *err);

#endif
