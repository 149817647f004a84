// SPDX-License-Identifier: MIT
// The upscaler: tiles that overlap by what the network sees around a pixel, so that there are no
// seams.
#include "nn/predict/upscaler.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/ops/ops.h"
#include "nn/predict/load_model.h"
#include "nn/predict/upscaler_card.h"

#include <string.h>

enum {
    MOST_PLANES = 3,
    MOST_MARGIN = 64, // pixels around a tile: what is farther away hardly counts
    MAX_SIDE = 1 << 16,
    TILE_W = 1024, // the layers of a tile stay in the cache
    TILE_H = 96,
};

struct nn_upscaler {
    nn_model *model; // fused
    nn_pool *pool;
    nn_plan *plan; // of tiles of tile_h x tile_w; NULL: none yet
    int tile_h, tile_w, most_h, most_w;
    int planes, factor, margin;
    bool fixed; // the network accepts only tiles of most_h x most_w
    nn_upscaler_progress *progress;
    void *ctx;
};

// The sum of what each convolution sees beyond a pixel: never less than the whole network does.
static int find_margin(const nn_graph *g)
{
    int64_t sum = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        if (node.op != &nn_op_conv2d)
            continue;
        const nn_conv2d_params *p = node.params;
        const nn_shape *w = nn_graph_value(g, node.in[1]).shape;
        if (w && w->rank == 4)
            sum += nn_max(w->dim[2] * p->dilation[0], w->dim[3] * p->dilation[1]) / 2;
    }
    return (int)nn_min(nn_max(sum, 2), MOST_MARGIN);
}

static nn_status check_fixed(const nn_upscaler *u, const nn_shape *fixed, nn_error *err)
{
    char text[96];
    if (!fixed || (fixed->rank == 4 && fixed->dim[0] == 1 && fixed->dim[1] == u->planes &&
                   fixed->dim[2] > 0 && fixed->dim[2] <= MAX_SIDE && fixed->dim[3] > 0 &&
                   fixed->dim[3] <= MAX_SIDE))
        return NN_OK;
    return nn_fail(err, NN_ESHAPE, "the input is %s, not a picture 1x%dxHxW; export it for that",
                   nn_shape_text(fixed, text, sizeof text), u->planes);
}

static nn_status prepare(nn_upscaler *u, const nn_upscaler_options *o, nn_error *err)
{
    const nn_card *card = &u->model->card;
    const nn_graph *g = u->model->graph;
    if (!nn_upscaler_suits(card) || nn_graph_input_count(g) != 1 || nn_graph_output_count(g) != 1)
        return nn_fail(err, NN_EUNSUPPORTED, "the model does not enlarge pictures (task '%s')",
                       card->task);
    u->planes = nn_card_channels(card);
    u->factor = card->factor;
    u->margin = find_margin(g);
    const nn_shape *fixed = u->model->fixed_inputs;
    nn_status status = check_fixed(u, fixed, err);
    if (status != NN_OK)
        return status;
    u->fixed = fixed;
    u->most_h = fixed ? (int)fixed->dim[2] : o->tile > 0 ? o->tile : TILE_H;
    u->most_w = fixed ? (int)fixed->dim[3] : o->tile > 0 ? o->tile : TILE_W;
    if (!fixed) { // a tile shows something of its own
        u->most_h = (int)nn_max(u->most_h, 2 * u->margin + 16);
        u->most_w = (int)nn_max(u->most_w, 2 * u->margin + 16);
    }
    u->pool = nn_pool_new(o->threads);
    if (!u->pool)
        return nn_fail(err, NN_ENOMEM, "no memory or threads to enlarge pictures");
    return nn_model_fuse(&u->model, 0, err);
}

nn_status nn_upscaler_new(nn_upscaler **out, nn_model *model, const nn_upscaler_options *options,
                          nn_error *err)
{
    *out = NULL;
    nn_upscaler *u = nn_calloc(1, sizeof *u);
    if (!u) {
        nn_model_free(model);
        return nn_fail(err, NN_ENOMEM, "no memory to enlarge pictures");
    }
    u->model = model;
    const nn_status status = prepare(u, options ? options : &(nn_upscaler_options){0}, err);
    if (status == NN_OK)
        *out = u;
    else
        nn_upscaler_free(u);
    return status;
}

