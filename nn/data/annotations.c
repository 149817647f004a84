// SPDX-License-Identifier: MIT
// Carries pictures with annotations from a reader to its visitor.
#include "nn/data/annotations.h"

#include "nn/base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    MAX_OBJECTS = 1 << 20, // of one picture; far above any real file
    MAX_CORNERS = 1 << 22,
    MAX_KEYPOINTS = 1 << 22,
};

static const struct {
    const char *word;
    nn_split split;
} split_words[] = {
    {"train", NN_SPLIT_TRAIN},   {"training", NN_SPLIT_TRAIN},  {"val", NN_SPLIT_VAL},
    {"valid", NN_SPLIT_VAL},     {"validation", NN_SPLIT_VAL},  {"test", NN_SPLIT_TEST},
    {"testing", NN_SPLIT_TEST},  {"train2017", NN_SPLIT_TRAIN}, {"val2017", NN_SPLIT_VAL},
    {"test2017", NN_SPLIT_TEST}, {"dev", NN_SPLIT_VAL},         {"eval", NN_SPLIT_VAL},
};

nn_split nn_split_named(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof split_words / sizeof *split_words; i++)
        if (strlen(split_words[i].word) == length &&
            strncasecmp(split_words[i].word, name, length) == 0)
            return split_words[i].split;
    return NN_SPLIT_NONE;
}

const char *nn_split_word(nn_split split, int i)
{
    for (size_t k = 0; k < sizeof split_words / sizeof *split_words; k++)
        if (split_words[k].split == split && i-- == 0)
            return split_words[k].word;
    return NULL;
}

const char *nn_split_name(nn_split split)
{
    static const char *const names[] = {"none", "train", "val", "test"};
    return names[split];
}

nn_split nn_split_of_path(const char *path)
{
    nn_split found = NN_SPLIT_NONE;
    for (size_t n; *path; path += n + (path[n] != '\0')) {
        n = strcspn(path, "/");
        // The last part of a path is the file name.
        const nn_split here = path[n] ? nn_split_named(path, n) : NN_SPLIT_NONE;
        found = here != NN_SPLIT_NONE ? here : found;
    }
    return found;
}

void nn_data_survey_release(nn_data_survey *s)
{
    nn_names_release(&s->classes);
    nn_keypoint_set_release(&s->keypoints);
    *s = (nn_data_survey){0};
}

void nn_annotation_reader_release(nn_annotation_reader *r)
{
    nn_names_release(&r->found.classes);
    nn_keypoint_set_release(&r->found.keypoints);
    nn_free(r->picture.list);
    nn_free(r->picture.xy);
    nn_free(r->picture.keypoints);
    r->picture = (nn_annotated_picture){0};
}

// Length of the folders that a path has in common with the root, which may be a file.
static size_t shared_folders(const char *path, const char *root)
{
    size_t n = 0, same = 0;
    for (; root && path[n] && path[n] == root[n]; n++)
        same = path[n] == '/' ? n + 1 : same;
    return root && root[n] == '\0' && path[n] == '/' ? n + 1 : same;
}

nn_status nn_annotation_begin(nn_annotation_reader *r, const char *path, nn_error *err)
{
    nn_annotated_picture *p = &r->picture;
    if (strlen(path) >= sizeof p->path)
        return nn_fail(err, NN_EINVAL, "%.100s...: path too long", path);
    memcpy(p->path, path, strlen(path) + 1);
    p->sequence[0] = p->id[0] = '\0';
    p->width = p->height = p->count = p->xy_count = p->keypoint_count = 0;
    p->fractions = false;
    p->split = nn_split_of_path(path + shared_folders(path, r->root));
    r->broken = false;
    return NN_OK;
}

int nn_annotation_class(nn_annotation_reader *r, const char *name, size_t length, nn_error *err)
{
    for (int i = 0; i < r->found.classes.count; i++)
        if (strncmp(r->found.classes.name[i], name, length) == 0 &&
            r->found.classes.name[i][length] == '\0')
            return i;
    const int before = r->found.classes.count;
    if (nn_names_add(&r->found.classes, name, length, err) != NN_OK)
        return -1;
    // Without the blanks at its ends the name may exist already.
    for (int i = 0; i < before; i++)
        if (strcmp(r->found.classes.name[i], r->found.classes.name[before]) == 0) {
            nn_free(r->found.classes.name[before]);
            r->found.classes.count = before;
            return i;
        }
    return before;
}

int nn_annotation_number(nn_annotation_reader *r, const nn_names *known, long number, nn_error *err)
{
    char digits[24];
    const nn_names *const lists[] = {r->numbers, known, r->fallback};
    const nn_names *names = NULL;
    for (size_t i = 0; i < sizeof lists / sizeof *lists && !names; i++)
        names = lists[i] && lists[i]->count > 0 ? lists[i] : NULL;
    r->found.fell_back = r->found.fell_back || (names && names == r->fallback);
    if (names && number >= 0 && number < names->count)
        return nn_annotation_class(r, names->name[number], strlen(names->name[number]), err);
    const int length = snprintf(digits, sizeof digits, "%ld", number);
    r->found.numbered = r->found.numbered || !names;
    if (names && r->found.unnamed == 0) {
        r->found.unnamed = 1 + number;
        r->found.named = names->count;
    }
    return nn_annotation_class(r, digits, (size_t)length, err);
}

