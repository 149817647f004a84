// SPDX-License-Identifier: MIT
// The tracker: prediction by Kalman filters, two rounds of matching, start and end of tracks.
#include "nn/vision/track.h"

#include "nn/base/memory.h"
#include "nn/vision/linear_assignment.h"

#include <math.h>
#include <string.h>

// Standard deviations as fractions of the object's width or height (BoT-SORT, section 3.1).
#define PLACE_NOISE (1.0f / 20)
#define SPEED_NOISE (1.0f / 160)

enum { AXES = 4, MAX_TRACKS = 4096 }; // centre x, centre y, width, height

const nn_track_options nn_track_defaults = {.high = 0.6f,
                                            .low = 0.1f,
                                            .start = 0.7f,
                                            .iou_high = 0.2f,
                                            .iou_low = 0.5f,
                                            .other_class = 0,
                                            .lost = 30};

// The axes are independent, so four filters of position and speed equal the one of the paper.
typedef struct filter {
    float place, speed;
    float p00, p01, p11; // covariance
} filter;

typedef struct track {
    filter axis[AXES];
    nn_track shown; // its box lacks the sides until it is shown
    bool matched;
} track;

struct nn_tracker {
    nn_track_options o;
    track *tracks;
    int count, capacity;
    int next_id;
    // Work space of one update:
    float *cost;
    int *rows, *columns, *to; // tracks and boxes of a round; who is matched with whom
    void *room;
    size_t cost_size, list_size, room_size;
};

nn_tracker *nn_tracker_new(const nn_track_options *options)
{
    nn_tracker *t = nn_calloc(1, sizeof *t);
    if (t) {
        t->o = options ? *options : nn_track_defaults;
        t->next_id = 1;
    }
    return t;
}

void nn_tracker_free(nn_tracker *t)
{
    if (!t)
        return;
    nn_free(t->tracks);
    nn_free(t->cost);
    nn_free(t->rows);
    nn_free(t->columns);
    nn_free(t->to);
    nn_free(t->room);
    nn_free(t);
}

void nn_tracker_reset(nn_tracker *t)
{
    t->count = 0;
}

static float square(float x)
{
    return x * x;
}

static void measure(const nn_box *b, float z[AXES])
{
    z[0] = 0.5f * (b->x0 + b->x1);
    z[1] = 0.5f * (b->y0 + b->y1);
    z[2] = b->x1 - b->x0;
    z[3] = b->y1 - b->y0;
}

// The size that scales the noise of an axis: width for x, height for y.
static float size_of(const track *k, int axis)
{
    return k->axis[2 + axis % 2].place;
}

static void begin(track *k, const nn_box *b)
{
    float z[AXES];
    measure(b, z);
    for (int i = 0; i < AXES; i++) {
        const float size = z[2 + i % 2];
        k->axis[i] = (filter){.place = z[i],
                              .p00 = square(2 * PLACE_NOISE * size),
                              .p11 = square(10 * SPEED_NOISE * size)};
    }
}

static void predict(track *k, int frames)
{
    const float t = (float)frames;
    for (int i = 0; i < AXES; i++) {
        filter *f = &k->axis[i];
        const float size = size_of(k, i);
        if (i >= 2 && k->shown.unseen > 0)
            f->speed = 0; // a hidden object does not shrink
        f->place += t * f->speed;
        f->p00 += 2 * t * f->p01 + t * t * f->p11 + t * square(PLACE_NOISE * size);
        f->p01 += t * f->p11;
        f->p11 += t * square(SPEED_NOISE * size);
    }
    for (int i = 2; i < AXES; i++)
        if (k->axis[i].place < 1)
            k->axis[i].place = 1;
    k->shown.unseen += frames;
    k->matched = false;
}

static void correct(track *k, const nn_box *b)
{
    float z[AXES], size[AXES];
    measure(b, z);
    for (int i = 0; i < AXES; i++)
        size[i] = size_of(k, i);
    for (int i = 0; i < AXES; i++) {
        filter *f = &k->axis[i];
        const float s = f->p00 + square(PLACE_NOISE * size[i]);
        const float g0 = f->p00 / s, g1 = f->p01 / s, wrong = z[i] - f->place;
        f->place += g0 * wrong;
        f->speed += g1 * wrong;
        f->p11 -= g1 * f->p01;
        f->p01 -= g0 * f->p01;
        f->p00 -= g0 * f->p00;
    }
}

static nn_box expected(const track *k)
{
    const filter *a = k->axis;
    nn_box b = k->shown.box;
    b.x0 = a[0].place - 0.5f * a[2].place;
    b.y0 = a[1].place - 0.5f * a[3].place;
    b.x1 = a[0].place + 0.5f * a[2].place;
    b.y1 = a[1].place + 0.5f * a[3].place;
    return b;
}

static void take(track *k, nn_box *b)
{
    b->track_id = k->shown.box.track_id;
    k->shown.box.label = b->label;
    k->shown.box.score = b->score;
    k->shown.unseen = 0;
    k->shown.seen++;
    k->matched = true;
}

// Enlarges a block without keeping its content.
static bool grow(void **block, size_t *size, size_t need)
{
    if (need <= *size)
        return true;
    void *larger = nn_alloc(2 * need);
    if (!larger)
        return false;
    nn_free(*block);
    *block = larger;
    *size = 2 * need;
    return true;
}

