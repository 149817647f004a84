// SPDX-License-Identifier: MIT
// Inside of the export: the nodes of a plan, where their values lie, and the text that is written.
#ifndef NN_EXPORT_C_WRITER_H
#define NN_EXPORT_C_WRITER_H

#include "nn/export_c/pieces.h"
#include "nn/graph/plan.h"
#include "nn/graph/plan_form.h"
#include "nn/io/buffer.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"

typedef struct nn_c_op nn_c_op;

typedef struct nn_c_node {
    nn_node_info info;
    const nn_c_op *op;
    bool runs;
    nn_value *in, out;          // what it reads and writes
    nn_op_quantized *quantized; // as of nn_op_call; entries without scale: float32
    nn_act act;                 // taken over from the node behind it
} nn_c_node;

// A value of the graph. Rank 4 is an image: it lies pixel by pixel, channels side by side; all else
// lies in the order of its dims.
typedef struct nn_c_value {
    nn_shape shape;
    bool bytes, constant;
    bool rows;       // of rank 4, and no image
    nn_value root;   // lies where this one does; itself
    int first, last; // nodes between which it is in use; first > last: never
    size_t offset;   // in the arena
} nn_c_value;

typedef struct nn_c_writer {
    const nn_model *model;
    const nn_graph *graph;
    nn_plan *plan;
    const char *name;
    nn_c_node *nodes;
    nn_c_value *values;
    nn_value *places;        // storage behind nn_c_node.in
    nn_op_quantized *scales; // storage behind nn_c_node.quantized
    int node_count, value_count;
    nn_value input;                  // the graph's, or the bytes made of it
    nn_op_quantized input_quantized; // scale NULL: float32
    size_t arena, scratch;           // bytes of values, of room for single nodes
    bool used[NN_C_PIECES];          // pieces of the runtime
    int index;                       // of the node that is written
    nn_buffer data, run;             // constants, calls
    size_t constant_bytes;
} nn_c_writer;

// What the inputs of rank 4 of an operator are, and its output.
typedef enum nn_c_order {
    NN_C_IMAGES,
    NN_C_ROWS,  // no images
    NN_C_ALIKE, // all of them are images, or none is
    NN_C_MOVES, // any of both; it is told by n->in and n->out
} nn_c_order;

// An operator that can be written. `check` (NULL: nothing to check) returns NULL, or why these
// parameters and shapes have no form in C; it changes nothing but n->out's root.
struct nn_c_op {
    const nn_op *op;
    nn_c_order order;
    const char *(*check)(nn_c_writer *w, const nn_c_node *n);
    void (*emit)(nn_c_writer *w, const nn_c_node *n);
    // Of an operator that only moves numbers, instead of both: which (walk.h).
    struct nn_c_walk (*walk)(const nn_c_writer *w, const nn_c_node *n);
};
// The form of the operator of a node, NULL when there is none.
const nn_c_op *nn_c_op_find(const nn_node_info *node);
extern const nn_c_op nn_c_op_activations; // all of them

// --- nodes.c, order.c, memory.c ---
nn_status nn_c_find_nodes(nn_c_writer *w, nn_error *err);
nn_status nn_c_find_order(nn_c_writer *w, nn_error *err); // nn_c_value.rows of all values
bool nn_c_order_fits(const nn_c_writer *w, const nn_c_node *n);
nn_status nn_c_place(nn_c_writer *w, nn_error *err);

// --- shapes ---
static inline const nn_shape *nn_c_shape(const nn_c_writer *w, nn_value v)
{
    return &w->values[v].shape;
}
static inline bool nn_c_is_image(const nn_c_writer *w, nn_value v)
{
    return nn_c_shape(w, v)->rank == 4 && !w->values[v].rows;
}
static inline bool nn_c_has(const nn_c_node *n, int k)
{
    return k < n->info.n_in && n->in[k] >= 0;
}
static inline const nn_op_quantized *nn_c_out(const nn_c_node *n)
{
    return &n->quantized[n->info.n_in];
}
int nn_c_count(const nn_c_writer *w, nn_value v);
int nn_c_axis(const nn_c_writer *w, nn_value v, int place); // the axis at a place as it lies there
int nn_c_channels(const nn_c_writer *w, nn_value v);        // the innermost dim as it lies
int nn_c_pixels(const nn_c_writer *w, nn_value v);          // nn_c_count / nn_c_channels

size_t nn_c_arena_bytes(const nn_c_writer *w); // of the program's static memory

// --- text. Constants are called WORD_N after the node N that is written. ---
void nn_c_use(nn_c_writer *w, const char *piece); // and the pieces that it includes
void nn_c_print(nn_c_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void nn_c_call(nn_c_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void nn_c_floats(nn_c_writer *w, const char *word, const float *x, int64_t count);
void nn_c_bytes(nn_c_writer *w, const char *word, const uint8_t *x, int64_t count);
void nn_c_s8(nn_c_writer *w, const char *word, const int8_t *x, int64_t count);
void nn_c_s16(nn_c_writer *w, const char *word, const int16_t *x, int64_t count);
void nn_c_s32(nn_c_writer *w, const char *word, const int32_t *x, int64_t count);
// `count` bytes that stand for 0 outside of images; the constant border_N.
void nn_c_border(nn_c_writer *w, float zero, int64_t count);
void nn_c_scratch(nn_c_writer *w, size_t bytes); // asks for room that calls get as SCRATCH

typedef struct nn_c_text {
    char text[64];
} nn_c_text;
nn_c_text nn_c_number(float x);                      // a float constant
nn_c_text nn_c_at(const nn_c_writer *w, nn_value v); // a pointer to a value
// The same for input k, which may be a constant: then the array is written first, as WORD_N, in
// the order of the output.
nn_c_text nn_c_operand(nn_c_writer *w, const nn_c_node *n, int k, const char *word);
// Data of a constant input.
const float *nn_c_data(const nn_c_writer *w, const nn_c_node *n, int k);

// --- parts that operators share ---

// The one scale and zero point of quantize_linear or dequantize_linear on float; false: there are
// several, or they are computed.
bool nn_c_find_scale(const nn_c_writer *w, const nn_c_node *n, float *scale, float *zero);

// What becomes of sums: `scale` and `shift` of `channels` (1: of all), the rest in `r`. Writes the
// constants and prints the initialiser of a requant into *to.
typedef struct nn_c_requant {
    const float *scale, *shift;
    int64_t channels;
    nn_int8_requant r;
    bool real; // results stay float32
} nn_c_requant;
void nn_c_write_requant(nn_c_writer *w, const nn_c_requant *r, nn_buffer *to);

// Applies an activation to a float value where it lies; NONE: nothing.
const char *nn_c_check_act(nn_act act);
void nn_c_apply_act(nn_c_writer *w, nn_act act, nn_value v);

#endif
