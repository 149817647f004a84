// SPDX-License-Identifier: MIT
// Times the views of a classifier's training: from pictures in memory and from JPEGs, one and two
// threads, and with each kind of augmentation; and those of a detector by preset. `views DIR` takes
// a folder of class folders, or of images/ with labels/ for the views of a detector alone.
#include "tests/support/files.h"

#include "nn/base/memory.h"
#include "nn/data/folder.h"
#include "nn/train/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <turbojpeg.h>

enum { PICTURES = 48, WIDTH = 500, HEIGHT = 375, BATCH = 32 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// Pictures with about as much detail as photographs: blocks of random colours, and noise.
static void write_pictures(const char *dir)
{
    nn_rng rng = nn_rng_seed(1);
    uint8_t *rgb = nn_alloc((size_t)3 * WIDTH * HEIGHT);
    char path[1100];
    snprintf(path, sizeof path, "%s/things", dir);
    mkdir(dir, 0777);
    mkdir(path, 0777);
    tjhandle tj = tjInitCompress();
    for (int i = 0; i < PICTURES && rgb && tj; i++) {
        unsigned char *bytes = NULL;
        unsigned long size = 0;
        for (int p = 0; p < 3 * WIDTH * HEIGHT; p++) {
            const uint64_t block = (uint64_t)(p / 3 / WIDTH / 20 * 1000 + p / 3 % WIDTH / 20);
            rgb[p] = (uint8_t)(nn_hash_mix(block * 3 + (uint64_t)(p % 3) + 99 * (uint64_t)i) % 200 +
                               (uint64_t)nn_rng_below(&rng, 24));
        }
        if (tjCompress2(tj, rgb, WIDTH, 0, HEIGHT, TJPF_RGB, &bytes, &size, TJSAMP_420, 88, 0) ==
            0) {
            snprintf(path, sizeof path, "%s/things/%d.jpg", dir, i);
            test_write(path, bytes, size);
        }
        tjFree(bytes);
    }
    tjDestroy(tj);
    nn_free(rgb);
}

static nn_status open_folder(nn_dataset *d, const char *dir, nn_names *names, size_t cache,
                             nn_error *err)
{
    const nn_data_format *format;
    nn_source source = {.path = (char *)dir};
    nn_class_map map;
    nn_folder f = {.path = dir, .source = &source, .map = &map, .names = names};
    nn_status status = nn_data_find(&format, dir, NN_DATA_CLASSES, err);
    if (status == NN_OK)
        status = format->names(&f, names, err);
    if (status == NN_OK)
        status = nn_class_map_build(&map, names, names, NULL, err);
    if (status == NN_OK)
        status = nn_dataset_init(d, cache, (nn_notes){0}, err);
    return status == NN_OK ? nn_dataset_add_folder(d, &f, NN_DATA_CLASSES, err) : status;
}

// Views a second of a loader whose batches are taken at once. *cost (may be NULL): milliseconds of
// processor time that one takes, which other programs change less.
static double measure_cost(nn_dataset *d, const nn_loader_options *o, double *cost)
{
    nn_loader *l;
    const nn_batch *b;
    if (nn_loader_new(&l, d, o, 0, NULL) != NN_OK)
        return 0;
    for (int i = 0; i < 3; i++) // what was made before the clock started
        nn_loader_next(l, &b, NULL);
    const double start = now();
    const clock_t used = clock();
    int batches = 0;
    for (; now() - start < 1; batches++)
        nn_loader_next(l, &b, NULL);
    const double pace = batches * BATCH / (now() - start);
    if (cost)
        *cost = 1e3 * (double)(clock() - used) / CLOCKS_PER_SEC / (batches * BATCH);
    nn_loader_free(l);
    return pace;
}

static double measure(nn_dataset *d, const nn_loader_options *o)
{
    return measure_cost(d, o, NULL);
}

static void measure_kinds(nn_dataset *d, nn_loader_options o)
{
    const nn_augment_options plain = o.augment;
    o.threads = 1;
    o.augment.lighting = 0.1f;
    printf("  %-28s %8.0f\n", "with lighting", measure(d, &o));
    o.augment = plain;
    o.augment.hsv[1] = 0.3f;
    printf("  %-28s %8.0f\n", "with HSV", measure(d, &o));
    o.augment = plain;
    o.augment.angle = 20;
    printf("  %-28s %8.0f\n", "with rotation", measure(d, &o));
    o.augment = plain;
    o.augment.rand_count = 2;
    o.augment.rand_strength = 5;
    printf("  %-28s %8.0f\n", "with RandAugment 2:5", measure(d, &o));
    o.augment = plain;
    o.augment.erase = 0.5f;
    printf("  %-28s %8.0f\n", "with erasing of half of them", measure(d, &o));
    o.augment = plain;
    o.augment.mixup = o.augment.cutmix = 1;
    printf("  %-28s %8.0f\n", "with MixUp and CutMix", measure(d, &o));
}

static nn_status measure_folder(const char *dir, bool cached, nn_error *err)
{
    nn_dataset d = {0};
    nn_names names = {0};
    nn_status status = open_folder(&d, dir, &names, cached ? (size_t)4 << 30 : 0, err);
    for (int side = 128; side <= 224 && status == NN_OK; side += 96) {
        nn_loader_options o = {.batch = BATCH,
                               .height = side,
                               .width = side,
                               .classes = names.count,
                               .seed = 1,
                               .kernels = nn_kernels_best()};
        nn_augment_defaults(&o.augment);
        for (o.threads = 1; o.threads <= 2; o.threads++)
            printf("%s, %dx%d, %d thread%s  %8.0f views/s\n", cached ? "in memory" : "JPEGs", side,
                   side, o.threads, o.threads > 1 ? "s" : " ", measure(&d, &o));
        if (cached)
            measure_kinds(&d, o);
    }
    if (d.samples)
        nn_dataset_release(&d);
    nn_names_release(&names);
    return status;
}

// Boxes for a detector: the pictures of `d`, each with some.
static nn_status add_boxes(nn_dataset *d, nn_error *err)
{
    nn_rng rng = nn_rng_seed(2);
    for (int i = 0; i < d->count; i++) {
        nn_sample *s = &d->samples[i];
        int capacity = 0;
        for (int k = 0; k < 6; k++) {
            const float x = nn_rng_range(&rng, 0, (float)s->width - 60);
            const float y = nn_rng_range(&rng, 0, (float)s->height - 90);
            const nn_truth t = {x, y, x + 50, y + 80, k % 2, NN_IGNORE_NOT, 0, 0};
            const nn_status status = nn_folder_add_truth(s, &capacity, &t, err);
            if (status != NN_OK)
                return status;
        }
    }
    return NN_OK;
}

static nn_status measure_detector(const char *dir, bool own, nn_error *err)
{
    static const char *const presets[] = {"none", "usual", "strong", "anywhere"};
    nn_dataset d = {0};
    nn_names names = {0};
    nn_class_map map;
    nn_source source = {.path = (char *)dir};
    const nn_folder folder = {.path = dir, .source = &source, .map = &map};
    nn_class_map_identity(&map, NN_CLASS_MAX);
    nn_status status = NN_OK;
    if (own) {
        status = open_folder(&d, dir, &names, (size_t)4 << 30, err);
    } else {
        status = nn_dataset_init(&d, (size_t)4 << 30, (nn_notes){0}, err);
        if (status == NN_OK)
            status = nn_dataset_add_folder(&d, &folder, NN_DATA_BOXES, err);
    }
    if (status == NN_OK && own)
        status = add_boxes(&d, err);
    for (int i = 0; i < 4 && status == NN_OK; i++)
        for (int threads = 1; threads <= 2; threads++) {
            nn_loader_options o = {.batch = BATCH,
                                   .height = 416,
                                   .width = 416,
                                   .seed = 1,
                                   .threads = threads,
                                   .kernels = nn_kernels_best()};
            nn_augment_defaults(&o.augment);
            o.augment.fit_h = o.augment.fit_w = 416;
            status = nn_augment_preset(&o.augment, presets[i], false, err);
            double cost = 0;
            const double pace = measure_cost(&d, &o, &cost);
            printf("detector, 416x416, %-8s %d thread%s  %8.0f views/s, %.2f ms of a core each\n",
                   presets[i], threads, threads > 1 ? "s" : " ", pace, cost);
        }
    if (d.samples)
        nn_dataset_release(&d);
    nn_names_release(&names);
    return status;
}

int main(int argc, char **argv)
{
    const test_path own = test_temp("pictures");
    const char *dir = argc > 1 ? argv[1] : own.text;
    nn_error err = {0};
    if (argc < 2)
        write_pictures(dir);
    const bool boxes = nn_folder_has(dir, "images");
    nn_status status = NN_OK;
    for (int cached = 1; cached >= 0 && status == NN_OK && !boxes; cached--)
        status = measure_folder(dir, cached, &err);
    if (status == NN_OK && (argc < 2 || boxes))
        status = measure_detector(dir, argc < 2, &err);
    if (status != NN_OK)
        fprintf(stderr, "views: %s\n", err.text);
    return status == NN_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