static bool grow_lists(nn_tracker *t, size_t n)
{
    size_t size[3] = {t->list_size, t->list_size, t->list_size};
    void *list[3] = {t->rows, t->columns, t->to};
    bool ok = true;
    for (int i = 0; i < 3; i++)
        ok = grow(&list[i], &size[i], n * sizeof(int)) && ok;
    t->rows = list[0];
    t->columns = list[1];
    t->to = list[2];
    if (ok)
        t->list_size = size[0];
    return ok;
}

// Allocates everything that an update needs before it changes anything.
static bool reserve(nn_tracker *t, int boxes)
{
    const size_t most = (size_t)t->count + (size_t)boxes;
    void *cost = t->cost;
    bool ok = grow(&cost, &t->cost_size, ((size_t)t->count * (size_t)boxes + 1) * sizeof(float));
    t->cost = cost;
    ok = ok && grow(&t->room, &t->room_size, (size_t)nn_linear_assignment_room(t->count, boxes));
    ok = ok && grow_lists(t, most + 1);
    if (ok && most > (size_t)t->capacity) {
        track *larger =
            nn_realloc(t->tracks, (size_t)t->count * sizeof *larger, 2 * most * sizeof *larger);
        ok = larger;
        if (ok) {
            t->tracks = larger;
            t->capacity = 2 * (int)most;
        }
    }
    return ok;
}

// One round: matches the tracks in t->rows with the boxes in t->columns.
static void match(nn_tracker *t, int rows, nn_box *boxes, int columns, float least)
{
    for (int i = 0; i < rows; i++) {
        const nn_box at = expected(&t->tracks[t->rows[i]]);
        for (int k = 0; k < columns; k++) {
            const nn_box *b = &boxes[t->columns[k]];
            const float factor = b->label == at.label ? 1 : t->o.other_class;
            t->cost[(size_t)i * (size_t)columns + (size_t)k] = 1 - factor * nn_box_iou(&at, b);
        }
    }
    nn_linear_assignment(t->cost, rows, columns, 1 - least, t->to, t->room);
    for (int i = 0; i < rows; i++)
        if (t->to[i] >= 0) {
            track *k = &t->tracks[t->rows[i]];
            nn_box *b = &boxes[t->columns[t->to[i]]];
            correct(k, b);
            take(k, b);
        }
}

static int list_boxes(nn_tracker *t, const nn_box *boxes, int count, float from, float below)
{
    int n = 0;
    for (int i = 0; i < count; i++)
        if (boxes[i].score >= from && boxes[i].score < below)
            t->columns[n++] = i;
    return n;
}

// Lists the unmatched tracks that were last seen at most `frames` frames ago; 0: all of them.
static int list_tracks(nn_tracker *t, int frames)
{
    int n = 0;
    for (int i = 0; i < t->count; i++)
        if (!t->tracks[i].matched && (frames == 0 || t->tracks[i].shown.unseen <= frames))
            t->rows[n++] = i;
    return n;
}

static void start_track(nn_tracker *t, nn_box *b)
{
    track *k = &t->tracks[t->count++];
    *k = (track){.shown.box.track_id = t->next_id++};
    begin(k, b);
    take(k, b);
}

// Ends tracks unseen for too long, and unseen tracks with one box only (ByteTrack: unconfirmed).
static void end_tracks(nn_tracker *t)
{
    int kept = 0;
    for (int i = 0; i < t->count; i++) {
        const nn_track *s = &t->tracks[i].shown;
        if (s->unseen == 0 || (s->seen > 1 && s->unseen <= t->o.lost))
            t->tracks[kept++] = t->tracks[i];
    }
    t->count = kept;
}

nn_status nn_tracker_update(nn_tracker *t, nn_box *boxes, int count, int frames, nn_error *err)
{
    for (int i = 0; i < count; i++)
        boxes[i].track_id = 0;
    if (count < 0 || count > MAX_TRACKS || frames < 1)
        return nn_fail(err, NN_EINVAL, "%d boxes, %d frames later, cannot be tracked", count,
                       frames);
    if (!reserve(t, count))
        return nn_fail(err, NN_ENOMEM, "no memory to track %d boxes", count);
    for (int i = 0; i < t->count; i++)
        predict(&t->tracks[i], frames);
    const int sure = list_boxes(t, boxes, count, t->o.high, INFINITY);
    match(t, list_tracks(t, 0), boxes, sure, t->o.iou_high);
    const int unsure = list_boxes(t, boxes, count, t->o.low, t->o.high);
    match(t, list_tracks(t, frames), boxes, unsure, t->o.iou_low);
    end_tracks(t);
    for (int i = 0; i < count && t->count < MAX_TRACKS; i++)
        if (boxes[i].track_id == 0 && boxes[i].score >= t->o.start)
            start_track(t, &boxes[i]);
    return NN_OK;
}

int nn_tracker_count(const nn_tracker *t)
{
    return t->count;
}

nn_track nn_tracker_at(const nn_tracker *t, int i)
{
    const track *k = &t->tracks[i];
    nn_track shown = k->shown;
    shown.box = expected(k);
    shown.box.predicted = shown.unseen > 0;
    shown.vx = k->axis[0].speed;
    shown.vy = k->axis[1].speed;
    return shown;
}
