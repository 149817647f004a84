// SPDX-License-Identifier: MIT
// The strongest activations of a set against a full sort, the patches that caused them, and
// projections against those of the picture alone.
#include "tests/support/explained.h"

#include "tests/support/alloc.h"

#include "nn/explain/top_over.h"

#include <math.h>

enum { PICTURES = 40, DAMAGED = 7 };

typedef struct pictures {
    uint8_t rgb[3 * EXPLAINED_SIDE * EXPLAINED_SIDE];
    int count, reads;
    int64_t last;
} pictures;

static int read_picture(void *ctx, int64_t number, nn_frame *frame, int64_t *time, nn_error *err)
{
    pictures *p = ctx;
    (void)err;
    if (number >= p->count)
        return NN_SOURCE_END;
    p->reads++;
    p->last = number;
    if (number == DAMAGED)
        return NN_SOURCE_SKIPPED;
    explained_draw(p->rgb, (int)number);
    *frame = explained_frame(p->rgb);
    *time = number * 40;
    return NN_SOURCE_FRAME;
}

typedef struct best {
    float value;
    int picture, y, x;
} best;

static int stronger(const void *a, const void *b)
{
    const best *x = a, *y = b;
    return x->value != y->value ? (x->value < y->value) - (x->value > y->value)
                                : x->picture - y->picture;
}

// The best cell of the channel in each picture, sorted.
static int sort_all(nn_explainer *e, int layer, int channel, best *all)
{
    pictures p = {.count = PICTURES};
    int n = 0;
    for (int i = 0; i < PICTURES; i++) {
        nn_frame frame;
        int64_t time;
        if (read_picture(&p, i, &frame, &time, NULL) != NN_SOURCE_FRAME)
            continue;
        assert_int_equal(nn_explainer_see(e, &frame, NULL), NN_OK);
        const nn_tensor *v = nn_explainer_values(e, layer);
        const bool maps = v->shape.rank == 4;
        const int w = maps ? (int)v->shape.dim[3] : 1, cells = maps ? (int)v->shape.dim[2] * w : 1;
        best b = {.value = 0, .picture = i, .y = -1, .x = -1};
        for (int k = 0; k < cells; k++)
            if (nn_tensor_f32(v)[channel * cells + k] > b.value)
                b = (best){nn_tensor_f32(v)[channel * cells + k], i, maps ? k / w : -1,
                           maps ? k % w : -1};
        if (b.value > 0)
            all[n++] = b;
    }
    qsort(all, (size_t)n, sizeof *all, stronger);
    return n;
}

static void check_channel(nn_explainer *e, const nn_top_over *t, int index, int layer, int channel,
                          int most)
{
    best all[PICTURES];
    const nn_top_hit *hits;
    const int n = sort_all(e, layer, channel, all);
    const int count = nn_top_over_hits(t, index, channel, &hits);
    assert_int_equal(count, n < most ? n : most);
    for (int i = 0; i < count; i++) {
        assert_int_equal(hits[i].picture, all[i].picture);
        assert_float_equal(hits[i].value, all[i].value, 0);
        assert_int_equal(hits[i].y, all[i].y);
        assert_int_equal(hits[i].x, all[i].x);
        assert_int_equal(hits[i].time, all[i].picture * 40);
    }
}

static void equals_a_full_sort(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_explainer *e = explained_open(3);
    const int layers[] = {explained_layer(e, "relu1"), explained_layer(e, "conv2"),
                          explained_layer(e, "mean")};
    const nn_top_over_options o = {.layers = layers, .layer_count = 3, .exact = true};
    nn_top_over *t;
    pictures p = {.count = PICTURES};
    const nn_picture_source source = {.read = read_picture, .ctx = &p, .count = PICTURES};
    assert_int_equal(nn_top_over_new(&t, e, &o, &err), NN_OK);
    assert_true(nn_top_over_bytes(t) > 9 * 22 * sizeof(nn_top_hit));
    assert_true(nn_top_over_bytes(t) < 9 * 22 * sizeof(nn_top_hit) + 1000);
    assert_int_equal(nn_top_over_search(t, &source, NULL, NULL, &err), NN_OK);
    int64_t skipped;
    assert_int_equal(nn_top_over_pictures(t, &skipped), PICTURES - 1);
    assert_int_equal(skipped, 1);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < nn_top_over_channel_count(t, i); k++)
            check_channel(e, t, i, layers[i], nn_top_over_channel(t, i, k), NN_TOP_OVER_HITS);
    nn_top_over_free(t);
    nn_explainer_free(e);
}

