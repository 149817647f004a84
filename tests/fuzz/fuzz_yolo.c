// SPDX-License-Identifier: MIT
// Fuzz target: picture labels in the YOLO text format.
#include "nn/data/folder.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], picture[96], labels[96];

static void remove_folder(void)
{
    char path[96];
    unlink(picture);
    unlink(labels);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", folder, (const char *[]){"/images", "/labels", ""}[i]);
        rmdir(path);
    }
}

// A data set with one picture, whose labels are the input.
static void make_folder(void)
{
    char path[96];
    uint8_t rgb[8 * 6 * 3] = {0};
    const nn_image image = {.width = 8, .height = 6, .rgb = rgb};
    snprintf(folder, sizeof folder, "%s/neroscale-yolo-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder))
        abort();
    snprintf(path, sizeof path, "%s/images", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/labels", folder);
    mkdir(path, 0700);
    snprintf(picture, sizeof picture, "%s/images/a.png", folder);
    snprintf(labels, sizeof labels, "%s/labels/a.txt", folder);
    atexit(remove_folder);
    if (nn_image_save_png(&image, picture, NULL) != NN_OK)
        abort();
}

static void check_truths(const nn_sample *s)
{
    for (int i = 0; i < s->truth_count; i++) {
        const nn_truth *t = &s->truths[i];
        if (!(t->x0 >= 0 && t->x0 < t->x1 && t->x1 <= 8 && t->y0 >= 0 && t->y0 < t->y1 &&
              t->y1 <= 6) ||
            (!t->ignore && (t->label < 0 || t->label > 2)))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_class_map map;
    nn_dataset d;
    nn_error err;
    if (!*folder)
        make_folder();
    FILE *f = fopen(labels, "w");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
        abort();
    nn_class_map_identity(&map, 3);
    nn_names names = {0};
    if (nn_names_parse(&names, "a,b,c", &err) != NN_OK)
        abort();
    if (nn_dataset_init(&d, 1 << 20, (nn_notes){0}, &err) != NN_OK)
        return 0;
    const nn_folder wanted = {.path = folder,
                              .source = &(nn_source){.ignore_below = 0.5f},
                              .map = &map,
                              .names = &names,
                              .numbers = &names};
    const nn_status status = nn_dataset_add_folder(&d, &wanted, NN_DATA_BOXES, &err);
    // Its only picture is left out: most of them.
    if ((status != NN_OK && status != NN_EFORMAT) || d.count + d.skipped != 1)
        abort();
    if (d.count == 1)
        check_truths(&d.samples[0]);
    nn_dataset_release(&d);
    nn_names_release(&names);
    return 0;
}