nn_status nn_upscaler_open(nn_upscaler **out, const char *name, const nn_upscaler_options *options,
                           nn_error *err)
{
    nn_model *model;
    *out = NULL;
    nn_status status = nn_model_load(&model, name, err);
    if (status == NN_OK && (status = nn_upscaler_new(out, model, options, err)) != NN_OK)
        nn_fail_prefix(err, status, "%s", name);
    return status;
}

void nn_upscaler_free(nn_upscaler *u)
{
    if (!u)
        return;
    nn_plan_free(u->plan);
    nn_model_free(u->model);
    nn_pool_free(u->pool);
    nn_free(u);
}

const nn_card *nn_upscaler_card(const nn_upscaler *u)
{
    return &u->model->card;
}

int nn_upscaler_factor(const nn_upscaler *u)
{
    return u->factor;
}

void nn_upscaler_watch(nn_upscaler *u, nn_upscaler_progress *progress, void *ctx)
{
    u->progress = progress;
    u->ctx = ctx;
}

// --- tiles ---

static nn_status use_plan(nn_upscaler *u, int h, int w, nn_error *err)
{
    const nn_shape shape = nn_shape_4d(1, u->planes, h, w);
    const nn_plan_options options = {.pool = u->pool, .compiled = true, .half = u->model->half};
    if (u->plan && u->tile_h == h && u->tile_w == w)
        return NN_OK;
    nn_plan_free(u->plan);
    u->plan = NULL;
    nn_status status = nn_plan_new(&u->plan, u->model, &shape, 1, &options, err);
    if (status != NN_OK)
        return status;
    const nn_shape *out = &nn_plan_output(u->plan, 0)->shape;
    char text[96];
    u->tile_h = h;
    u->tile_w = w;
    if (out->rank == 4 && out->dim[1] == u->planes && out->dim[2] == (int64_t)h * u->factor &&
        out->dim[3] == (int64_t)w * u->factor)
        return NN_OK;
    nn_plan_free(u->plan);
    u->plan = NULL;
    return nn_fail(err, NN_ESHAPE, "of %dx%d pixels the network makes %s, not %d times as many", w,
                   h, nn_shape_text(out, text, sizeof text), u->factor);
}

// A picture being enlarged, and the tile that the network sees.
typedef struct job {
    const nn_upscaler *u;
    const nn_byte_plane *in, *out; // a plane for each of the network's
    int x, y;                      // of the tile in the picture
    int left, top, right, bottom;  // what of the tile is kept
    float low, range;              // byte = value * range + low
} job;

// Rows of all planes. Tiles of a fixed size go on beyond the picture with its last pixels.
static void fill_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const job *j = ctx;
    const nn_upscaler *u = j->u;
    const nn_card *card = &u->model->card;
    (void)worker;
    for (int64_t unit = begin; unit < end; unit++) {
        const int plane = (int)(unit / u->tile_h), row = (int)(unit % u->tile_h);
        const nn_byte_plane *in = &j->in[card->bgr ? u->planes - 1 - plane : plane];
        const uint8_t *from = in->data + nn_min(j->y + row, in->height - 1) * in->stride;
        float *to = nn_tensor_f32(nn_plan_input(u->plan, 0)) + unit * u->tile_w;
        const float scale = 1 / (j->range * card->std[plane]);
        const float shift = -j->low * scale - card->mean[plane] / card->std[plane];
        for (int x = 0; x < u->tile_w; x++)
            to[x] = (float)from[nn_min(j->x + x, in->width - 1) * in->step] * scale + shift;
    }
}

