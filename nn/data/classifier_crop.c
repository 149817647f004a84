// SPDX-License-Identifier: MIT
// Crops for classifiers: the one of inference, and random ones (Szegedy 2015, "Going deeper with
// convolutions", section 6).
#include "nn/data/classifier_crop.h"

#include "nn/vision/resize.h"

#include <math.h>

static void place_as_inference(nn_crop_resize *p, const nn_sample *s, const nn_augment_options *o)
{
    const float part = o->crop > 0 ? o->crop : NN_LETTERBOX_IMAGENET;
    const nn_letterbox l = o->stretch ? nn_letterbox_stretch(s->width, s->height, p->x1, p->y1)
                                      : nn_letterbox_crop(s->width, s->height, p->x1, p->y1, part);
    p->scale_x = l.scale_x;
    p->scale_y = l.scale_y;
    p->shift_x = l.pad_x;
    p->shift_y = l.pad_y;
}

// A crop of random area and aspect ratio. One that reaches beyond the picture is shrunk until it
// fits.
static void place_window(nn_crop_resize *p, const nn_sample *s, const nn_augment_options *o,
                         nn_rng *rng)
{
    const double area = nn_rng_range(rng, o->area[0], o->area[1]);
    const float stretch = o->ratio > 1 ? logf(o->ratio) : 0;
    const double shape = o->stretch ? (double)s->width / s->height : (double)p->x1 / p->y1;
    const double ratio = shape * exp(nn_rng_range(rng, -stretch, stretch));
    const double pixels = fmax(1, area * s->width * s->height);
    const double w = sqrt(pixels * ratio), h = sqrt(pixels / ratio);
    const double fit = fmin(1, fmin(s->width / w, s->height / h));
    const double left = nn_rng_uniform(rng) * (s->width - fit * w);
    const double top = nn_rng_uniform(rng) * (s->height - fit * h);
    p->scale_x = p->x1 / (fit * w);
    p->scale_y = p->y1 / (fit * h);
    p->shift_x = -left * p->scale_x;
    p->shift_y = -top * p->scale_y;
}

static void mirror(double *scale, double *shift, int side)
{
    *scale = -*scale;
    *shift = side - *shift;
}

void nn_classifier_crop_draw(nn_crop_resize *crop, const nn_sample *s, int height, int width,
                             const nn_augment_options *o, nn_rng *rng)
{
    *crop = (nn_crop_resize){.x1 = width, .y1 = height};
    if (o->area[1] > 0)
        place_window(crop, s, o, rng);
    else
        place_as_inference(crop, s, o);
    if (nn_rng_uniform(rng) < o->flip_h)
        mirror(&crop->scale_x, &crop->shift_x, width);
    if (nn_rng_uniform(rng) < o->flip_v)
        mirror(&crop->scale_y, &crop->shift_y, height);
}