// The search with packed weights finds the same pictures and values.
static void fast_as_exact(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_explainer *e = explained_open(3);
    const int layers[] = {explained_layer(e, "conv1"), explained_layer(e, "relu1"),
                          explained_layer(e, "relu2")};
    nn_top_over *fast, *exact;
    nn_top_over_options o = {.layers = layers, .layer_count = 3};
    pictures p = {.count = PICTURES};
    const nn_picture_source source = {.read = read_picture, .ctx = &p, .count = PICTURES};
    assert_int_equal(nn_top_over_new(&fast, e, &o, &err), NN_OK);
    o.exact = true;
    assert_int_equal(nn_top_over_new(&exact, e, &o, &err), NN_OK);
    assert_int_equal(nn_top_over_search(fast, &source, NULL, NULL, &err), NN_OK);
    assert_int_equal(nn_top_over_search(exact, &source, NULL, NULL, &err), NN_OK);
    assert_true(nn_top_over_bytes(fast) > nn_top_over_bytes(exact));
    for (int l = 0; l < 3; l++)
        for (int c = 0; c < nn_top_over_channel_count(exact, l); c++) {
            const nn_top_hit *a, *b;
            const int n = nn_top_over_hits(exact, l, c, &a);
            assert_int_equal(nn_top_over_hits(fast, l, c, &b), n);
            for (int i = 0; i < n; i++)
                assert_float_equal(b[i].value, a[i].value, 1e-4 * (double)a[0].value);
        }
    nn_top_over_free(fast);
    nn_top_over_free(exact);
    nn_explainer_free(e);
}

typedef struct taken {
    nn_explainer *e;
    nn_top_over *t;
    const int *layers;
    int count, ranks;
    int64_t last;
} taken;

// The patch is what the picture shows there, and the projection is that of the cell.
static nn_status take_patch(void *ctx, const nn_top_patch *p, nn_error *err)
{
    taken *k = ctx;
    (void)err;
    assert_true(p->hit.picture >= k->last); // pictures are read in order
    k->last = p->hit.picture;
    k->count++;
    k->ranks += p->rank;
    uint8_t rgb[3 * EXPLAINED_SIDE * EXPLAINED_SIDE];
    explained_draw(rgb, (int)p->hit.picture);
    assert_int_equal(p->width, p->field.x1 - p->field.x0);
    for (int y = 0; y < p->height; y++)
        assert_memory_equal(p->rgb + 3 * y * p->width,
                            rgb + 3 * ((p->field.y0 + y) * EXPLAINED_SIDE + p->field.x0),
                            (size_t)(3 * p->width));
    assert_float_equal(p->x0, (float)p->field.x0, 1e-4);
    assert_float_equal(p->y1, (float)p->field.y1, 1e-4);
    nn_explain_target target;
    nn_explain_target_init(&target);
    target.layer = k->layers[p->layer];
    target.channel = p->channel;
    target.y = p->hit.y;
    target.x = p->hit.x;
    nn_explain_map map = {0};
    assert_int_equal(nn_explain(k->e, "deconv", &target, NULL, &map, NULL), NN_OK);
    double inside = 0, whole = 0;
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < EXPLAINED_SIDE * EXPLAINED_SIDE; i++)
            whole += fabs((double)map.data[c * EXPLAINED_SIDE * EXPLAINED_SIDE + i]);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < p->height; y++)
            for (int x = 0; x < p->width; x++) {
                const float v = p->projection[(c * p->height + y) * p->width + x];
                assert_float_equal(
                    v,
                    map.data[(c * EXPLAINED_SIDE + p->field.y0 + y) * EXPLAINED_SIDE + p->field.x0 +
                             x],
                    0);
                inside += fabs((double)v);
            }
    assert_float_equal(inside, whole, 1e-6 * whole); // nothing comes from outside of the field
    nn_explain_map_release(&map);
    return NN_OK;
}

