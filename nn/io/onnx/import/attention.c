// SPDX-License-Identifier: MIT
// ONNX: Attention and RotaryEmbedding of opsets 23 and 24, as products and softmax.
#include "nn/io/onnx/import/compose.h"
#include "nn/io/onnx/import/kernel_attributes.h"

#include <math.h>

enum { QUERY, KEY, VALUE, MASK, PAST_KEY, PAST_VALUE, KEY_COUNTS, ATTENTION_IN };

#define HIDDEN (-1e30f) // added to a score that must not count

static const nn_onnx_value *input(const nn_onnx_node *n, int i)
{
    return i < n->n_in ? n->in[i] : NULL;
}

// Batch x tokens x (heads size) as batch x heads x tokens x size; what has heads stays.
static const nn_onnx_value *split_heads(nn_onnx_node *n, const nn_onnx_value *x, const char *count)
{
    const int64_t heads = x->shape.rank == 4 ? x->shape.dim[1] : nn_onnx_int(n, count, 0);
    if (x->shape.rank != 3 && x->shape.rank != 4)
        return nn_onnx_fail(n, NN_ESHAPE, "an input with %d axes is not supported", x->shape.rank);
    if (x->shape.rank == 4)
        return x;
    if (heads < 1 || x->shape.dim[2] % heads != 0)
        return nn_onnx_fail(n, NN_ESHAPE, "%s is %lld, which does not divide %lld", count,
                            (long long)heads, (long long)x->shape.dim[2]);
    const nn_shape shape = {4, {x->shape.dim[0], x->shape.dim[1], heads, x->shape.dim[2] / heads}};
    return nn_onnx_transpose(n, nn_onnx_reshape(n, x, &shape), (int[]){0, 2, 1, 3});
}

static const nn_onnx_value *join_heads(nn_onnx_node *n, const nn_onnx_value *x)
{
    x = nn_onnx_transpose(n, x, (int[]){0, 2, 1, 3});
    if (!x)
        return NULL;
    const nn_shape shape = {3,
                            {x->shape.dim[0], x->shape.dim[1], x->shape.dim[2] * x->shape.dim[3]}};
    return nn_onnx_reshape(n, x, &shape);
}

// Each head of keys and values serves as many of the queries as come to it.
static const nn_onnx_value *repeat_heads(nn_onnx_node *n, const nn_onnx_value *x, int64_t heads)
{
    if (!x || nn_onnx_failed(n) || x->shape.dim[1] == heads)
        return x;
    const int64_t *d = x->shape.dim, own = d[1];
    if (own < 1 || heads % own != 0)
        return nn_onnx_fail(n, NN_ESHAPE, "%lld heads of keys do not divide %lld of queries",
                            (long long)own, (long long)heads);
    const nn_shape all = {4, {d[0], heads, d[2], d[3]}};
    const int64_t wide[] = {d[0], own, heads / own, d[2], d[3]};
    x = nn_onnx_expand(n, nn_onnx_add_axis(n, x, 2), wide, 5);
    return nn_onnx_reshape(n, x, &all);
}

// What stands before: the keys or values of earlier tokens.
static const nn_onnx_value *with_past(nn_onnx_node *n, const nn_onnx_value *past,
                                      const nn_onnx_value *x)
{
    const nn_onnx_value *const parts[] = {past, x};
    return past && x ? nn_onnx_concat(n, parts, 2, 2) : x;
}

static int64_t past_tokens(nn_onnx_node *n)
{
    const nn_onnx_value *key = input(n, PAST_KEY), *value = input(n, PAST_VALUE);
    if (!key && !value)
        return 0;
    if (key && value && key->shape.rank == 4 && value->shape.rank == 4)
        return key->shape.dim[2];
    nn_onnx_fail(n, NN_ESHAPE, "keys and values of earlier tokens must both be there, with 4 axes");
    return 0;
}

// 0 where a token sees another one, HIDDEN where that comes later.
static const nn_onnx_value *causal_mask(nn_onnx_node *n, int64_t queries, int64_t keys,
                                        int64_t past)
{
    const nn_shape shape = nn_shape_2d(queries, keys);
    float *data;
    const nn_onnx_value *mask = nn_onnx_make(n, &shape, false, &data);
    for (int64_t i = 0; data && i < queries * keys; i++)
        data[i] = i % keys > i / keys + past ? HIDDEN : 0;
    return mask;
}

