// SPDX-License-Identifier: MIT
// Fuzz target: what labelling tools export; the first byte chooses the layout whose file gets the
// others.
#include "nn/data/folder.h"
#include "tests/fuzz/fuzz.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The folder, the file that gets the input, and one more with its text.
static const struct {
    const char *folder, *file, *other, *text;
} layouts[] = {
    {"yaml", "yaml/data.yaml", "yaml/labels/a.txt", "0 0.5 0.5 0.5 0.5\n"},
    {"yolo", "yolo/labels/a.txt", "yolo/data.yaml", "train: images\nnames: [a, b]\n"},
    {"beside", "beside/a.txt", "beside/classes.txt", "a\nb\n"},
    {"darknet", "darknet/obj.data", "darknet/train.txt", "a.png\n"},
    {"darklist", "darklist/train.txt", "darklist/obj.data", "train = train.txt\n"},
    {"xml", "xml/a.xml", NULL, NULL},
    {"labelme", "labelme/a.json", NULL, NULL},
    {"cvat", "cvat/annotations.xml", NULL, NULL},
    {"table", "table/boxes.csv", NULL, NULL},
    {"visdrone", "visdrone/annotations/a.txt", NULL, NULL},
    {"kitti", "kitti/label_2/a.txt", NULL, NULL},
    {"dota", "dota/labelTxt/a.txt", NULL, NULL},
    {"mot", "mot/gt/gt.txt", "mot/seqinfo.ini", "imExt=.png\n"},
    {"motinfo", "motinfo/seqinfo.ini", "motinfo/gt/gt.txt", "1,1,1,1,3,3,1\n"},
    {"supervisely", "supervisely/ann/a.png.json", NULL, NULL},
    {"studio", "studio/tasks.json", NULL, NULL},
};
static const char *const pictures[] = {
    "yaml/images/a.png",     "yolo/images/a.png",       "beside/a.png",
    "darknet/a.png",         "darklist/a.png",          "xml/a.png",
    "labelme/a.png",         "cvat/images/a.png",       "table/a.png",
    "visdrone/images/a.png", "kitti/image_2/a.png",     "dota/images/a.png",
    "mot/img1/000001.png",   "motinfo/img1/000001.png", "supervisely/img/a.png",
    "studio/a.png"};
enum {
    LAYOUTS = sizeof layouts / sizeof *layouts,
    PICTURES = sizeof pictures / sizeof *pictures,
};

static char root[64];

static const char *below(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

// Calls `each` for the folders on the way to a file, the outer ones first.
static void each_folder(const char *name, void (*each)(const char *path))
{
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        char folder[256];
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - name), name);
        each(below(folder));
    }
}

static void make_folder(const char *path)
{
    mkdir(path, 0700);
}

static void remove_folder(const char *path)
{
    rmdir(path);
}

static void remove_all(void)
{
    for (int i = 0; i < LAYOUTS; i++) {
        unlink(below(layouts[i].file));
        if (layouts[i].other)
            unlink(below(layouts[i].other));
    }
    for (int i = 0; i < PICTURES; i++)
        unlink(below(pictures[i]));
    for (int pass = 0; pass < 3; pass++) { // inner folders have to go first
        for (int i = 0; i < LAYOUTS; i++) {
            each_folder(layouts[i].file, remove_folder);
            if (layouts[i].other)
                each_folder(layouts[i].other, remove_folder);
        }
        for (int i = 0; i < PICTURES; i++)
            each_folder(pictures[i], remove_folder);
    }
    rmdir(root);
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *f = fopen(below(name), "w");
    if (!f || fwrite(bytes, 1, size, f) != size || fclose(f) != 0)
        abort();
}

static void make_all(void)
{
    uint8_t rgb[8 * 6 * 3] = {0};
    const nn_image image = {.width = 8, .height = 6, .rgb = rgb};
    snprintf(root, sizeof root, "%s/neroscale-layouts-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(root))
        abort();
    atexit(remove_all);
    for (int i = 0; i < PICTURES; i++) {
        each_folder(pictures[i], make_folder);
        if (nn_image_save_png(&image, below(pictures[i]), NULL) != NN_OK)
            abort();
    }
    for (int i = 0; i < LAYOUTS; i++) {
        each_folder(layouts[i].file, make_folder);
        if (layouts[i].other) {
            each_folder(layouts[i].other, make_folder);
            write_file(layouts[i].other, layouts[i].text, strlen(layouts[i].text));
        }
    }
}

// Boxes lie within 8 x 6 pixels and have a label or do not count.
static void check_sample(const nn_sample *s, int labels)
{
    for (int i = 0; i < s->truth_count; i++) {
        const nn_truth *t = &s->truths[i];
        if (!(t->x0 >= 0 && t->x0 < t->x1 && t->x1 <= 8 && t->y0 >= 0 && t->y0 < t->y1 &&
              t->y1 <= 6) ||
            (!t->ignore && (t->label < 0 || t->label >= labels)))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_names names = {0};
    nn_class_map map;
    nn_dataset d;
    nn_error err;
    const nn_data_format *format;
    if (!*root)
        make_all();
    if (size == 0)
        return 0;
    const int which = data[0] % LAYOUTS;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", root, layouts[which].folder);
    write_file(layouts[which].file, data + 1, size - 1);
    // Tables and arrays are recognised by their first bytes.
    if (nn_data_find(&format, path, NN_DATA_BOXES, &err) != NN_OK || !format->read)
        return 0;
    nn_names given = {0};
    if (nn_dataset_init(&d, 1 << 20, (nn_notes){0}, &err) != NN_OK ||
        nn_names_parse(&given, "a,b", &err) != NN_OK)
        abort();
    nn_folder f = {.path = path, .source = &(nn_source){0}, .names = &names, .map = &map};
    f.numbers = size % 2 ? &given : NULL;
    const nn_status status = nn_data_names(format, &f, &names, NULL, &err);
    nn_class_map_identity(&map, names.count);
    if (status == NN_OK)
        nn_dataset_add_folder(&d, &f, NN_DATA_BOXES, &err);
    for (int i = 0; i < d.count; i++)
        check_sample(&d.samples[i], names.count);
    nn_dataset_release(&d);
    nn_names_release(&names);
    nn_names_release(&given);
    return 0;
}
