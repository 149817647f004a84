// SPDX-License-Identifier: MIT
// Ids of COCO files: integers of any size, or texts, exactly as in the file.
#ifndef NN_DATA_COCO_IDS_H
#define NN_DATA_COCO_IDS_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct nn_coco_ids {
    char **name;   // owned: the id of each number
    int64_t count; // numbers are 0 .. count - 1
    int64_t *slot; // owned: open addressing; -1: free
    int64_t slots; // a power of two
} nn_coco_ids;

NN_API void nn_coco_ids_release(nn_coco_ids *ids); // leaves it zeroed

// The number of the id in `value`, the text of a JSON value. With `add` a new id gets a number;
// otherwise *number is -1. "7", 7 and 7.0 are one id. NN_EFORMAT when the value is no id.
NN_API nn_status nn_coco_ids_find(nn_coco_ids *ids, const char *value, size_t size, bool add,
                                  int64_t *number, nn_error *err);

#endif
