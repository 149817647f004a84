// SPDX-License-Identifier: MIT
// Reads from GStreamer what an element did to a picture.
#include "plugins/meta/frame_transform.h"

#include <gst/video/video.h>

// The borders that videoscale adds when the shape changes, exact to the pixel.
static gboolean find_borders(const GstVideoInfo *in, const GstVideoInfo *out, int *w, int *h)
{
    int in_n, in_d, out_n, out_d, n, d;
    *w = *h = 0;
    if (!gst_util_fraction_multiply(in->width, in->height, in->par_n, in->par_d, &in_n, &in_d) ||
        !gst_util_fraction_multiply(out->width, out->height, out->par_n, out->par_d, &out_n,
                                    &out_d) ||
        (in_n == out_n && in_d == out_d) ||
        !gst_util_fraction_multiply(in_n, in_d, out->par_d, out->par_n, &n, &d) || n < 1 || d < 1)
        return FALSE;
    const guint64 to_h = gst_util_uint64_scale_int((guint64)out->width, d, n);
    if (to_h <= (guint64)out->height)
        *h = out->height - (int)to_h;
    else
        *w = out->width - (int)gst_util_uint64_scale_int((guint64)out->height, n, d);
    return (*w > 0 || *h > 0) && *w < out->width && *h < out->height;
}

static void find_scale(const GstVideoInfo *in, const GstVideoInfo *out, NeroFrameTransform *c)
{
    int w, h;
    *c = (NeroFrameTransform){
        .in_width = in->width, .in_height = in->height, .width = out->width, .height = out->height};
    if (find_borders(in, out, &w, &h))
        c->picture = (NeroPlace){(float)(w / 2), (float)(h / 2), (float)(out->width - w),
                                 (float)(out->height - h)};
    else
        w = h = 0;
    c->move =
        nn_transform_into(in->width, in->height, w / 2, h / 2, out->width - w, out->height - h);
}

// GStreamer counts pixels, which a mirror image counts from the last: the edge is one further than
// the position.
static double edge(float a, float b, float d)
{
    return (double)d + (a < 0 ? -(double)a : 0) + (b < 0 ? -(double)b : 0);
}

gboolean nero_frame_transform_from_matrix(const float matrix[3][3], const int in[2],
                                          const int out[2], nn_transform *move)
{
    const float *x = matrix[0], *y = matrix[1], *z = matrix[2];
    *move = (nn_transform){
        .xx = (double)x[0], .xy = (double)x[1], .yx = (double)y[0], .yy = (double)y[1]};
    move->dx = edge(x[0], x[1], x[2]) - move->xx * in[0] - move->xy * in[1] + out[0];
    move->dy = edge(y[0], y[1], y[2]) - move->yx * in[0] - move->yy * in[1] + out[1];
    return z[0] == 0 && z[1] == 0 && z[2] == 1 && nn_transform_is_upright(move);
}

#ifdef GST_VIDEO_META_TRANSFORM_IS_MATRIX
static gboolean find_matrix(const GstVideoMetaTransformMatrix *m, NeroFrameTransform *c)
{
    const int in[] = {m->in_rectangle.x, m->in_rectangle.y};
    const int out[] = {m->out_rectangle.x, m->out_rectangle.y};
    *c = (NeroFrameTransform){.in_width = m->in_info->width,
                              .in_height = m->in_info->height,
                              .width = m->out_info->width,
                              .height = m->out_info->height};
    return nero_frame_transform_from_matrix(m->matrix, in, out, &c->move);
}
#endif

gboolean nero_frame_transform_find(GQuark type, gpointer data, NeroFrameTransform *change)
{
#ifdef GST_VIDEO_META_TRANSFORM_IS_MATRIX
    if (GST_VIDEO_META_TRANSFORM_IS_MATRIX(type))
        return find_matrix(data, change);
#endif
    if (!GST_VIDEO_META_TRANSFORM_IS_SCALE(type))
        return FALSE;
    const GstVideoMetaTransform *t = data;
    find_scale(t->in_info, t->out_info, change);
    return change->in_width > 0 && change->in_height > 0;
}