static nn_status grow(void **list, int *capacity, int needed, size_t size, int most, nn_error *err)
{
    if (needed <= *capacity)
        return NN_OK;
    int larger = *capacity ? *capacity : 16;
    while (larger < needed && larger < most)
        larger *= 2;
    void *grown =
        needed > most ? NULL : nn_realloc(*list, (size_t)*capacity * size, (size_t)larger * size);
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for %d objects of a picture", needed);
    *list = grown;
    *capacity = larger;
    return NN_OK;
}

nn_status nn_annotation_add(nn_annotation_reader *r, const nn_annotation *a, nn_error *err)
{
    nn_annotated_picture *p = &r->picture;
    const bool finite = isfinite(a->x0) && isfinite(a->y0) && isfinite(a->x1) && isfinite(a->y1) &&
                        isfinite(a->score);
    if (!finite || fmaxf(fmaxf(fabsf(a->x0), fabsf(a->y0)), fmaxf(fabsf(a->x1), fabsf(a->y1))) >
                       (float)(1 << 20)) {
        nn_annotation_skip(r, "a box of object %d lies outside of any picture", p->count + 1);
        return NN_OK;
    }
    nn_status status =
        grow((void **)&p->list, &p->capacity, p->count + 1, sizeof *p->list, MAX_OBJECTS, err);
    if (status != NN_OK)
        return status;
    r->found.rotated += a->rotated;
    p->list[p->count++] = *a;
    return NN_OK;
}

nn_status nn_annotation_add_with_outline(nn_annotation_reader *r, const nn_annotation *a,
                                         const float *xy, int corners, nn_error *err)
{
    nn_annotated_picture *p = &r->picture;
    nn_annotation box = *a;
    if (corners > (MAX_CORNERS - p->xy_count) / 2) {
        nn_annotation_skip(r, "its outlines have more than %d corners", MAX_CORNERS / 2);
        return NN_OK;
    }
    nn_status status = grow((void **)&p->xy, &p->xy_capacity, p->xy_count + 2 * corners,
                            sizeof *p->xy, MAX_CORNERS, err);
    if (status != NN_OK || corners == 0)
        return status;
    r->found.shapes += corners > 2 && !a->rotated;
    box.first = p->xy_count;
    box.corners = corners;
    memcpy(p->xy + p->xy_count, xy, 2 * (size_t)corners * sizeof *xy);
    p->xy_count += 2 * corners;
    return nn_annotation_add(r, &box, err);
}

nn_status nn_annotation_add_outline(nn_annotation_reader *r, const nn_annotation *a,
                                    const float *xy, int corners, nn_error *err)
{
    nn_annotation box = *a;
    box.x0 = box.y0 = INFINITY;
    box.x1 = box.y1 = -INFINITY;
    for (int i = 0; i < corners; i++) {
        if (!isfinite(xy[2 * i]) || !isfinite(xy[2 * i + 1])) {
            nn_annotation_skip(r, "a corner of object %d is no number", r->picture.count + 1);
            return NN_OK;
        }
        box.x0 = fminf(box.x0, xy[2 * i]);
        box.y0 = fminf(box.y0, xy[2 * i + 1]);
        box.x1 = fmaxf(box.x1, xy[2 * i]);
        box.y1 = fmaxf(box.y1, xy[2 * i + 1]);
    }
    r->found.outlines += corners > 0 && !a->rotated;
    r->found.quads += corners == 4 && !a->rotated;
    return nn_annotation_add_with_outline(r, &box, xy, corners, err);
}

nn_status nn_annotation_add_keypoints(nn_annotation_reader *r, const nn_keypoint *points, int count,
                                      nn_error *err)
{
    nn_annotated_picture *p = &r->picture;
    if (r->broken || p->count == 0 || count == 0)
        return NN_OK;
    nn_status status =
        count > NN_KEYPOINTS_MOST
            ? nn_fail(err, NN_EFORMAT, "an object with %d keypoints", count)
            : grow((void **)&p->keypoints, &p->keypoint_capacity, p->keypoint_count + count,
                   sizeof *p->keypoints, MAX_KEYPOINTS, err);
    if (status != NN_OK)
        return status;
    memcpy(p->keypoints + p->keypoint_count, points, (size_t)count * sizeof *points);
    p->list[p->count - 1].first_keypoint = p->keypoint_count;
    p->list[p->count - 1].keypoints = count;
    p->keypoint_count += count;
    bool any = false;
    for (int i = 0; i < count; i++)
        any = any || points[i].score > 0;
    r->found.posed += any;
    return NN_OK;
}

void nn_annotation_skip(nn_annotation_reader *r, const char *format, ...)
{
    char line[512], what[384];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (r->broken) // reports the first fault of a picture only
        return;
    r->broken = true;
    if (r->found.first_skip[0] == '\0')
        snprintf(r->found.first_skip, sizeof r->found.first_skip, "%.255s", what);
    snprintf(line, sizeof line, "%s, picture skipped", what);
    if (r->note)
        r->note(r->ctx, line);
}

nn_status nn_annotation_end(nn_annotation_reader *r, nn_error *err)
{
    r->found.pictures++;
    r->found.skipped += r->broken;
    r->found.split[r->picture.split]++;
    return r->broken || !r->visit ? NN_OK : r->visit(r->ctx, r, &r->picture, err);
}