// A mask of truth values as what is added: 0 or HIDDEN.
static const nn_onnx_value *added_mask(nn_onnx_node *n, const nn_onnx_value *mask)
{
    if (!mask || !mask->integer)
        return mask;
    mask = nn_onnx_binary(n, &nn_op_add, nn_onnx_retype(n, mask, false), nn_onnx_scalar(n, -1));
    return nn_onnx_binary(n, &nn_op_mul, mask, nn_onnx_scalar(n, -HIDDEN));
}

// A mask that ends before the keys hides the others.
static const nn_onnx_value *lengthen(nn_onnx_node *n, const nn_onnx_value *mask, int64_t keys)
{
    const int last = mask ? mask->shape.rank - 1 : -1;
    if (last < 0 || mask->shape.dim[last] >= keys || mask->shape.dim[last] == 1 || keys > INT32_MAX)
        return mask;
    nn_pad_params p = {.rank = last + 1, .mode = NN_PAD_CONSTANT, .value = HIDDEN};
    p.end[last] = (int32_t)(keys - mask->shape.dim[last]);
    return nn_onnx_emit(n, &nn_op_pad, &p, &mask, 1);
}

// Hides the keys of each entry of the batch behind the number that it has.
static const nn_onnx_value *padding_mask(nn_onnx_node *n, const nn_onnx_value *counts, int64_t keys)
{
    const nn_shape each = nn_shape_4d(nn_shape_count(&counts->shape), 1, 1, 1);
    const nn_onnx_value *seen = nn_onnx_arithmetic(
        n, NN_ARITHMETIC_LESS, nn_onnx_count(n, keys, 4, 3), nn_onnx_reshape(n, counts, &each));
    return added_mask(n, nn_onnx_retype(n, seen, true));
}

// What output 3 shows (qk_matmul_output_mode).
typedef enum shown { PRODUCTS, CAPPED, MASKED, WEIGHTS } shown;

static void show(nn_onnx_node *n, shown what, const nn_onnx_value *y)
{
    if (nn_onnx_wants(n, 3) && nn_onnx_int(n, "qk_matmul_output_mode", PRODUCTS) == (int64_t)what)
        nn_onnx_output(n, 3, y);
}

static const nn_onnx_value *scores_of(nn_onnx_node *n, const nn_onnx_value *query,
                                      const nn_onnx_value *key, int64_t past)
{
    const int64_t size = query->shape.dim[3];
    const float scale = nn_onnx_float(n, "scale", 1 / sqrtf((float)(size > 0 ? size : 1)));
    const float cap = nn_onnx_float(n, "softcap", 0);
    const nn_onnx_value *const in[] = {query, key};
    const nn_onnx_value *y =
        nn_onnx_emit(n, &nn_op_matmul, &(nn_matmul_params){.trans_b = 1, .alpha = scale}, in, 2);
    if (!y)
        return NULL;
    show(n, PRODUCTS, y);
    if (cap != 0) {
        y = nn_onnx_binary(n, &nn_op_mul, y, nn_onnx_scalar(n, 1 / cap));
        y = nn_onnx_binary(n, &nn_op_mul, nn_onnx_pointwise(n, NN_POINTWISE_TANH, y, 0, 0),
                           nn_onnx_scalar(n, cap));
    }
    show(n, CAPPED, y);
    if (input(n, MASK))
        y = nn_onnx_binary(n, &nn_op_add, y,
                           lengthen(n, added_mask(n, input(n, MASK)), key->shape.dim[2]));
    if (input(n, KEY_COUNTS))
        y = nn_onnx_binary(n, &nn_op_add, y,
                           padding_mask(n, input(n, KEY_COUNTS), key->shape.dim[2]));
    if (nn_onnx_int(n, "is_causal", 0))
        y = nn_onnx_binary(n, &nn_op_add, y,
                           causal_mask(n, query->shape.dim[2], key->shape.dim[2], past));
    show(n, MASKED, y);
    return y;
}

