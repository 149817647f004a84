// SPDX-License-Identifier: MIT
// Times the tracker, processor time a frame, with and without colours: objects of 40 x 100 pixels that walk about
// in 1920 x 1080 and are missed now and then.
#include "nn/vision/track.h"
#include "nn/base/memory.h"
#include "nn/base/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { WIDTH = 1920, HEIGHT = 1080, MOST = 500, FRAMES = 300 };

typedef struct walker {
    float x, y, vx, vy;
} walker;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int step(walker *w, int count, nn_rng *rng, nn_box *boxes)
{
    int n = 0;
    for (int i = 0; i < count; i++) {
        w[i].vx = w[i].x < 0 || w[i].x > WIDTH - 40 ? -w[i].vx : w[i].vx;
        w[i].vy = w[i].y < 0 || w[i].y > HEIGHT - 100 ? -w[i].vy : w[i].vy;
        w[i].x += w[i].vx;
        w[i].y += w[i].vy;
        if (nn_rng_uniform(rng) < 0.1f)
            continue;
        const float x = w[i].x + nn_rng_range(rng, -2, 2), y = w[i].y + nn_rng_range(rng, -2, 2);
        boxes[n++] = (nn_box){.x0 = fmaxf(x, 0),
                              .y0 = fmaxf(y, 0),
                              .x1 = fminf(x + 40, WIDTH),
                              .y1 = fminf(y + 100, HEIGHT),
                              .score = nn_rng_range(rng, 0.2f, 1)};
    }
    return n;
}

static void time_tracker(const char *name, const nn_track_options *options, const nn_frame *frame,
                         int count)
{
    static walker w[MOST];
    static nn_box boxes[MOST];
    nn_rng rng = nn_rng_seed(7);
    nn_tracker *t = nn_tracker_new(options);
    double sum = 0, most = 0;
    int last = 0;
    for (int i = 0; i < count; i++)
        w[i] = (walker){nn_rng_range(&rng, 0, WIDTH - 40), nn_rng_range(&rng, 0, HEIGHT - 100),
                        nn_rng_range(&rng, -6, 6), nn_rng_range(&rng, -3, 3)};
    for (int f = 0; t && f < FRAMES; f++) {
        const int n = step(w, count, &rng, boxes);
        const double start = now_ms();
        if (frame)
            nn_tracker_show(t, frame);
        if (nn_tracker_update(t, boxes, n, 1, NULL) != NN_OK)
            break;
        const double ms = now_ms() - start;
        sum += ms;
        most = fmax(most, ms);
        last = nn_tracker_count(t);
    }
    printf("%-22s %3d objects: %.3f ms a frame, at most %.3f; %d tracks at the end\n", name, count,
           sum / FRAMES, most, last);
    nn_tracker_free(t);
}

int main(void)
{
    nn_frame frame = {.format = NN_PIXEL_I420, .width = WIDTH, .height = HEIGHT};
    nn_rng rng = nn_rng_seed(1);
    for (int p = 0; p < 3; p++) {
        frame.stride[p] = p ? WIDTH / 2 : WIDTH;
        const size_t bytes = (size_t)frame.stride[p] * (p ? HEIGHT / 2 : HEIGHT);
        uint8_t *plane = nn_alloc(bytes);
        if (!plane)
            return 2;
        for (size_t i = 0; i < bytes; i++)
            plane[i] = (uint8_t)nn_rng_next(&rng);
        frame.plane[p] = plane;
    }
    static const int counts[] = {20, 100, MOST};
    for (int i = 0; i < 3; i++) {
        time_tracker("ByteTrack", &nn_track_defaults, NULL, counts[i]);
        time_tracker("nn_track_video", &nn_track_video, NULL, counts[i]);
        time_tracker("... with colours", &nn_track_video, &frame, counts[i]);
    }
    for (int p = 0; p < 3; p++)
        nn_free((void *)frame.plane[p]);
    return 0;
}