static void take_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const job *j = ctx;
    const nn_upscaler *u = j->u;
    const int f = u->factor, rows = (j->bottom - j->top) * f, width = u->tile_w * f;
    (void)worker;
    for (int64_t unit = begin; unit < end; unit++) {
        const int plane = (int)(unit / rows), row = (int)(unit % rows) + j->top * f;
        const nn_byte_plane *out = &j->out[u->model->card.bgr ? u->planes - 1 - plane : plane];
        const float *from = nn_tensor_f32(nn_plan_output(u->plan, 0)) +
                            ((int64_t)plane * u->tile_h * f + row) * width + j->left * f;
        uint8_t *to = out->data + (ptrdiff_t)(j->y * f + row) * out->stride +
                      (ptrdiff_t)(j->x + j->left) * f * out->step;
        for (int x = 0; x < (j->right - j->left) * f; x++) {
            const float v = from[x] * j->range + j->low + 0.5f;
            to[(ptrdiff_t)x * out->step] = (uint8_t)(v > 0 ? v < 255 ? v : 255 : 0);
        }
    }
}

static void run_tile(const job *j)
{
    const nn_upscaler *u = j->u;
    nn_pool_run(u->pool, (int64_t)u->planes * u->tile_h, 8, fill_rows, (void *)j);
    nn_plan_run(u->plan);
    nn_pool_run(u->pool, (int64_t)u->planes * (j->bottom - j->top) * u->factor, 8, take_rows,
                (void *)j);
}

// Where tile i of `count` begins, and what of it is kept: neighbours share the margin.
static int place(int i, int count, int side, int tile, int margin, int *from, int *to)
{
    const int step = tile - 2 * margin;
    const int at = i + 1 < count ? i * step : (int)nn_max(side - tile, 0);
    *from = i > 0 ? i * step + margin - at : 0;
    *to = (int)nn_min(i + 1 < count ? tile - margin : tile, side - at);
    return at;
}

static int count_tiles(int side, int tile, int margin)
{
    return side <= tile ? 1 : (int)nn_divide_up(side - 2 * margin, tile - 2 * margin);
}

static nn_status check_planes(const nn_upscaler *u, const nn_byte_plane *in,
                              const nn_byte_plane *out, nn_error *err)
{
    if (in->width < 1 || in->height < 1 || in->width > MAX_SIDE || in->height > MAX_SIDE ||
        out->width != in->width * u->factor || out->height != in->height * u->factor)
        return nn_fail(err, NN_EINVAL, "a picture of %dx%d does not become %dx%d by a factor of %d",
                       in->width, in->height, out->width, out->height, u->factor);
    return NN_OK;
}

static nn_status run_planes(nn_upscaler *u, const nn_byte_plane *in, const nn_byte_plane *out,
                            float low, float range, nn_error *err)
{
    nn_status status = check_planes(u, in, out, err);
    if (status != NN_OK)
        return status;
    const int w = in->width, h = in->height;
    const int tile_w = u->fixed ? u->most_w : (int)nn_min(w, u->most_w);
    const int tile_h = u->fixed ? u->most_h : (int)nn_min(h, u->most_h);
    const int margin = (int)nn_min(u->margin, (nn_min(u->most_w, u->most_h) - 1) / 2);
    const int across = count_tiles(w, tile_w, margin), down = count_tiles(h, tile_h, margin);
    job j = {.u = u, .in = in, .out = out, .low = low, .range = range};
    status = use_plan(u, tile_h, tile_w, err);
    for (int i = 0; i < across * down && status == NN_OK; i++) {
        j.x = place(i % across, across, w, tile_w, margin, &j.left, &j.right);
        j.y = place(i / across, down, h, tile_h, margin, &j.top, &j.bottom);
        run_tile(&j);
        if (u->progress && !u->progress(u->ctx, i + 1, across * down))
            status = nn_fail(err, NN_EINVAL, "stopped");
    }
    return status;
}

// --- pictures ---

nn_status nn_upscaler_luma(nn_upscaler *u, const nn_byte_plane *in, const nn_byte_plane *out,
                           bool limited, nn_error *err)
{
    if (u->planes != 1)
        return nn_fail(err, NN_EUNSUPPORTED, "the network enlarges colours, not luma alone");
    return run_planes(u, in, out, limited ? 16 : 0, limited ? 219 : 255, err);
}

