// SPDX-License-Identifier: MIT
// Runs the teachers: each detector on the picture, its mirror image, several input sizes and tiles.
#include "app/label/teachers.h"

#include "app/label/teacher_classes.h"
#include "nn/base/memory.h"
#include "nn/predict/detector.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { MOST_BOXES = 300, GRID = 32 };
#define OWN_IOU 0.6f  // IoU of NMS within a pass
#define SAME_BOX 0.8f // IoU of boxes of different classes that are taken for one object
#define CUT_MARGIN 3  // pixels: boxes this close to the edge of a tile are cut by it
#define LEAST_SIDE 64 // smallest input side at any scale, in pixels
// Ratio of picture to input side. CLOSER: from here on a larger input helps; BETWEEN: so does a
// size between the two; CLOSEST: the largest ratio that is used.
#define CLOSER 1.25
#define BETWEEN 1.6
#define CLOSEST 2.0

const label_teachers_options label_teachers_defaults = {.tiles_x = 1,
                                                        .tiles_y = 1,
                                                        .overlap = 0.25,
                                                        .mirror = true,
                                                        .least = 0.05,
                                                        .fuse = {0.55f, 0.5f, 0.8f}};

typedef struct teacher {
    char *name, *head;
    nn_detector *at[LABEL_MAX_SCALES]; // one for each input size
    int scales;
} teacher;

struct label_teachers {
    label_teachers_options o;
    char *labels; // text file with class names, or NULL
    nn_notes notes;
    bool fits; // scales are chosen by the size of the pictures
    teacher list[LABEL_MAX_TEACHERS];
    int count;
    nn_names classes;
    nn_class_map maps[LABEL_MAX_TEACHERS];
    nn_fuse_pass passes[NN_FUSE_PASSES];
    int pass_count; // of the current picture
    GArray *found;  // of nn_pass_box
    nn_result result;
    nn_fused_box *fused;
    uint8_t *mirror;
    size_t mirror_size;
};

void label_teachers_free(label_teachers *t)
{
    if (!t)
        return;
    for (int i = 0; i < t->count; i++) {
        for (int k = 0; k < t->list[i].scales; k++)
            nn_detector_free(t->list[i].at[k]);
        g_free(t->list[i].name);
        g_free(t->list[i].head);
    }
    g_free(t->labels);
    nn_names_release(&t->classes);
    nn_result_release(&t->result);
    nn_free(t->fused);
    nn_free(t->mirror);
    g_array_unref(t->found);
    g_free(t);
}

// Opens the model at another input size. `card`: the model's card; NULL: not read yet.
static nn_status open_scale(const label_teachers *all, teacher *t, const char *model, double factor,
                            const nn_card *card, nn_error *err)
{
    nn_detector_options options = {.threads = all->o.threads,
                                   .threshold = (float)all->o.least,
                                   .iou_threshold = OWN_IOU,
                                   .max_detections = MOST_BOXES,
                                   .head = t->head,
                                   .labels = all->labels,
                                   .tail_limits = all->o.tail};
    if (card) {
        options.input_w = GRID * (int)lround(factor * card->input_w / GRID);
        options.input_h = GRID * (int)lround(factor * card->input_h / GRID);
        if (options.input_w < LEAST_SIDE || options.input_h < LEAST_SIDE)
            return nn_fail(err, NN_EINVAL, "that makes an input of %dx%d", options.input_w,
                           options.input_h);
    }
    const nn_status status = nn_detector_open(&t->at[t->scales], model, &options, err);
    t->scales += status == NN_OK;
    return status;
}

