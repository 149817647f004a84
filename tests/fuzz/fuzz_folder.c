// SPDX-License-Identifier: MIT
// Fuzz target: label files of data sets; the first byte chooses the format of the others.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/label_folder.h"

#include <string.h>
#include <sys/stat.h>

// By format: its folder, the file that gets the input, the picture that is labelled (NULL: the
// input holds the pictures), and the list that is asked for.
static const struct {
    const char *folder, *file, *picture;
    nn_data_kind kind;
    const char *list;
} formats[] = {
    {"voc", "voc/Annotations/a.xml", "voc/JPEGImages/a.png", NN_DATA_BOXES, NULL},
    {"coco", "coco/annotations.json", "coco/a.png", NN_DATA_BOXES, NULL},
    {"csv", "csv/labels.csv", "csv/a.png", NN_DATA_CLASSES, NULL},
    {"idx", "idx/train-images-idx3-ubyte", NULL, NN_DATA_CLASSES, NULL},
    {"cifar", "cifar/data_batch_1.bin", NULL, NN_DATA_CLASSES, NULL},
    {"coco", "coco/annotations.json", "coco/a.png", NN_DATA_MASKS, NULL},
    {"lists", "lists/ImageSets/Main/l.txt", "lists/JPEGImages/a.png", NN_DATA_BOXES, "l"},
    {"masks", "masks/masks/a.png", "masks/images/a.png", NN_DATA_MASKS, NULL},
    {"marks", "marks/SegmentationClass/a.png", "marks/JPEGImages/a.png", NN_DATA_MASKS, NULL},
    {"marks", "marks/ImageSets/Segmentation/l.txt", "marks/JPEGImages/a.png", NN_DATA_MASKS, "l"},
};
static const char *const folders[] = {"",
                                      "voc",
                                      "voc/Annotations",
                                      "voc/JPEGImages",
                                      "coco",
                                      "csv",
                                      "idx",
                                      "cifar",
                                      "lists",
                                      "lists/Annotations",
                                      "lists/JPEGImages",
                                      "lists/ImageSets",
                                      "lists/ImageSets/Main",
                                      "masks",
                                      "masks/images",
                                      "masks/masks",
                                      "marks",
                                      "marks/JPEGImages",
                                      "marks/SegmentationClass",
                                      "marks/ImageSets",
                                      "marks/ImageSets/Segmentation"};
enum { FORMATS = sizeof formats / sizeof *formats, FOLDERS = sizeof folders / sizeof *folders };
static const char idx_labels[] = "idx/train-labels-idx1-ubyte";
static const char listed[] = "lists/Annotations/a.xml";

static void remove_all(void)
{
    for (int i = 0; i < FORMATS; i++) {
        unlink(below(formats[i].file));
        if (formats[i].picture)
            unlink(below(formats[i].picture));
    }
    unlink(below(idx_labels));
    unlink(below(listed));
    for (int i = FOLDERS - 1; i >= 0; i--)
        rmdir(below(folders[i]));
}

static void make_all(void)
{
    const char *box = "<annotation><object><name>a</name><bndbox><xmin>1</xmin><ymin>1</ymin>"
                      "<xmax>4</xmax><ymax>4</ymax></bndbox></object></annotation>";
    const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0};
    make_root();
    atexit(remove_all);
    for (int i = 1; i < FOLDERS; i++)
        mkdir(below(folders[i]), 0700);
    for (int i = 0; i < FORMATS; i++)
        if (formats[i].picture)
            write_picture(formats[i].picture);
    write_file(idx_labels, labels, sizeof labels);
    write_file(listed, box, strlen(box));
}

// Of 8 x 6 pixels, each a label or ignored.
static void check_mask(const nn_mask *m, int labels)
{
    uint8_t values[8 * 6];
    if (m->width != 8 || m->height != 6)
        abort();
    nn_mask_unpack(m, values);
    for (int i = 0; i < 8 * 6; i++)
        if (values[i] >= labels && values[i] != NN_MASK_IGNORE)
            abort();
}

static void check_sample(const nn_sample *s, nn_data_kind kind, int labels)
{
    check_boxes(s, labels);
    for (int i = 0; i < s->class_count; i++)
        if (s->classes[i] < 0 || s->classes[i] >= labels)
            abort();
    if (kind == NN_DATA_MASKS)
        check_mask(&s->mask, labels);
    else if ((kind == NN_DATA_CLASSES) != (s->class_count > 0))
        abort();
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
    const int which = data[0] % FORMATS;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", root, formats[which].folder);
    write_file(formats[which].file, data + 1, size - 1);
    if (nn_data_find(&format, path, formats[which].kind, &err) != NN_OK ||
        nn_dataset_init(&d, 1 << 20, (nn_notes){0}, &err) != NN_OK)
        abort();
    nn_folder f = {.path = path,
                   .list = formats[which].list,
                   .source = &(nn_source){0},
                   .names = &names,
                   .map = &map,
                   .details = formats[which].kind == NN_DATA_BOXES ? choose_details(size) : 0};
    nn_status status = format->names || format->read ? nn_data_names(format, &f, &names, NULL, &err)
                                                     : nn_names_parse(&names, "none,a,b,c", &err);
    nn_class_map_identity(&map, names.count);
    if (status == NN_OK)
        nn_dataset_add_folder(&d, &f, formats[which].kind, &err);
    for (int i = 0; i < d.count; i++)
        check_sample(&d.samples[i], formats[which].kind, names.count);
    use_details(&d);
    nn_dataset_release(&d);
    nn_names_release(&names);
    return 0;
}
