// SPDX-License-Identifier: MIT
// The tracker: start, course and end of tracks.
#include "nn/base/memory.h"
#include "nn/vision/track_internal.h"

#include <math.h>

enum { SURE = 5 }; // boxes of a track that show that it is no flicker

const nn_track_options nn_track_defaults = {.high = 0.6f,
                                            .low = 0.1f,
                                            .start = 0.7f,
                                            .iou_high = 0.2f,
                                            .iou_low = 0.5f,
                                            .other_class = 0,
                                            .lost = 30};

const nn_track_options nn_track_video = {.high = 0.4f,
                                         .low = 0.16f,
                                         .start = 0.6f,
                                         .iou_high = 0.25f,
                                         .iou_low = 0.6f,
                                         .other_class = 0,
                                         .lost = 50,
                                         .appearance = 4,
                                         .shape = 0.2f,
                                         .direction = 0.2f,
                                         .buffer = 0.15f,
                                         .reach = 1,
                                         .brake = 0.05f,
                                         .inside = 0.8f,
                                         .united = 0.7f,
                                         .walk = true,
                                         .hold = 5};

void nn_track_scores(nn_track_options *o, float threshold)
{
    o->high = threshold;
    o->low = 0.4f * threshold;
    o->start = threshold + (1 - threshold) / 3;
}

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
    nn_free(t->ahead);
    nn_free(t->expected);
    nn_free(t->boxes);
    nn_free(t->looks);
    nn_free(t->place);
    nn_free(t->to);
    nn_free(t->solved);
    nn_track_matcher_release(&t->matcher);
    nn_free(t);
}

void nn_tracker_reset(nn_tracker *t)
{
    t->count = 0;
}

void nn_tracker_set_options(nn_tracker *t, const nn_track_options *options)
{
    t->o = *options;
}

void nn_tracker_set_size(nn_tracker *t, int width, int height)
{
    t->width = width;
    t->height = height;
}

void nn_tracker_show(nn_tracker *t, const nn_frame *frame)
{
    t->frame = frame;
    nn_tracker_set_size(t, frame->width, frame->height);
}

static void take(nn_tracker *t, nn_track_state *k, const nn_track_box *c, nn_box *b)
{
    k->last = k->filter;
    k->found = *b;
    b->track_id = k->shown.box.track_id;
    k->shown.box.label = b->label;
    k->shown.box.score = b->score;
    k->shown.unseen = 0;
    k->shown.seen++;
    k->shown.covered = false;
    if (c->covered < 0.3f && b->score >= t->o.high)
        nn_appearance_blend(&k->look, &t->looks[c - t->boxes], 0.1f);
}

// A track goes on: with its box, or without one.
static void advance(nn_tracker *t, int i, nn_box *boxes)
{
    nn_track_state *k = &t->tracks[i];
    const int gap = k->shown.unseen;
    if (t->to[i] < 0) {
        k->filter = t->ahead[i];
        return;
    }
    const nn_track_box *c = &t->boxes[t->to[i]];
    nn_box *b = &boxes[c->index];
    k->filter = t->ahead[i];
    if (t->o.walk && k->shown.seen > 1 && gap > 1) {
        k->filter = k->last;
        nn_track_filter_walk(&k->filter, &k->found, b, gap);
    } else {
        nn_track_filter_correct(&k->filter, b);
    }
    take(t, k, c, b);
}

// Whether the object was about to leave the frame when it was last seen.
static bool has_left(const nn_tracker *t, const nn_track_state *k)
{
    const nn_box *b = &k->found;
    nn_box e;
    nn_track_filter_place(&k->filter, &e);
    const float x = 0.5f * (e.x0 + e.x1), y = 0.5f * (e.y0 + e.y1);
    return t->width > 0 &&
           (b->x0 < 2 || b->y0 < 2 || b->x1 > (float)t->width - 2 || b->y1 > (float)t->height - 2 ||
            x < 0 || y < 0 || x > (float)t->width || y > (float)t->height);
}

// Ends tracks unseen for too long, and unseen tracks with one box only (ByteTrack: unconfirmed).
static void end_tracks(nn_tracker *t)
{
    int kept = 0;
    for (int i = 0; i < t->count; i++) {
        const nn_track *s = &t->tracks[i].shown;
        const int lost = has_left(t, &t->tracks[i]) ? t->o.lost / 6 : t->o.lost;
        if (s->unseen == 0 || (s->seen > 1 && s->unseen <= lost))
            t->tracks[kept++] = t->tracks[i];
    }
    t->count = kept;
}

// Whether a box belongs to an object that was there before.
static bool is_followed(const nn_tracker *t, const nn_track_box *part, const nn_track_box *whole)
{
    (void)whole;
    return part->to >= 0 && t->tracks[part->to].shown.seen >= SURE;
}