static void say(const nn_notes *notes, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void say(const nn_notes *notes, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *line = g_strdup_vprintf(format, args);
    va_end(args);
    if (notes->note)
        notes->note(notes->ctx, line);
}

// Opens the requested sizes instead of the model's own, which the first detector has.
static nn_status open_scales(label_teachers *t, teacher *one, const double *factors, int count,
                             nn_error *err)
{
    nn_detector *own = one->at[0];
    g_autofree char *model = g_strdup(nn_detector_path(own));
    bool keep = false;
    one->scales = 0;
    for (int i = 0; i < count; i++) {
        nn_error why = {0};
        if (factors[i] == 1 && !keep) {
            keep = true;
            one->at[one->scales++] = own;
        } else if (open_scale(t, one, model, factors[i], nn_detector_card(own), &why) != NN_OK) {
            say(&t->notes, "%s cannot be run at scale %.3g, only at its own size (%s)", one->name,
                factors[i], why.text);
        }
    }
    if (!keep && one->scales == 0)
        one->at[one->scales++] = own; // without any other size the model's own is used
    else if (!keep)
        nn_detector_free(own);
    return one->scales > 0 ? NN_OK : nn_fail(err, NN_EINVAL, "%s cannot be used", one->name);
}

// Chooses the model's own size, and larger ones where pictures have more pixels.
static int choose_scales(const nn_card *card, int width, int height, double *factors)
{
    const double closer =
        fmin(fmax((double)width / card->input_w, (double)height / card->input_h), CLOSEST);
    int n = 0;
    factors[n++] = 1;
    if (closer >= BETWEEN)
        factors[n++] = sqrt(closer);
    if (closer >= CLOSER)
        factors[n++] = closer;
    return n;
}

nn_status label_teachers_fit(label_teachers *t, int width, int height, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < t->count && status == NN_OK && !t->fits; i++) {
        teacher *one = &t->list[i];
        double chosen[LABEL_MAX_SCALES];
        const bool given = t->o.scale_count > 0;
        const int n = given ? t->o.scale_count
                            : choose_scales(nn_detector_card(one->at[0]), width, height, chosen);
        status = open_scales(t, one, given ? t->o.scales : chosen, n, err);
    }
    if (status == NN_OK && label_teachers_passes(t) > NN_FUSE_PASSES)
        status =
            nn_fail(err, NN_EINVAL, "%d passes over a picture; the limit is %d: use fewer --tiles",
                    label_teachers_passes(t), NN_FUSE_PASSES);
    t->fits = true;
    return status;
}

static nn_status open_teacher(label_teachers *t, const char *model, const char *head, nn_error *err)
{
    teacher *one = &t->list[t->count++];
    one->head = head && *head ? g_strdup(head) : NULL;
    const nn_status status = open_scale(t, one, model, 1, NULL, err);
    if (status != NN_OK)
        return status;
    one->name = g_path_get_basename(nn_detector_path(one->at[0]));
    const nn_card *card = nn_detector_card(one->at[0]);
    if (!nn_card_finds_boxes(card) && card->task[0])
        return nn_fail(err, NN_EUNSUPPORTED, "%s is for '%s'; teachers are detectors", one->name,
                       card->task);
    if (card->guessed)
        say(&t->notes, "by the shapes of its outputs %s is taken for '%s'", one->name, card->head);
    return NN_OK;
}

static nn_status check(const label_teachers_options *o, nn_error *err)
{
    for (int i = 0; i < o->scale_count; i++)
        if (!(o->scales[i] >= 0.25 && o->scales[i] <= 4))
            return nn_fail(err, NN_EINVAL, "--teacher-scales %g: at least 0.25, at most 4",
                           o->scales[i]);
    if (o->tiles_x < 1 || o->tiles_x > LABEL_MAX_TILES || o->tiles_y < 1 ||
        o->tiles_y > LABEL_MAX_TILES)
        return nn_fail(err, NN_EINVAL, "--tiles %dx%d: not 1x1 to %dx%d", o->tiles_x, o->tiles_y,
                       LABEL_MAX_TILES, LABEL_MAX_TILES);
    return NN_OK;
}

static nn_status find_classes(label_teachers *t, nn_error *err)
{
    nn_names labels[LABEL_MAX_TEACHERS];
    for (int i = 0; i < t->count; i++) {
        const nn_card *card = nn_detector_card(t->list[i].at[0]);
        labels[i] = (nn_names){card->labels, card->label_count};
    }
    return label_match_classes(labels, t->count, t->o.classes, t->o.map, &t->classes, t->maps, err);
}