// softmax(Q K' scale + mask) V.
static void build_attention(nn_onnx_node *n)
{
    const bool flat = n->in[QUERY]->shape.rank == 3;
    const nn_onnx_value *query = split_heads(n, n->in[QUERY], "q_num_heads");
    const nn_onnx_value *key = split_heads(n, n->in[KEY], "kv_num_heads");
    const nn_onnx_value *value = split_heads(n, n->in[VALUE], "kv_num_heads");
    const int64_t past = past_tokens(n);
    key = with_past(n, input(n, PAST_KEY), key);
    value = with_past(n, input(n, PAST_VALUE), value);
    if (nn_onnx_failed(n))
        return;
    if (nn_onnx_wants(n, 1))
        nn_onnx_output(n, 1, key);
    if (nn_onnx_wants(n, 2))
        nn_onnx_output(n, 2, value);
    const nn_onnx_value *y = scores_of(n, query, repeat_heads(n, key, query->shape.dim[1]), past);
    if (nn_onnx_failed(n))
        return;
    y = nn_onnx_emit(n, &nn_op_softmax, &(nn_softmax_params){3}, &y, 1);
    show(n, WEIGHTS, y);
    const nn_onnx_value *const in[] = {y, repeat_heads(n, value, query->shape.dim[1])};
    y = nn_onnx_emit(n, &nn_op_matmul, &(nn_matmul_params){.alpha = 1}, in, 2);
    nn_onnx_output(n, 0, flat ? join_heads(n, y) : y);
}

// One half of what is turned, or every second element of it.
static const nn_onnx_value *half_of(nn_onnx_node *n, const nn_onnx_value *x, int half, int64_t size,
                                    bool interleaved)
{
    return interleaved ? nn_onnx_slice(n, x, 3, half, size, 2)
                       : nn_onnx_slice(n, x, 3, half * (size / 2), (half + 1) * (size / 2), 1);
}

// Cosines or sines of each token: tokens x half of a table, or those of each place.
static const nn_onnx_value *angles_of(nn_onnx_node *n, int i)
{
    const nn_onnx_value *table = n->in[i], *places = input(n, 3);
    if (places)
        table = nn_onnx_gather(n, table, places, 0);
    if (table && table->shape.rank != 3)
        return nn_onnx_fail(n, NN_ESHAPE, "a table of angles with %d axes is not supported",
                            table->shape.rank);
    return nn_onnx_add_axis(n, table, 1); // for all heads
}

// Pairs of elements turned by the angle of their token's place (Su 2021).
static void build_rotary_embedding(nn_onnx_node *n)
{
    const bool flat = n->in[0]->shape.rank == 3, woven = nn_onnx_int(n, "interleaved", 0) != 0;
    const nn_onnx_value *x = split_heads(n, n->in[0], "num_heads");
    const nn_onnx_value *cosine = angles_of(n, 1), *sine = angles_of(n, 2);
    if (nn_onnx_failed(n))
        return;
    const int64_t whole = x->shape.dim[3], given = nn_onnx_int(n, "rotary_embedding_dim", 0);
    const int64_t size = given > 0 ? given : whole;
    if (size > whole || size % 2 != 0) {
        nn_onnx_fail(n, NN_ESHAPE, "%lld of %lld elements cannot be turned", (long long)size,
                     (long long)whole);
        return;
    }
    const nn_onnx_value *a = half_of(n, x, 0, size, woven), *b = half_of(n, x, 1, size, woven);
    const nn_onnx_value *turned[] = {
        nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, nn_onnx_binary(n, &nn_op_mul, a, cosine),
                           nn_onnx_binary(n, &nn_op_mul, b, sine)),
        nn_onnx_binary(n, &nn_op_add, nn_onnx_binary(n, &nn_op_mul, a, sine),
                       nn_onnx_binary(n, &nn_op_mul, b, cosine)),
    };
    if (nn_onnx_failed(n))
        return;
    nn_shape shape = x->shape;
    shape.dim[3] = size;
    for (int i = 0; i < 2 && woven; i++)
        turned[i] = nn_onnx_add_axis(n, turned[i], 4);
    const nn_onnx_value *y =
        nn_onnx_reshape(n, nn_onnx_concat(n, turned, 2, woven ? 4 : 3), &shape);
    if (size < whole) {
        const nn_onnx_value *const parts[] = {y, nn_onnx_slice(n, x, 3, size, whole, 1)};
        y = nn_onnx_concat(n, parts, 2, 3);
    }
    nn_onnx_output(n, 0, flat ? join_heads(n, y) : y);
}

const nn_onnx_op nn_onnx_attention[] = {
    {"Attention", 3, ATTENTION_IN, 4, build_attention, 0},
    {"RotaryEmbedding", 3, 4, 1, build_rotary_embedding, 0},
    {0},
};
