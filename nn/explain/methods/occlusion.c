// SPDX-License-Identifier: MIT
// Occlusion sensitivity (Zeiler and Fergus 2014, section 4.2): how much the target falls when a
// grey square covers a place. A cell is a square; a pixel has the mean of the squares that cover
// it.
#include "nn/explain/inputs.h"

#include <string.h>

enum { MOST = 1 << 14, PARTS = 7 };

typedef struct squares {
    int side, stride, down, across;
} squares;

static int count_along(int size, int side, int stride)
{
    return side >= size ? 1 : (size - side + stride - 1) / stride + 1;
}

static nn_status lay_out(const nn_explainer *e, const nn_explain_settings *s, squares *q,
                         nn_error *err)
{
    const int less = e->plan_h < e->plan_w ? e->plan_h : e->plan_w;
    if (s->patch < 0 || s->stride < 0 || !(s->cover >= 0 && s->cover <= 1))
        return nn_fail(err, NN_EINVAL,
                       "occlusion takes a patch and a stride in pixels and a grey "
                       "of 0 to 1");
    q->side = s->patch ? s->patch : (less + PARTS - 1) / PARTS;
    q->stride = s->stride ? s->stride : (q->side + 1) / 2;
    q->down = count_along(e->plan_h, q->side, q->stride);
    q->across = count_along(e->plan_w, q->side, q->stride);
    if ((int64_t)q->down * q->across > MOST)
        return nn_fail(err, NN_EINVAL,
                       "a stride of %d means %dx%d runs of the network; up to %d are done",
                       q->stride, q->across, q->down, MOST);
    return NN_OK;
}

static void cover(nn_explainer *e, const squares *q, int y0, int x0, float grey)
{
    const int64_t plane = nn_explain_plane(e);
    float *input = nn_tensor_f32(nn_plan_input(e->plan, 0));
    memcpy(input, e->picture.data, 3 * (size_t)plane * sizeof *input);
    for (int c = 0; c < 3; c++)
        for (int y = y0; y < y0 + q->side && y < e->plan_h; y++)
            for (int x = x0; x < x0 + q->side && x < e->plan_w; x++)
                input[c * plane + (int64_t)y * e->plan_w + x] = nn_explain_grey(e, c, grey);
}

// The mean of the squares that cover a pixel.
static void spread(const nn_explainer *e, const squares *q, nn_explain_map *map)
{
    for (int y = 0; y < e->plan_h; y++)
        for (int x = 0; x < e->plan_w; x++) {
            double sum = 0;
            int count = 0;
            for (int i = y / q->stride; i >= 0 && i * q->stride + q->side > y; i--)
                for (int j = x / q->stride; j >= 0 && j * q->stride + q->side > x; j--)
                    if (i < q->down && j < q->across) {
                        sum += (double)map->cells[i * q->across + j];
                        count++;
                    }
            map->data[(int64_t)y * e->plan_w + x] = count ? (float)(sum / count) : 0;
        }
}

static nn_status run(nn_explainer *e, const nn_explain_target *t, const nn_explain_settings *s,
                     nn_explain_map *map, nn_error *err)
{
    nn_explain_seeds seeds;
    squares q = {0};
    nn_status status = lay_out(e, s, &q, err);
    if (status == NN_OK)
        status = nn_explain_find_seeds(e, t, &seeds, err);
    if (status == NN_OK)
        status = nn_explain_map_cells(e, map, q.down, q.across, err);
    if (status != NN_OK)
        return status;
    const double score = nn_explain_score(e, &seeds);
    for (int i = 0; i < q.down; i++)
        for (int j = 0; j < q.across; j++) {
            cover(e, &q, i * q.stride, j * q.stride, s->cover);
            nn_plan_run(e->plan);
            map->cells[i * q.across + j] = (float)(score - nn_explain_score(e, &seeds));
        }
    nn_explain_restore(e);
    spread(e, &q, map);
    map->score = (float)score;
    map->channel = seeds.channel;
    map->forward_passes = 2 + (double)q.down * q.across;
    return NN_OK;
}

const nn_explain_method nn_explain_occlusion = {
    .word = "occlusion",
    .help = "how much the target falls when a square is covered (Zeiler and Fergus 2014)",
    .kind = NN_EXPLAIN_HEAT,
    .run = run,
};