nn_status label_teachers_open(label_teachers **out, const label_teachers_options *o, nn_notes notes,
                              nn_error *err)
{
    *out = NULL;
    nn_status status = check(o, err);
    if (status != NN_OK)
        return status;
    g_auto(GStrv) models = g_strsplit(o->models ? o->models : "", ",", -1);
    g_auto(GStrv) heads = o->heads ? g_strsplit(o->heads, ",", -1) : NULL;
    const int count = (int)g_strv_length(models);
    if (count < 1 || count > LABEL_MAX_TEACHERS)
        return nn_fail(err, NN_EINVAL, "--teacher: %d models; give 1 to %d", count,
                       LABEL_MAX_TEACHERS);
    if (heads && (int)g_strv_length(heads) > count)
        return nn_fail(err, NN_EINVAL, "--head %s: more heads than teachers", o->heads);
    label_teachers *t = g_new0(label_teachers, 1);
    t->o = *o;
    t->labels = g_strdup(o->labels);
    t->notes = notes;
    t->found = g_array_new(FALSE, FALSE, sizeof(nn_pass_box));
    nn_result_init(&t->result);
    const int named = heads ? (int)g_strv_length(heads) : 0;
    for (int i = 0; i < count && status == NN_OK; i++)
        status = open_teacher(t, models[i], i < named ? heads[i] : NULL, err);
    if (status == NN_OK)
        status = find_classes(t, err);
    t->o.models = t->o.heads = t->o.labels = t->o.classes = t->o.map = NULL; // owned by the caller
    if (status == NN_OK)
        *out = t;
    else
        label_teachers_free(t);
    return status;
}

const nn_names *label_teachers_classes(const label_teachers *t)
{
    return &t->classes;
}

int label_teachers_count(const label_teachers *t)
{
    return t->count;
}

const char *label_teachers_name(const label_teachers *t, int i)
{
    return t->list[i].name;
}

int label_teachers_passes(const label_teachers *t)
{
    const int tiles = t->o.tiles_x * t->o.tiles_y;
    int passes = 0;
    for (int i = 0; i < t->count; i++)
        passes += t->list[i].scales * (t->o.mirror ? 2 : 1) + (tiles > 1 ? tiles : 0);
    return passes;
}

// Merges overlapping boxes whose classes map to one label: a car that may be a truck is one
// vehicle. The boxes of the pass begin at `first`.
static bool joins(GArray *found, guint first, const nn_pass_box *b)
{
    for (guint i = first; i < found->len; i++) {
        nn_box *a = &g_array_index(found, nn_pass_box, i).box;
        if (a->label != b->box.label || nn_box_iou(a, &b->box) < SAME_BOX)
            continue;
        a->score = 1 - (1 - a->score) * (1 - b->box.score);
        return true;
    }
    return false;
}

// One pass of a detector over a part of the picture; `mirrored`: over the mirror image of the
// whole.
static nn_status look_once(label_teachers *t, int model, nn_detector *d, const nn_frame *picture,
                           const nn_frame *part, float x0, float y0, bool mirrored, nn_error *err)
{
    nn_status status = nn_detector_run(d, part, &t->result, err);
    if (status != NN_OK)
        return status;
    const int number = t->pass_count++;
    const nn_fuse_pass pass = {x0, y0, x0 + (float)part->width, y0 + (float)part->height, 1, model};
    const guint first = t->found->len;
    t->passes[number] = pass;
    for (int i = 0; i < t->result.count; i++) {
        nn_pass_box b = {t->result.boxes[i], number};
        b.box.label = nn_class_map_get(&t->maps[model], b.box.label);
        if (b.box.label < 0)
            continue;
        if (mirrored) {
            const float left = (float)picture->width - b.box.x1;
            b.box.x1 = (float)picture->width - b.box.x0;
            b.box.x0 = left;
        }
        b.box.x0 += x0, b.box.x1 += x0;
        b.box.y0 += y0, b.box.y1 += y0;
        if (!nn_fuse_is_cut(&b.box, &pass, picture->width, picture->height, CUT_MARGIN) &&
            !joins(t->found, first, &b))
            g_array_append_val(t->found, b);
    }
    return NN_OK;
}