static void patches_and_projections(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_explainer *e = explained_open(3);
    const int layers[] = {explained_layer(e, "relu1"), explained_layer(e, "relu2")};
    const int channels[] = {4, 1};
    const nn_top_over_options o = {
        .layers = layers, .layer_count = 2, .channels = channels, .channel_count = 2, .hits = 5};
    nn_top_over *t;
    pictures p = {.count = PICTURES};
    const nn_picture_source source = {.read = read_picture, .ctx = &p, .count = PICTURES};
    assert_int_equal(nn_top_over_new(&t, e, &o, &err), NN_OK);
    assert_int_equal(nn_top_over_search(t, &source, NULL, NULL, &err), NN_OK);
    int hits = 0;
    const nn_top_hit *list;
    for (int i = 0; i < 4; i++)
        hits += nn_top_over_hits(t, i / 2, channels[i % 2], &list);
    assert_true(hits > 10); // some channel responds to something
    p.reads = 0;
    taken k = {.e = e, .t = t, .layers = layers, .last = -1};
    assert_int_equal(nn_top_over_project(t, &source, take_patch, &k, NULL, NULL, &err), NN_OK);
    assert_int_equal(k.count, hits);
    assert_true(p.reads <= hits);
    nn_top_over_free(t);
    nn_explainer_free(e);
}

static bool stop_at_ten(void *ctx, int64_t done, int64_t of)
{
    (void)ctx;
    assert_int_equal(of, PICTURES);
    return done < 10;
}

static bool stop_at_once(void *ctx, int64_t done, int64_t of)
{
    (void)ctx, (void)done, (void)of;
    return false;
}

static nn_status take_none(void *ctx, const nn_top_patch *p, nn_error *err)
{
    (void)ctx, (void)p, (void)err;
    fail_msg("a stopped work hands over a patch");
    return NN_OK;
}

static void stops_and_refuses(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_explainer *e = explained_open(3);
    const int relu1 = explained_layer(e, "relu1"), none = 1000, far = 6;
    nn_top_over_options o = {.layers = &relu1, .layer_count = 1, .exact = true};
    nn_top_over *t;
    pictures p = {.count = PICTURES};
    const nn_picture_source source = {.read = read_picture, .ctx = &p, .count = PICTURES};
    assert_int_equal(nn_top_over_new(&t, e, &o, &err), NN_OK);
    assert_int_equal(nn_top_over_search(t, &source, stop_at_ten, NULL, &err), NN_OK);
    assert_int_equal(nn_top_over_pictures(t, NULL), 9); // one of ten is damaged
    assert_int_equal(nn_top_over_project(t, &source, take_none, NULL, stop_at_once, NULL, &err),
                     NN_OK);
    p.count = 0; // the pictures have gone
    assert_int_equal(nn_top_over_project(t, &source, take_none, NULL, NULL, NULL, &err), NN_EIO);
    nn_top_over_free(t);
    o.channels = &far;
    o.channel_count = 1;
    assert_int_equal(nn_top_over_new(&t, e, &o, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "0 to 5"));
    o.channels = NULL;
    o.layers = &none;
    assert_int_equal(nn_top_over_new(&t, e, &o, &err), NN_EINVAL);
    o.layers = &relu1;
    o.hits = NN_TOP_OVER_MOST + 1;
    assert_int_equal(nn_top_over_new(&t, e, &o, &err), NN_EINVAL);
    nn_explainer_free(e);
}

static nn_status count_patch(void *ctx, const nn_top_patch *p, nn_error *err)
{
    (void)p, (void)err;
    ++*(int *)ctx;
    return NN_OK;
}

// A whole search with projections, of a few pictures.
static nn_status search_all(void *ctx, nn_error *err)
{
    nn_explainer *e = ctx;
    const int layers[] = {explained_layer(e, "relu1"), explained_layer(e, "relu2")};
    const nn_top_over_options o = {.layers = layers, .layer_count = 2, .hits = 1};
    pictures p = {.count = 3};
    const nn_picture_source source = {.read = read_picture, .ctx = &p, .count = 3};
    nn_top_over *t;
    int patches = 0;
    nn_status status = nn_top_over_new(&t, e, &o, err);
    if (status != NN_OK)
        return status;
    status = nn_top_over_search(t, &source, NULL, NULL, err);
    if (status == NN_OK)
        status = nn_top_over_project(t, &source, count_patch, &patches, NULL, NULL, err);
    nn_top_over_free(t);
    return status;
}

static void memory_is_short(void **state)
{
    (void)state;
    nn_explainer *e = explained_open(3);
    assert_true(alloc_fail_each(search_all, e) > 20);
    nn_explainer_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_a_full_sort),      cmocka_unit_test(fast_as_exact),
        cmocka_unit_test(patches_and_projections), cmocka_unit_test(stops_and_refuses),
        cmocka_unit_test(memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
