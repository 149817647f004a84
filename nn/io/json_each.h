// SPDX-License-Identifier: MIT
// JSON files too large for a tree: the members of one array at a time.
#ifndef NN_IO_JSON_EACH_H
#define NN_IO_JSON_EACH_H

#include "nn/io/json.h"

// Receives item `index` of the array; anything but NN_OK ends the walk and is returned.
typedef nn_status nn_json_visit(void *ctx, const cJSON *item, int64_t index, nn_error *err);

// Walks the array that is member `key` of the object `text` (of any size; each item has the limits
// of nn_json_parse). NN_ENOTFOUND when there is no such array, NN_EFORMAT with a byte offset for
// what is not JSON up to its end.
nn_status nn_json_each(const char *text, size_t size, const char *key, nn_json_visit *visit,
                       void *ctx, nn_error *err);

#endif