static nn_byte_plane component(const nn_image *image, int c)
{
    return (nn_byte_plane){image->rgb + c, 3 * (ptrdiff_t)image->width, 3, image->width,
                           image->height};
}

static nn_status make_picture(nn_image *out, int64_t width, int64_t height, nn_error *err)
{
    nn_status status = NN_OK;
    *out = (nn_image){(int)width, (int)height, NULL};
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
        status = nn_fail(err, NN_EUNSUPPORTED, "a picture of %lldx%lld", (long long)width,
                         (long long)height);
    else if (!(out->rgb = nn_alloc((size_t)(3 * width * height))))
        status = nn_fail(err, NN_ENOMEM, "no memory for a picture of %lldx%lld", (long long)width,
                         (long long)height);
    return status;
}

nn_status nn_bicubic_picture(const nn_image *in, int width, int height, nn_image *out,
                             nn_error *err)
{
    nn_status status = make_picture(out, width, height, err);
    for (int c = 0; c < 3 && status == NN_OK; c++) {
        const nn_byte_plane from = component(in, c), to = component(out, c);
        status = nn_filter_resize_bytes(&from, &to, NN_FILTER_BICUBIC, err);
    }
    if (status != NN_OK)
        nn_image_release(out);
    return status;
}

// Y of JPEG.
static inline float luma_of(const uint8_t *p)
{
    return 0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2];
}

static nn_byte_plane make_plane(int width, int height)
{
    return (nn_byte_plane){nn_alloc((size_t)width * (size_t)height), width, 1, width, height};
}

// Gives an enlarged picture the luma of the network.
static void put_luma(const nn_image *image, const uint8_t *luma)
{
    const size_t n = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < n; i++) {
        uint8_t *p = image->rgb + 3 * i;
        const float more = luma[i] - luma_of(p) + 0.5f;
        for (int c = 0; c < 3; c++) {
            const float v = p[c] + more;
            p[c] = (uint8_t)(v > 0 ? v < 255 ? v : 255 : 0);
        }
    }
}

static nn_status enlarge_luma(nn_upscaler *u, const nn_image *in, const nn_image *out,
                              nn_error *err)
{
    const nn_byte_plane from = make_plane(in->width, in->height),
                        to = make_plane(out->width, out->height);
    nn_status status = from.data && to.data ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for luma");
    if (status == NN_OK) {
        for (size_t i = 0; i < (size_t)in->width * (size_t)in->height; i++)
            from.data[i] = (uint8_t)(luma_of(in->rgb + 3 * i) + 0.5f);
        status = nn_upscaler_luma(u, &from, &to, false, err);
    }
    if (status == NN_OK)
        put_luma(out, to.data);
    nn_free(from.data);
    nn_free(to.data);
    return status;
}

static nn_status enlarge_colours(nn_upscaler *u, const nn_image *in, const nn_image *out,
                                 nn_error *err)
{
    nn_byte_plane from[MOST_PLANES], to[MOST_PLANES];
    for (int c = 0; c < MOST_PLANES; c++) {
        from[c] = component(in, c);
        to[c] = component(out, c);
    }
    return run_planes(u, from, to, 0, 255, err);
}

nn_status nn_upscaler_picture(nn_upscaler *u, const nn_image *in, nn_image *out, nn_error *err)
{
    nn_status status;
    if (in->width > MAX_SIDE / u->factor || in->height > MAX_SIDE / u->factor) {
        *out = (nn_image){0};
        return nn_fail(err, NN_EUNSUPPORTED, "a picture of %dx%d grows beyond %d pixels a side",
                       in->width, in->height, MAX_SIDE);
    }
    const int width = in->width * u->factor, height = in->height * u->factor;
    if (u->planes == 1) {
        status = nn_bicubic_picture(in, width, height, out, err);
        if (status == NN_OK)
            status = enlarge_luma(u, in, out, err);
    } else if ((status = make_picture(out, width, height, err)) == NN_OK) {
        status = enlarge_colours(u, in, out, err);
    }
    if (status != NN_OK)
        nn_image_release(out);
    return status;
}