static nn_status make_mirror(label_teachers *t, const nn_frame *f, nn_frame *mirrored,
                             nn_error *err)
{
    const size_t row = (size_t)3 * (size_t)f->width, size = row * (size_t)f->height;
    if (size > t->mirror_size) {
        nn_free(t->mirror);
        t->mirror = nn_alloc(size);
        t->mirror_size = t->mirror ? size : 0;
    }
    if (!t->mirror)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", f->width, f->height);
    for (int y = 0; y < f->height; y++) {
        const uint8_t *from = f->plane[0] + (size_t)f->stride[0] * (size_t)y;
        uint8_t *to = t->mirror + row * (size_t)y + row;
        for (int x = 0; x < f->width; x++, from += 3) {
            to -= 3;
            to[0] = from[0], to[1] = from[1], to[2] = from[2];
        }
    }
    *mirrored = *f;
    mirrored->plane[0] = t->mirror;
    mirrored->stride[0] = (int)row;
    return NN_OK;
}

// Start and length of tile i of n along a side, in pixels.
static int tile(int side, int n, double overlap, int i, int *length)
{
    const double size = side / (n - (n - 1) * overlap);
    const int begin = (int)lround(i * size * (1 - overlap));
    const int end = i == n - 1 ? side : (int)lround(i * size * (1 - overlap) + size);
    *length = MAX(MIN(end, side) - begin, 1);
    return begin;
}

static nn_status look_at_tiles(label_teachers *t, int model, const nn_frame *f, nn_error *err)
{
    const label_teachers_options *o = &t->o;
    nn_status status = NN_OK;
    for (int i = 0; i < o->tiles_x * o->tiles_y && status == NN_OK; i++) {
        nn_frame part = *f;
        const int x = tile(f->width, o->tiles_x, o->overlap, i % o->tiles_x, &part.width);
        const int y = tile(f->height, o->tiles_y, o->overlap, i / o->tiles_x, &part.height);
        part.plane[0] += (size_t)f->stride[0] * (size_t)y + (size_t)3 * (size_t)x;
        status =
            look_once(t, model, t->list[model].at[0], f, &part, (float)x, (float)y, false, err);
    }
    return status;
}

nn_status label_teachers_detect(label_teachers *t, const nn_frame *f, const nn_fused_box **boxes,
                                int *count, nn_error *err)
{
    nn_frame mirrored = *f;
    nn_status status = nn_frame_check(f, err);
    if (status == NN_OK)
        status = label_teachers_fit(t, f->width, f->height, err);
    if (status == NN_OK &&
        (f->format != NN_PIXEL_RGB || f->width < t->o.tiles_x * 2 || f->height < t->o.tiles_y * 2))
        status = nn_fail(err, NN_EINVAL, "a picture of %dx%d in %s cannot be labelled", f->width,
                         f->height, nn_pixel_format_name(f->format));
    if (status == NN_OK && t->o.mirror)
        status = make_mirror(t, f, &mirrored, err);
    t->pass_count = 0;
    g_array_set_size(t->found, 0);
    for (int i = 0; i < t->count && status == NN_OK; i++) {
        teacher *one = &t->list[i];
        for (int k = 0; k < one->scales * (t->o.mirror ? 2 : 1) && status == NN_OK; k++) {
            const bool turned = k >= one->scales;
            status = look_once(t, i, one->at[k % one->scales], f, turned ? &mirrored : f, 0, 0,
                               turned, err);
        }
        if (status == NN_OK && t->o.tiles_x * t->o.tiles_y > 1)
            status = look_at_tiles(t, i, f, err);
    }
    if (status != NN_OK)
        return status;
    nn_free(t->fused);
    status = nn_fuse_boxes(&t->fused, count, (const nn_pass_box *)(void *)t->found->data,
                           (int)t->found->len, t->passes, t->pass_count, &t->o.fuse, err);
    *boxes = t->fused;
    return status;
}