static void start_tracks(nn_tracker *t, nn_box *boxes, int count)
{
    for (int i = 0; i < count && t->count < NN_MAX_TRACKS; i++) {
        nn_track_box *c = &t->boxes[t->place[i] < 0 ? 0 : t->place[i]];
        if (t->place[i] < 0 || c->to >= 0 || boxes[i].score < t->o.start ||
            c->united || nn_tracker_is_double(t, c) || nn_tracker_unites(t, c, is_followed))
            continue;
        c->to = t->count;
        nn_track_state *k = &t->tracks[t->count++];
        *k = (nn_track_state){.shown.box.track_id = t->next_id++};
        nn_track_filter_begin(&k->filter, &boxes[i]);
        take(t, k, c, &boxes[i]);
    }
}

// Marks the tracks that are behind something.
static void find_covered(nn_tracker *t)
{
    for (int i = 0; i < t->count; i++) {
        nn_track_state *k = &t->tracks[i];
        nn_box e = k->shown.box;
        nn_track_filter_place(&k->filter, &e);
        k->shown.covered = false;
        if (k->shown.unseen == 0)
            continue;
        for (int n = nn_tracker_first_from(t, e.x0 - t->widest);
             n < t->box_count && t->boxes[n].box->x0 < e.x1; n++)
            k->shown.covered = k->shown.covered ||
                               (t->boxes[n].to >= 0 && nn_part_inside(&e, t->boxes[n].box) > 0.4f);
    }
}

nn_status nn_tracker_update(nn_tracker *t, nn_box *boxes, int count, int frames, nn_error *err)
{
    for (int i = 0; i < count; i++)
        boxes[i].track_id = 0;
    if (count < 0 || count > NN_MAX_TRACKS || frames < 1)
        return nn_fail(err, NN_EINVAL, "%d boxes, %d frames later, cannot be tracked", count,
                       frames);
    bool ok = nn_tracker_reserve(t, count);
    if (ok)
        nn_tracker_list(t, boxes, count);
    t->frame = NULL;
    ok = ok && nn_tracker_match(t, frames);
    if (!ok)
        return nn_fail(err, NN_ENOMEM, "no memory to track %d boxes", count);
    for (int i = 0; i < t->count; i++)
        advance(t, i, boxes);
    find_covered(t);
    end_tracks(t);
    start_tracks(t, boxes, count);
    return NN_OK;
}

void nn_tracker_move(nn_tracker *t, const nn_motion *m)
{
    for (int i = 0; i < t->count; i++) {
        nn_track_state *k = &t->tracks[i];
        nn_track_filter_move(&k->filter, m);
        nn_track_filter_move(&k->last, m);
        nn_motion_box(m, &k->found);
    }
}

// Whether an object is shown that was not measured; `b` is where it is expected.
static bool is_there(const nn_tracker *t, const nn_track *s, const nn_box *b, int ahead)
{
    enum { UNEXPLAINED = 2 }; // frames
    if (s->unseen == 0)
        return ahead > 0 && ahead <= t->o.lost;
    const int most = s->covered ? t->o.hold : t->o.hold < UNEXPLAINED ? t->o.hold : UNEXPLAINED;
    const bool whole = t->width == 0 || (b->x0 >= 0 && b->y0 >= 0 && b->x1 <= (float)t->width &&
                                         b->y1 <= (float)t->height);
    return s->seen >= SURE && s->unseen + ahead <= most && whole;
}

int nn_tracker_predict(const nn_tracker *t, int ahead, nn_box *boxes, int most)
{
    int n = 0;
    for (int i = 0; i < t->count && n < most; i++) {
        const nn_track_state *k = &t->tracks[i];
        nn_track_filter f = k->filter;
        nn_box b = k->shown.box;
        if (ahead > 0)
            nn_track_filter_predict(&f, ahead, k->shown.unseen > 0, t->o.brake);
        nn_track_filter_place(&f, &b);
        b.predicted = true;
        b.detail = 0; // of an earlier frame
        if (!is_there(t, &k->shown, &b, ahead))
            continue;
        if (t->width > 0) {
            b.x0 = fmaxf(b.x0, 0);
            b.y0 = fmaxf(b.y0, 0);
            b.x1 = fminf(b.x1, (float)t->width);
            b.y1 = fminf(b.y1, (float)t->height);
        }
        if (b.x1 - b.x0 >= 1 && b.y1 - b.y0 >= 1)
            boxes[n++] = b;
    }
    return n;
}

int nn_tracker_count(const nn_tracker *t)
{
    return t->count;
}

nn_track nn_tracker_at(const nn_tracker *t, int i)
{
    const nn_track_state *k = &t->tracks[i];
    nn_track shown = k->shown;
    nn_track_filter_place(&k->filter, &shown.box);
    shown.box.predicted = shown.unseen > 0;
    shown.vx = k->filter.axis[0].speed;
    shown.vy = k->filter.axis[1].speed;
    return shown;
}
