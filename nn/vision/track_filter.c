// SPDX-License-Identifier: MIT
// Prediction and correction of the position of a tracked object.
#include "nn/vision/track_filter.h"

#include <math.h>

// Standard deviations as fractions of the object's width or height.
#define PLACE_NOISE (1.0f / 20)
#define SPEED_NOISE (1.0f / 160)

enum { MOST_STEPS = 32 }; // of a walk

static float square(float x)
{
    return x * x;
}

static void measure(const nn_box *b, float z[NN_TRACK_AXES])
{
    z[0] = 0.5f * (b->x0 + b->x1);
    z[1] = 0.5f * (b->y0 + b->y1);
    z[2] = b->x1 - b->x0;
    z[3] = b->y1 - b->y0;
}

// The size that scales the noise of an axis: width for x, height for y.
static float size_of(const nn_track_filter *f, int axis)
{
    return f->axis[2 + axis % 2].place;
}

void nn_track_filter_begin(nn_track_filter *f, const nn_box *b)
{
    float z[NN_TRACK_AXES];
    measure(b, z);
    *f = (nn_track_filter){0};
    for (int i = 0; i < NN_TRACK_AXES; i++) {
        const float size = z[2 + i % 2];
        f->axis[i].place = z[i];
        f->axis[i].p00 = square(2 * PLACE_NOISE * size);
        f->axis[i].p11 = square(10 * SPEED_NOISE * size);
    }
}

void nn_track_filter_predict(nn_track_filter *f, int frames, bool hidden, float brake)
{
    const float t = (float)frames, kept = hidden ? powf(1 - brake, t) : 1;
    // as far as at a speed that falls from frame to frame
    const float way = hidden && brake > 0 ? (1 - brake) * (1 - kept) / brake : t;
    for (int i = 0; i < NN_TRACK_AXES; i++) {
        const float size = size_of(f, i);
        if (i >= 2 && hidden)
            f->axis[i].speed = 0; // a hidden object does not shrink
        f->axis[i].place += way * f->axis[i].speed;
        f->axis[i].speed *= kept;
        f->axis[i].p00 +=
            2 * t * f->axis[i].p01 + t * t * f->axis[i].p11 + t * square(PLACE_NOISE * size);
        f->axis[i].p01 += t * f->axis[i].p11;
        f->axis[i].p11 += t * square(SPEED_NOISE * size);
    }
    for (int i = 2; i < NN_TRACK_AXES; i++)
        if (f->axis[i].place < 1)
            f->axis[i].place = 1;
}

void nn_track_filter_correct(nn_track_filter *f, const nn_box *b)
{
    float z[NN_TRACK_AXES], size[NN_TRACK_AXES];
    measure(b, z);
    for (int i = 0; i < NN_TRACK_AXES; i++)
        size[i] = size_of(f, i);
    for (int i = 0; i < NN_TRACK_AXES; i++) {
        const float s = f->axis[i].p00 + square(PLACE_NOISE * size[i]);
        const float g0 = f->axis[i].p00 / s, g1 = f->axis[i].p01 / s;
        const float wrong = z[i] - f->axis[i].place;
        f->axis[i].place += g0 * wrong;
        f->axis[i].speed += g1 * wrong;
        f->axis[i].p11 -= g1 * f->axis[i].p01;
        f->axis[i].p01 -= g0 * f->axis[i].p01;
        f->axis[i].p00 -= g0 * f->axis[i].p00;
    }
}

static float between(float a, float b, float part)
{
    return a + part * (b - a);
}

void nn_track_filter_walk(nn_track_filter *f, const nn_box *from, const nn_box *to, int frames)
{
    const int steps = frames < MOST_STEPS ? frames : MOST_STEPS;
    for (int i = 0, at = 0; i < steps; i++) {
        const int next = (int)((int64_t)frames * (i + 1) / steps);
        const float part = (float)next / (float)frames;
        const nn_box b = {.x0 = between(from->x0, to->x0, part),
                          .y0 = between(from->y0, to->y0, part),
                          .x1 = between(from->x1, to->x1, part),
                          .y1 = between(from->y1, to->y1, part)};
        nn_track_filter_predict(f, next - at, false, 0);
        nn_track_filter_correct(f, &b);
        at = next;
    }
}

// Places and speeds turn and grow with the picture (BoT-SORT, section 3.2); of the covariances,
// which are of upright axes, the scale alone is followed.
void nn_track_filter_move(nn_track_filter *f, const nn_motion *m)
{
    const float scale = hypotf(m->a, m->b);
    const float x = f->axis[0].place, y = f->axis[1].place;
    const float vx = f->axis[0].speed, vy = f->axis[1].speed;
    f->axis[0].place = m->a * x - m->b * y + m->tx;
    f->axis[1].place = m->b * x + m->a * y + m->ty;
    f->axis[0].speed = m->a * vx - m->b * vy;
    f->axis[1].speed = m->b * vx + m->a * vy;
    for (int i = 0; i < NN_TRACK_AXES; i++) {
        if (i >= 2) {
            f->axis[i].place *= scale;
            f->axis[i].speed *= scale;
        }
        f->axis[i].p00 *= square(scale);
        f->axis[i].p01 *= square(scale);
        f->axis[i].p11 *= square(scale);
    }
}

void nn_track_filter_place(const nn_track_filter *f, nn_box *b)
{
    b->x0 = f->axis[0].place - 0.5f * f->axis[2].place;
    b->y0 = f->axis[1].place - 0.5f * f->axis[3].place;
    b->x1 = f->axis[0].place + 0.5f * f->axis[2].place;
    b->y1 = f->axis[1].place + 0.5f * f->axis[3].place;
}
