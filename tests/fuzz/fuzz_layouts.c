// SPDX-License-Identifier: MIT
// Fuzz target: what labelling tools export; the first byte chooses the layout whose file gets the
// others.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/label_folder.h"

#include <string.h>
#include <sys/stat.h>

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
    {"plain", "plain/labels/a.txt", "plain/classes.txt", "a\nb\nc\n"},
    {"list/train.txt", "list/train.txt", "list/a.txt", "0 0.5 0.5 0.5 0.5\n"},
    {"poses", "poses/labels/a.txt", "poses/data.yaml",
     "train: images\nnames: [a, b]\nkpt_shape: [2, 3]\nflip_idx: [1, 0]\n"},
};
static const char *const pictures[] = {
    "yaml/images/a.png",     "yolo/images/a.png",       "beside/a.png",
    "darknet/a.png",         "darklist/a.png",          "xml/a.png",
    "labelme/a.png",         "cvat/images/a.png",       "table/a.png",
    "visdrone/images/a.png", "kitti/image_2/a.png",     "dota/images/a.png",
    "mot/img1/000001.png",   "motinfo/img1/000001.png", "supervisely/img/a.png",
    "studio/a.png",          "plain/images/a.png",      "list/a.png",
    "poses/images/a.png"};
enum {
    LAYOUTS = sizeof layouts / sizeof *layouts,
    PICTURES = sizeof pictures / sizeof *pictures,
};

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

static void make_all(void)
{
    make_root();
    atexit(remove_all);
    for (int i = 0; i < PICTURES; i++) {
        each_folder(pictures[i], make_folder);
        write_picture(pictures[i]);
    }
    for (int i = 0; i < LAYOUTS; i++) {
        each_folder(layouts[i].file, make_folder);
        if (layouts[i].other) {
            each_folder(layouts[i].other, make_folder);
            write_file(layouts[i].other, layouts[i].text, strlen(layouts[i].text));
        }
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
    f.masks = format->outlines && size % 4 < 2; // else boxes
    f.details = f.masks ? 0 : choose_details(size);
    const nn_status status = nn_data_names(format, &f, &names, NULL, &err);
    nn_class_map_identity(&map, names.count);
    if (status == NN_OK)
        nn_annotated_add(&d, format, &f, &err);
    for (int i = 0; i < d.count; i++)
        check_boxes(&d.samples[i], names.count);
    use_details(&d);
    nn_dataset_release(&d);
    nn_names_release(&names);
    nn_names_release(&given);
    return 0;
}
