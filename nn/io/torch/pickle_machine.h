// SPDX-License-Identifier: MIT
// The state of the pickle machine, for its opcodes: a stack with marks, a memo, the bytes ahead.
#ifndef NN_IO_TORCH_PICKLE_MACHINE_H
#define NN_IO_TORCH_PICKLE_MACHINE_H

#include "nn/io/torch/pickle.h"

typedef struct nn_pickle_values {
    nn_pickle_value **items;
    size_t count, capacity;
} nn_pickle_values;

typedef struct nn_pickle_machine {
    nn_pickle *pickle; // owns every value
    const uint8_t *bytes;
    size_t size, at;
    nn_pickle_values stack, memo;
    size_t *marks; // heights of the stack
    size_t mark_count, mark_capacity;
    bool stopped;
    nn_error *err;
} nn_pickle_machine;

// Errors: memory is short; invalid data at this byte; the stream has ended.
nn_status nn_pickle_no_memory(nn_pickle_machine *m);
nn_status nn_pickle_damaged(nn_pickle_machine *m, const char *what);
nn_status nn_pickle_run_end(nn_pickle_machine *m);

nn_pickle *nn_pickle_new(void); // NULL when memory is short; freed with nn_pickle_free
// A new value with a fixed address, zeroed. NULL when memory is short.
nn_pickle_value *nn_pickle_new_value(nn_pickle *p, nn_pickle_kind kind);
void nn_pickle_set_stranger(nn_pickle *p, const char *class_name); // keeps the first one; borrowed
void nn_pickle_set_root(nn_pickle *p, nn_pickle_value *v);
// Appends to a growing list; false when memory is short.
bool nn_pickle_append(nn_pickle_value ***items, size_t *count, size_t *capacity,
                      nn_pickle_value *v);

nn_status nn_pickle_push(nn_pickle_machine *m, nn_pickle_value *v); // NULL: memory was short
// The topmost value above the last mark; NULL when there is none.
nn_pickle_value *nn_pickle_pop(nn_pickle_machine *m);
nn_pickle_value *nn_pickle_top(const nn_pickle_machine *m);
// Height of the stack at the last mark.
size_t nn_pickle_floor(const nn_pickle_machine *m);
nn_status nn_pickle_mark(nn_pickle_machine *m);

// `n` bytes of the stream; NULL at its end.
const uint8_t *nn_pickle_take(nn_pickle_machine *m, uint64_t n);
// Reads a little-endian number of `width` bytes without sign extension; false at the end.
bool nn_pickle_take_number(nn_pickle_machine *m, int width, uint64_t *out);

#endif
