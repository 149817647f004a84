// SPDX-License-Identifier: MIT
// Data sets in the YOLO layout: DIR/images/NAME.jpg beside DIR/labels/NAME.txt.
#include "nn/base/memory.h"
#include "nn/train/dataset.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_BOXES = 1 << 20 }; // of one picture; far above any real file

static bool has_picture_ending(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name &&
           (!strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg") || !strcasecmp(dot, ".png"));
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// Sorted picture names of a folder, so that the order does not depend on the file system.
static nn_status list_pictures(nn_names *list, const char *dir, nn_picture_filter *filter,
                               void *ctx, nn_error *err)
{
    *list = (nn_names){0};
    DIR *handle = opendir(dir);
    if (!handle)
        return nn_fail(err, errno == ENOENT || errno == ENOTDIR ? NN_ENOTFOUND : NN_EIO, "%s: %s",
                       dir, strerror(errno));
    nn_status status = NN_OK;
    for (struct dirent *e; status == NN_OK && (e = readdir(handle));) {
        if (!has_picture_ending(e->d_name) || (filter && !filter(ctx, e->d_name)))
            continue;
        size_t old = list->count * sizeof(char *);
        char **grown = nn_realloc(list->name, old, old + sizeof(char *));
        if (grown)
            list->name = grown;
        char *copy = grown ? nn_strdup(e->d_name) : NULL;
        if (copy)
            list->name[list->count++] = copy;
        else
            status = nn_fail(err, NN_ENOMEM, "%s: no memory for the file names", dir);
    }
    closedir(handle);
    if (status == NN_OK && list->count == 0)
        status = nn_fail(err, NN_ENOTFOUND, "%s: no JPEG or PNG picture%s", dir,
                         filter ? " that is asked for" : "");
    if (status != NN_OK)
        nn_names_release(list);
    else
        qsort(list->name, list->count, sizeof(char *), compare_names);
    return status;
}

// One line "class cx cy w h [score]" into a box of a width x height picture; NULL or what is wrong
// with it.
static const char *parse_line(const char *line, int width, int height, const nn_class_map *map,
                              nn_truth *out, bool *dropped, float *score)
{
    double v[6] = {0, 0, 0, 0, 0, 1};
    int n = 0;
    for (const char *p = line; n < 6; n++) {
        char *end;
        double value = strtod(p, &end);
        if (end == p)
            break;
        v[n] = value;
        p = line = end;
    }
    if (line[strspn(line, " \t\r\n")] != '\0' || n < 5)
        return "not 'class cx cy w h'";
    if (!(v[0] >= 0) || v[0] > 1e6 || v[0] != floor(v[0]))
        return "the class is not a number from 0";
    for (int i = 1; i < 5; i++)
        if (!(v[i] >= -0.01 && v[i] <= 1.01))
            return "a coordinate is not within 0..1";
    int32_t label = nn_class_map_get(map, (int64_t)v[0]);
    *dropped = label == NN_CLASS_DROP;
    *score = (float)v[5];
    *out = (nn_truth){
        (v[1] - v[3] / 2) * width,  (v[2] - v[4] / 2) * height,           (v[1] + v[3] / 2) * width,
        (v[2] + v[4] / 2) * height, label == NN_CLASS_IGNORE ? 0 : label, label == NN_CLASS_IGNORE};
    return NULL;
}

typedef struct reading {
    nn_dataset *data;
    const nn_class_map *map;
    int source;
    int dropped; // boxes of classes that the model does not have
} reading;

static nn_status append_truth(nn_sample *s, int *capacity, const nn_truth *t, nn_error *err)
{
    if (s->truth_count == *capacity) {
        int larger = *capacity ? *capacity * 2 : 16;
        nn_truth *grown =
            nn_realloc(s->truths, *capacity * sizeof(nn_truth), larger * sizeof(nn_truth));
        if (!grown || larger > MAX_BOXES)
            return nn_fail(err, NN_ENOMEM, "%s: too many boxes", s->name);
        s->truths = grown;
        *capacity = larger;
    }
    s->truths[s->truth_count++] = *t;
    return NN_OK;
}

// The boxes of a label file; no file means no objects. NN_EFORMAT: damaged, already noted.
static nn_status read_labels(reading *r, const char *path, nn_sample *s, nn_error *err)
{
    FILE *f = fopen(path, "r");
    if (!f && errno == ENOENT)
        return NN_OK;
    if (!f) {
        nn_dataset_note(r->data, 1, "%s: %s, picture skipped", path, strerror(errno));
        return NN_EFORMAT;
    }
    char line[512];
    int capacity = 0, number = 0;
    nn_status status = NN_OK;
    float ignore_below = r->data->sources[r->source].ignore_below;
    while (status == NN_OK && fgets(line, sizeof line, f)) {
        number++;
        if (line[strspn(line, " \t\r\n")] == '\0')
            continue;
        nn_truth t;
        bool dropped;
        float score;
        const char *wrong = parse_line(line, s->width, s->height, r->map, &t, &dropped, &score);
        if (wrong) {
            nn_dataset_note(r->data, 1, "%s:%d: %s, picture skipped", path, number, wrong);
            status = NN_EFORMAT;
        } else if (dropped) {
            r->dropped++;
        } else {
            t.ignore = t.ignore || score < ignore_below;
            status = append_truth(s, &capacity, &t, err);
        }
    }
    fclose(f);
    return status;
}

static nn_status add_picture(reading *r, const char *dir, const char *name, nn_error *err)
{
    char picture[PATH_MAX], labels[PATH_MAX];
    int stem = (int)(strrchr(name, '.') - name);
    if (snprintf(picture, sizeof picture, "%s/images/%s", dir, name) >= (int)sizeof picture ||
        snprintf(labels, sizeof labels, "%s/labels/%.*s.txt", dir, stem, name) >=
            (int)sizeof labels)
        return nn_fail(err, NN_EINVAL, "%s: path too long", dir);
    nn_sample s = {.source = r->source};
    nn_error why;
    nn_status loaded = nn_image_load(&s.image, picture, &why);
    if (loaded == NN_ENOMEM) // says nothing about the picture
        return nn_fail(err, loaded, "%s", why.text);
    if (loaded != NN_OK) {
        nn_dataset_note(r->data, 1, "%s, picture skipped", why.text);
        return NN_OK;
    }
    s.width = s.image.width;
    s.height = s.image.height;
    s.name = nn_strdup(picture);
    nn_status status =
        s.name ? read_labels(r, labels, &s, err) : nn_fail(err, NN_ENOMEM, "no memory");
    if (status == NN_OK) {
        size_t bytes = (size_t)3 * s.width * s.height;
        if (r->data->cache_used + bytes > r->data->cache_limit)
            nn_image_release(&s.image);
        return nn_dataset_add(r->data, &s, err);
    }
    nn_image_release(&s.image);
    nn_free(s.truths);
    nn_free(s.name);
    return status == NN_EFORMAT ? NN_OK : status;
}

nn_status nn_dataset_add_yolo(nn_dataset *d, const char *dir, const nn_source *source,
                              const nn_class_map *map, nn_picture_filter *filter, void *filter_ctx,
                              nn_error *err)
{
    char images[PATH_MAX];
    if (snprintf(images, sizeof images, "%s/images", dir) >= (int)sizeof images)
        return nn_fail(err, NN_EINVAL, "%s: path too long", dir);
    nn_names list;
    nn_status status = list_pictures(&list, images, filter, filter_ctx, err);
    if (status != NN_OK)
        return status;
    reading r = {.data = d, .map = map};
    status = nn_dataset_add_source(d, source, &r.source, err);
    for (int i = 0; i < list.count && status == NN_OK; i++)
        status = add_picture(&r, dir, list.name[i], err);
    nn_names_release(&list);
    if (status == NN_OK && r.dropped > 0)
        nn_dataset_note(d, 0,
                        "%s: %d boxes of classes that the model does not have count as background",
                        dir, r.dropped);
    return status;
}
