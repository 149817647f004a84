// SPDX-License-Identifier: MIT
// ONNX: operators whose number of results depends on the data: NonZero, Compress, Unique. Plans
// have fixed sizes, so that what decides must be constant.
#include "nn/base/memory.h"
#include "nn/io/onnx/import/compose.h"

#include <string.h>

static void build_non_zero(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    const int rank = x->shape.rank > 0 ? x->shape.rank : 1;
    const int64_t count = nn_shape_count(&x->shape);
    int64_t found = 0, at = 0;
    float *data;
    if (!nn_onnx_needs_constant(n, 0, "how many elements are not 0"))
        return;
    for (int64_t i = 0; i < count; i++)
        found += x->data[i] != 0;
    const nn_shape shape = nn_shape_2d(rank, found);
    const nn_onnx_value *y = nn_onnx_make(n, &shape, true, &data);
    for (int64_t i = 0; data && i < count; i++) {
        int64_t rest = i;
        if (x->data[i] == 0)
            continue;
        for (int k = rank - 1; k >= 0; rest /= x->shape.rank ? x->shape.dim[k] : 1, k--)
            data[k * found + at] = (float)(x->shape.rank ? rest % x->shape.dim[k] : 0);
        at++;
    }
    nn_onnx_output(n, 0, y);
}

// The numbers of the entries that stay.
static const nn_onnx_value *places_of(nn_onnx_node *n, const nn_onnx_value *condition, int64_t size)
{
    int64_t found = 0, at = 0;
    float *data;
    const int64_t count = nn_shape_count(&condition->shape);
    for (int64_t i = 0; i < count && i < size; i++)
        found += condition->data[i] != 0;
    const nn_shape shape = nn_shape_1d(found);
    const nn_onnx_value *places = nn_onnx_make(n, &shape, true, &data);
    for (int64_t i = 0; data && i < count && i < size; i++)
        if (condition->data[i] != 0)
            data[at++] = (float)i;
    return places;
}

static void build_compress(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    const int64_t given = nn_onnx_int(n, "axis", INT64_MIN);
    const int axis = given == INT64_MIN ? 0 : nn_onnx_axis(n, given, x->shape.rank);
    if (!nn_onnx_needs_constant(n, 1, "which entries stay"))
        return;
    if (given == INT64_MIN)
        x = nn_onnx_reshape(n, x, &(nn_shape){1, {nn_shape_count(&x->shape)}});
    if (!x || nn_onnx_failed(n))
        return;
    const nn_onnx_value *places = places_of(n, n->in[1], x->shape.dim[axis]);
    if (places && nn_shape_count(&places->shape) == 0) {
        nn_shape none = x->shape;
        none.dim[axis] = 0;
        nn_onnx_output(n, 0, nn_onnx_constant(n, &none, NULL, x->integer));
        return;
    }
    nn_onnx_output(n, 0, nn_onnx_gather(n, x, places, axis));
}

// --- Unique ---

// Entries of an axis, each as a row of numbers.
typedef struct entries {
    const float *data;
    int64_t size, width; // how many, and numbers in each
    int64_t outer, inner;
} entries;

static int compare(const entries *e, int64_t a, int64_t b)
{
    for (int64_t i = 0; i < e->width; i++) {
        const int64_t at = i / e->inner * e->size * e->inner + i % e->inner;
        const float x = e->data[at + a * e->inner], y = e->data[at + b * e->inner];
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

// The first of each set of equal entries to first[], in the order of the file or by size; to
// which[] the set of each entry, to counts[] how many are in it. Returns the number of sets.
static int64_t find_sets(const entries *e, bool sorted, int64_t *first, float *which, float *counts)
{
    int64_t sets = 0;
    for (int64_t i = 0; i < e->size; i++) {
        int64_t k = 0;
        while (k < sets && compare(e, first[k], i) != 0)
            k++;
        if (k == sets) {
            for (k = sets; sorted && k > 0 && compare(e, i, first[k - 1]) < 0; k--) {
                first[k] = first[k - 1];
                counts[k] = counts[k - 1];
            }
            first[k] = i;
            counts[k] = 0;
            sets++;
            for (int64_t j = 0; sorted && j < i; j++)
                which[j] += which[j] >= (float)k ? 1 : 0;
        }
        which[i] = (float)k;
        counts[k]++;
    }
    return sets;
}

static void put_sets(nn_onnx_node *n, const nn_onnx_value *x, int axis, const entries *e,
                     bool sorted, void *memory)
{
    int64_t *first = memory;
    float *which = (float *)(first + e->size), *counts = which + e->size, *data;
    const int64_t sets = find_sets(e, sorted, first, which, counts);
    const nn_shape found = nn_shape_1d(sets), all = nn_shape_1d(e->size);
    const nn_onnx_value *places = nn_onnx_make(n, &found, true, &data);
    for (int64_t i = 0; data && i < sets; i++)
        data[i] = (float)first[i];
    nn_onnx_output(n, 0, nn_onnx_gather(n, x, places, axis));
    nn_onnx_output(n, 1, places);
    nn_onnx_output(n, 2, nn_onnx_constant(n, &all, which, true));
    nn_onnx_output(n, 3, nn_onnx_constant(n, &found, counts, true));
}

static void build_unique(nn_onnx_node *n)
{
    enum { MAX_WORK = 100000000 };
    const nn_onnx_value *x = n->in[0];
    const int64_t given = nn_onnx_int(n, "axis", INT64_MIN);
    const int axis = given == INT64_MIN ? 0 : nn_onnx_axis(n, given, x->shape.rank);
    if (!nn_onnx_needs_constant(n, 0, "how many different entries there are"))
        return;
    if (given == INT64_MIN)
        x = nn_onnx_reshape(n, x, &(nn_shape){1, {nn_shape_count(&x->shape)}});
    if (!x || nn_onnx_failed(n))
        return;
    entries e = {.data = x->data, .size = x->shape.dim[axis]};
    e.inner = nn_shape_span(&x->shape, axis + 1, x->shape.rank);
    e.width = nn_shape_span(&x->shape, 0, axis) * e.inner;
    if (e.size < 1 || e.width < 1 || e.size > 1 << 13 || e.size * e.size > MAX_WORK / e.width) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "%lld entries of %lld numbers are not supported",
                     (long long)e.size, (long long)e.width);
        return;
    }
    void *memory = nn_calloc((size_t)e.size, sizeof(int64_t) + 2 * sizeof(float));
    if (memory)
        put_sets(n, x, axis, &e, nn_onnx_int(n, "sorted", 1) != 0, memory);
    else
        nn_onnx_fail(n, NN_ENOMEM, "out of memory");
    nn_free(memory);
}

const nn_onnx_op nn_onnx_select[] = {
    {"NonZero", 1, 1, 1, build_non_zero, 0},
    {"Compress", 2, 2, 1, build_compress, 0},
    {"Unique", 1, 1, 4, build_unique, 0},
    {0},
};
