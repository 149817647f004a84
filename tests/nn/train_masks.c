// SPDX-License-Identifier: MIT
// Masks: index PNGs, packing, folders of them with everything that can be wrong, and their views.
#include "tests/support/alloc.h"
#include "tests/support/labelled.h"
#include "tests/support/masks.h"
#include "tests/support/test.h"
#include "tests/support/views.h"

#include "nn/base/memory.h"
#include "nn/data/folder.h"

#include <stdio.h>
#include <unistd.h>

enum { W = 20, H = 12, AREA = W * H };

static void fill(uint8_t *labels, int values)
{
    for (int i = 0; i < AREA; i++)
        labels[i] = (uint8_t)((i % W / 3 + i / W) % values);
}

static void test_indices(void **state)
{
    (void)state;
    static const int values[] = {2, 3, 9, 21, 200};
    const test_path path = test_temp("indices.png");
    uint8_t labels[AREA];
    for (int i = 0; i < 5; i++)
        for (int palette = 0; palette < 2; palette++) {
            nn_indices got;
            fill(labels, values[i]);
            labels[5] = (uint8_t)(i > 2 && palette == 0 ? 255 : 1);
            masks_write(path.text, labels, W, H, palette);
            assert_int_equal(nn_indices_load(&got, path.text, NULL), NN_OK);
            assert_int_equal(got.width, W);
            assert_int_equal(got.height, H);
            assert_memory_equal(got.value, labels, AREA);
            nn_indices_release(&got);
        }
    size_t size;
    uint8_t *bytes = test_read(path.text, &size);
    for (size_t cut = 0; cut < size - 12; cut += cut < 60 ? 1 : 7) { // the last chunk says nothing
        nn_indices got;
        nn_error err = {0};
        uint8_t *part = malloc(cut + 1);
        memcpy(part, bytes, cut);
        assert_int_not_equal(nn_indices_parse(&got, part, cut, &err), NN_OK);
        assert_null(got.value);
        assert_true(err.text[0] != '\0');
        free(part);
    }
    free(bytes);
}

static void expect_refused(const char *path, nn_status want, const char *text)
{
    nn_indices got;
    nn_error err = {0};
    assert_int_equal(nn_indices_load(&got, path, &err), want);
    if (!strstr(err.text, text) || !strstr(err.text, path))
        fail_msg("'%s' has no '%s'", err.text, text);
}

static void test_no_indices(void **state)
{
    (void)state;
    const test_path rgb = test_temp("rgb.png"), text = test_temp("no.png");
    make_picture("rgb.png", W, H);
    test_write(text.text, "hello there", 11);
    expect_refused(rgb.text, NN_EUNSUPPORTED, "RGB");
    expect_refused(text.text, NN_EUNSUPPORTED, "not a PNG");
    expect_refused(test_temp("nowhere.png").text, NN_ENOTFOUND, "No such file");
}

static void test_packing(void **state)
{
    (void)state;
    enum { LONG = 700 };
    uint8_t labels[LONG] = {0}, back[LONG];
    for (int i = 0; i < 13; i++)
        labels[300 + i] = 4;
    labels[LONG - 1] = NN_MASK_IGNORE;
    nn_mask m;
    assert_int_equal(nn_mask_pack(&m, labels, 35, 20, NULL), NN_OK);
    assert_int_equal(m.run_count, 6); // 255 + 45, 13, 255 + 131, 1
    nn_mask_unpack(&m, back);
    assert_memory_equal(back, labels, LONG);
    int64_t counts[256] = {0};
    nn_mask_count(&m, counts);
    assert_int_equal(counts[0], LONG - 14);
    assert_int_equal(counts[4], 13);
    assert_int_equal(counts[NN_MASK_IGNORE], 1);
    nn_rng rng = nn_rng_seed(3);
    bool seen[13] = {false};
    float x, y;
    for (int i = 0; i < 300; i++) {
        assert_true(nn_mask_pick(&m, 4, &rng, &x, &y));
        const int at = (int)y * 35 + (int)x;
        assert_true(labels[at] == 4 && x - (float)(int)x == 0.5f);
        seen[at - 300] = true;
    }
    for (int i = 0; i < 13; i++)
        assert_true(seen[i]);
    assert_false(nn_mask_pick(&m, 5, &rng, &x, &y));
    nn_mask_release(&m);
}

static nn_status read_folder(nn_dataset *d, notebook *book, const char *dir, const char *list,
                             const nn_class_map *map, nn_error *err)
{
    const test_path path = test_temp(dir);
    const nn_source source = {.path = "set"};
    const nn_folder f = {.path = path.text, .list = list, .source = &source, .map = map};
    *book = (notebook){0};
    assert_int_equal(nn_dataset_init(d, 1 << 20, (nn_notes){take_note, book}, NULL), NN_OK);
    return nn_dataset_add_folder(d, &f, NN_DATA_MASKS, err);
}

static void make_hostile(void)
{
    uint8_t labels[AREA], wide[2 * AREA] = {0};
    const char *const dirs[] = {"set", "set/images", "set/masks"};
    for (int i = 0; i < 3; i++)
        test_make_dir(dirs[i]);
    for (const char *p = "abcdefg"; *p; p++) {
        char name[64];
        snprintf(name, sizeof name, "set/images/%c.png", *p);
        make_picture(name, W, H);
    }
    fill(labels, 4);
    labels[0] = NN_MASK_IGNORE;
    masks_write(test_temp("set/masks/a.png").text, labels, W, H, false);
    masks_write(test_temp("set/masks/b.png").text, wide, 2 * W, H, false); // another size
    labels[W + 2] = 4;
    masks_write(test_temp("set/masks/c.png").text, labels, W, H, true); // no such class
    make_picture("set/masks/d.png", W, H);                              // RGB
    test_write(test_temp("set/masks/e.png").text, "\x89PNG\r\n\x1a\n????", 12);
    memset(labels, 0, sizeof labels);
    masks_write(test_temp("set/masks/g.png").text, labels, W, H, true); // f has none
}

static void test_folder(void **state)
{
    (void)state;
    nn_dataset d;
    notebook book;
    nn_class_map map = {.to = {0, 2, NN_CLASS_DROP, NN_CLASS_IGNORE}, .count = 4};
    uint8_t want[AREA], got[AREA];
    make_hostile();
    assert_int_equal(read_folder(&d, &book, "set", NULL, &map, NULL), NN_OK);
    assert_int_equal(d.count, 2); // a and g
    assert_int_equal(d.skipped, 5);
    const char *const told[] = {"b.png: is 40x12, its picture 20x12",
                                "c.png: the value 4 at (2, 1) is no class: there are 0 to 3",
                                "d.png: RGB pixels", "e.png: PNG",
                                "f.png: cannot open: No such file"};
    for (int i = 0; i < 5; i++)
        if (!strstr(book.all, told[i]))
            fail_msg("no '%s' in %s", told[i], book.all);
    assert_int_equal(d.samples[0].class_count, 1);
    assert_int_equal(d.samples[0].classes[0], 2);
    assert_int_equal(d.samples[1].class_count, 0);
    fill(want, 4);
    for (int i = 0; i < AREA; i++)
        want[i] = (uint8_t[]){0, 2, 0, NN_MASK_IGNORE}[want[i]];
    want[0] = NN_MASK_IGNORE;
    nn_mask_unpack(&d.samples[0].mask, got);
    assert_memory_equal(got, want, AREA);
    nn_dataset_release(&d);
    nn_error err = {0};
    assert_int_equal(read_folder(&d, &book, "set", "train", &map, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "no list 'train'"));
    nn_dataset_release(&d);
}

static void test_voc(void **state)
{
    (void)state;
    uint8_t labels[AREA];
    const char *const dirs[] = {"voc", "voc/JPEGImages", "voc/SegmentationClass", "voc/ImageSets",
                                "voc/ImageSets/Segmentation"};
    for (int i = 0; i < 5; i++)
        test_make_dir(dirs[i]);
    for (const char *p = "abc"; *p; p++) {
        char name[64];
        snprintf(name, sizeof name, "voc/JPEGImages/%c.png", *p);
        make_picture(name, W, H);
        snprintf(name, sizeof name, "voc/SegmentationClass/%c.png", *p);
        fill(labels, 21);
        labels[7] = NN_MASK_IGNORE;
        masks_write(test_temp(name).text, labels, W, H, true);
    }
    unlink(test_temp("voc/JPEGImages/c.png").text);
    test_write(test_temp("voc/ImageSets/Segmentation/val.txt").text, "b\n", 2);
    const nn_data_format *format;
    assert_int_equal(nn_data_find(&format, test_temp("voc").text, NN_DATA_MASKS, NULL), NN_OK);
    nn_names names = {0};
    assert_int_equal(format->names(NULL, &names, NULL), NN_OK);
    assert_int_equal(names.count, 21);
    assert_string_equal(names.name[0], "background");
    assert_string_equal(names.name[15], "person");
    nn_names_release(&names);
    nn_dataset d;
    notebook book;
    nn_class_map map;
    nn_class_map_identity(&map, 21);
    assert_int_equal(read_folder(&d, &book, "voc", NULL, &map, NULL), NN_OK);
    assert_int_equal(d.count, 2);
    assert_int_equal(d.skipped, 1);
    assert_non_null(strstr(book.all, "c.jpg"));
    uint8_t got[AREA];
    nn_mask_unpack(&d.samples[0].mask, got);
    assert_memory_equal(got, labels, AREA);
    nn_dataset_release(&d);
    assert_int_equal(read_folder(&d, &book, "voc", "val", &map, NULL), NN_OK);
    assert_int_equal(d.count, 1);
    assert_non_null(strstr(d.samples[0].name, "b.png"));
    nn_dataset_release(&d);
    assert_int_equal(read_folder(&d, &book, "voc", "trainval", &map, NULL), NN_ENOTFOUND);
    nn_dataset_release(&d);
}

// Class 2 is a cat, 1 a dog; both are drawn by hand below.
#define CATEGORIES                                                                                 \
    "\"categories\": [{\"id\": 4, \"name\": \"dog\"}, {\"id\": 9, \"name\": \"cat\"}]"

static void write_coco(const char *annotations)
{
    char json[4096];
    snprintf(
        json, sizeof json,
        "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}], \"annotations\": [%s], " CATEGORIES
        "}",
        annotations);
    test_write(test_temp("coco/annotations.json").text, json, strlen(json));
}

// The mask of the only picture; NULL when it was skipped with a note that contains `why`.
static bool read_coco(uint8_t *labels, const char *annotations, const char *why)
{
    nn_names names = {0};
    nn_class_map map;
    nn_dataset d;
    notebook book = {0};
    nn_error err = {0};
    const nn_data_format *format;
    const test_path path = test_temp("coco");
    const nn_source source = {.path = "coco"};
    write_coco(annotations);
    nn_folder f = {.path = path.text, .source = &source, .names = &names, .map = &map};
    assert_int_equal(nn_data_find(&format, path.text, NN_DATA_MASKS, NULL), NN_OK);
    assert_int_equal(format->names(&f, &names, NULL), NN_OK);
    assert_int_equal(names.count, 3);
    assert_string_equal(names.name[0], "background");
    assert_string_equal(names.name[2], "cat");
    nn_class_map_identity(&map, 3);
    assert_int_equal(nn_dataset_init(&d, 0, (nn_notes){take_note, &book}, NULL), NN_OK);
    if (nn_dataset_add_folder(&d, &f, NN_DATA_MASKS, &err) != NN_OK)
        fail_msg("%s", err.text);
    const bool read = d.count == 1;
    if (read)
        nn_mask_unpack(&d.samples[0].mask, labels);
    else if (!strstr(book.all, why))
        fail_msg("no '%s' in '%s'", why, book.all);
    assert_int_equal(d.skipped, !read);
    nn_dataset_release(&d);
    nn_names_release(&names);
    return read;
}

#define OBJECT(category, area, segmentation)                                                       \
    "{\"image_id\": 1, \"category_id\": " #category ", \"area\": " #area                           \
    ", \"segmentation\": " segmentation "}"

static void test_coco(void **state)
{
    (void)state;
    uint8_t got[AREA], want[AREA] = {0};
    test_make_dir("coco");
    make_picture("coco/a.png", W, H);
    // A large dog of two parts, and a small cat on it, which is first in the file.
    assert_true(read_coco(
        got,
        OBJECT(9, 8, "[[4, 3, 8, 3, 8, 5, 4, 5]]") "," OBJECT(
            4, 90, "[[2, 2, 12, 2, 12, 9, 2, 9], [15.5, 0.5, 25, 0.5, 25, 1.6, 15.5, 1.6]]"),
        ""));
    for (int i = 0; i < AREA; i++) {
        const int x = i % W, y = i / W;
        want[i] = (x >= 2 && x < 12 && y >= 2 && y < 9) || (x >= 15 && (y == 0 || y == 1));
        want[i] = x >= 4 && x < 8 && y >= 3 && y < 5 ? 2 : want[i];
    }
    for (int i = 0; i < AREA; i++)
        if (got[i] != want[i])
            fail_msg("(%d, %d) is %d, not %d", i % W, i / W, got[i], want[i]);
    // Runs down the columns: 12 rows; column 1 from row 2 on, and column 2 up to row 5 of a cat.
    assert_true(
        read_coco(got, OBJECT(9, 1, "{\"size\": [12, 20], \"counts\": [14, 15, 211]}"), ""));
    for (int i = 0; i < AREA; i++) {
        const int at = i % W * H + i / W;
        assert_int_equal(got[i], at >= 14 && at < 29 ? 2 : 0);
    }
    // Packed: 14, 15, 5, 20, 3, 1, 182, from the fourth on as differences to those two before.
    assert_true(
        read_coco(got, OBJECT(9, 1, "{\"size\": [12, 20], \"counts\": \">?55N]Oc5\"}"), ""));
    for (int i = 0; i < AREA; i++) {
        const int at = i % W * H + i / W;
        const bool inside = (at >= 14 && at < 29) || (at >= 34 && at < 54) || at == 57;
        assert_int_equal(got[i], inside ? 2 : 0);
    }
    // A crowd is to be ignored.
    assert_true(read_coco(got,
                          "{\"image_id\": 1, \"category_id\": 4, \"iscrowd\": 1, \"segmentation\": "
                          "{\"size\": [12, 20], \"counts\": [0, 240]}}",
                          ""));
    for (int i = 0; i < AREA; i++)
        assert_int_equal(got[i], NN_MASK_IGNORE);
}

static void test_coco_hostile(void **state)
{
    (void)state;
    uint8_t got[AREA];
    const char *const bad[][2] = {
        {"{\"image_id\": 1, \"category_id\": 4}", "no segmentation"},
        {OBJECT(4, 1, "[]"), "no corners"},
        {OBJECT(4, 1, "[[1, 2, 3, 4]]"), "three or more corners"},
        {OBJECT(4, 1, "[[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5]]"), "three or more corners"},
        {OBJECT(4, 1, "[[1, 2, 3, 4, 5, 1e30]]"), "is not a point"},
        {OBJECT(4, 1, "[[1, 2, 3, 4, 5, \"x\"]]"), "is not a point"},
        {OBJECT(4, 1, "[7]"), "no corners"},
        {OBJECT(4, 1, "{\"counts\": [1]}"), "size and counts"},
        {OBJECT(4, 1, "{\"size\": [12, 20]}"), "size and counts"},
        {OBJECT(4, 1, "{\"size\": [12, 20], \"counts\": [-1, 241]}"), "size and counts"},
        {OBJECT(4, 1, "{\"size\": [12, 20], \"counts\": [239]}"), "do not fill"},
        {OBJECT(4, 1, "{\"size\": [12, 20], \"counts\": [4294967295, 4294967295]}"), "do not fill"},
        {OBJECT(4, 1, "{\"size\": [12, 20], \"counts\": \"oooooooooooo\"}"), "size and counts"},
        {OBJECT(4, 1, "{\"size\": [12, 20], \"counts\": \"o\"}"), "size and counts"},
        {OBJECT(4, 1, "{\"size\": [12, 20], \"counts\": \"a b\"}"), "size and counts"},
        {OBJECT(4, 1, "{\"size\": [20, 12], \"counts\": [0, 240]}"), "a segmentation of it 12x20"},
        {OBJECT(4, 1, "{\"size\": [0, 0], \"counts\": []}"), "size and counts"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (read_coco(got, bad[i][0], bad[i][1]))
            fail_msg("%s is taken", bad[i][0]);
    // Outlines far beyond the picture, crossing themselves, or with corners in one place.
    assert_true(read_coco(got,
                          OBJECT(4, 1,
                                 "[[-900000, -900000, 900000, -900000, 900000, 900000, "
                                 "-900000, 900000]]"),
                          ""));
    assert_int_equal(got[0] + got[AREA - 1], 2);
    assert_true(read_coco(got, OBJECT(4, 1, "[[3, 3, 3, 3, 3, 3], [0, 0, 8, 8, 8, 0, 0, 8]]"), ""));
    assert_true(read_coco(got, "", ""));
    assert_int_equal(got[5], 0);
}

static void test_no_memory(void **state)
{
    (void)state;
    masks_make_folder("small", 2, 32, 1);
    nn_class_map map;
    nn_class_map_identity(&map, MASKS_CLASSES);
    nn_status status = NN_ENOMEM;
    for (int n = 0; status != NN_OK && n < 200; n++) {
        nn_dataset d;
        notebook book = {0};
        const test_path path = test_temp("small");
        const nn_source source = {.path = "set"};
        const nn_folder f = {.path = path.text, .source = &source, .map = &map};
        assert_int_equal(nn_dataset_init(&d, 1 << 20, (nn_notes){take_note, &book}, NULL), NN_OK);
        alloc_reset(n);
        nn_error err = {0};
        status = nn_dataset_add_folder(&d, &f, NN_DATA_MASKS, &err);
        alloc_reset(-1);
        assert_true(status == NN_OK ? d.count == 2 : status == NN_ENOMEM && err.text[0]);
        nn_dataset_release(&d);
    }
    assert_int_equal(status, NN_OK);
}

// A picture whose red level and mask agree: class 1 where it is bright; a mark in one corner.
static void add_sample(nn_dataset *d, int width, int height)
{
    nn_sample s = {.name = nn_strdup("x"),
                   .width = width,
                   .height = height,
                   .image = {width, height, nn_calloc((size_t)3 * width, (size_t)height)},
                   .classes = nn_alloc(sizeof(int32_t)),
                   .class_count = 1,
                   .in_memory = true};
    uint8_t *labels = nn_calloc((size_t)width, (size_t)height);
    s.classes[0] = 1;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            if ((x >= width / 6 && x < width / 2 && y >= height / 4 && y < 2 * height / 3) ||
                (x > 5 * width / 6 && y > 5 * height / 6)) {
                memset(s.image.rgb + 3 * (y * width + x), 255, 3);
                labels[y * width + x] = 1;
            }
    assert_int_equal(nn_mask_pack(&s.mask, labels, width, height, NULL), NN_OK);
    nn_free(labels);
    assert_int_equal(nn_dataset_add(d, &s, NULL), NN_OK);
}

static void draw(float *planes, uint8_t *labels, nn_dataset *d, const nn_augment_options *o,
                 uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    nn_view v = {VIEWS_SIDE, VIEWS_SIDE, planes, .labels = labels};
    assert_int_equal(nn_augment_draw(&v, d, 0, (int[3]){1, 0, 1}, o, nn_kernels_best(), &rng, NULL),
                     NN_OK);
}

// Bright pixels of the view are of class 1 and dark ones background, but for edges that the
// picture's filter blurs; grey ones, from beyond the picture, are to be ignored. Gives how many are
// not.
static int count_ignored(const float *planes, const uint8_t *labels, const char *what)
{
    int wrong = 0, ignored = 0;
    for (int i = 0; i < VIEWS_PIXELS; i++) {
        const int level = (int)(planes[i] * 255 + 0.5f);
        if (labels[i] == NN_MASK_IGNORE)
            ignored++;
        else if (labels[i] > 1 || (level > 250 && labels[i] != 1) || (level < 5 && labels[i] != 0))
            wrong++;
        if (labels[i] == NN_MASK_IGNORE && (level < 5 || level > 250))
            wrong++;
    }
    if (wrong > 0)
        fail_msg("%s: %d pixels and labels that do not agree", what, wrong);
    return ignored;
}

static void test_views(void **state)
{
    (void)state;
    nn_dataset d;
    float planes[3 * VIEWS_PIXELS];
    uint8_t labels[VIEWS_PIXELS];
    nn_augment_options o = views_plain();
    views_open(&d);
    add_sample(&d, 60, 60);
    add_sample(&d, 90, 60);
    draw(planes, labels, &d, &o, 1);
    assert_int_equal(count_ignored(planes, labels, "plain"), 0);
    assert_int_equal(labels[0], 0);
    assert_int_equal(labels[VIEWS_PIXELS - 1], 1);
    const struct {
        const char *name;
        size_t field;
        float value;
    } moves[] = {
        {"flip-h", offsetof(nn_augment_options, flip_h), 1},
        {"flip-v", offsetof(nn_augment_options, flip_v), 1},
        {"rotate", offsetof(nn_augment_options, rotate), 1},
        {"angle", offsetof(nn_augment_options, angle), 30},
        {"shear", offsetof(nn_augment_options, shear), 15},
        {"translate", offsetof(nn_augment_options, translate), 0.3f},
        {"mosaic", offsetof(nn_augment_options, mosaic), 1},
    };
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        for (uint64_t seed = 0; seed < 8; seed++) {
            o = views_plain();
            *(float *)(void *)((char *)&o + moves[i].field) = moves[i].value;
            if (seed % 2) {
                o.scale[0] = 0.5f;
                o.scale[1] = 1.5f;
            }
            draw(planes, labels, &d, &o, seed);
            count_ignored(planes, labels, moves[i].name);
        }
    o = views_plain();
    o.flip_h = o.rotate = 1;
    draw(planes, labels, &d, &o, 4);
    // The mark moves from the right side to the left, and with the quarter turn to the lower right.
    assert_int_equal(labels[VIEWS_PIXELS - 1], 1);
    nn_dataset_release(&d);
}

static void test_ignored(void **state)
{
    (void)state;
    nn_dataset d;
    float planes[3 * VIEWS_PIXELS];
    uint8_t labels[VIEWS_PIXELS], same[VIEWS_PIXELS];
    nn_augment_options o = views_plain();
    views_open(&d);
    add_sample(&d, 60, 60);
    add_sample(&d, 60, 60);
    o.scale[0] = o.scale[1] = 0.5f; // a quarter of the view
    draw(planes, labels, &d, &o, 2);
    assert_int_equal(count_ignored(planes, labels, "small"), VIEWS_PIXELS * 3 / 4);
    o = views_plain();
    draw(planes, labels, &d, &o, 2);
    o.hue = 0.5f; // colours touch no label, MixUp is not for masks
    o.contrast = 0.5f;
    o.mixup = o.cutmix = o.mix = 1;
    draw(planes, same, &d, &o, 2);
    assert_memory_equal(same, labels, VIEWS_PIXELS);
    o = views_plain();
    o.erase = 1;
    o.erase_area[0] = o.erase_area[1] = 0.25f;
    draw(planes, labels, &d, &o, 3);
    int erased = 0;
    for (int i = 0; i < VIEWS_PIXELS; i++)
        erased += labels[i] == NN_MASK_IGNORE;
    assert_in_range(erased, VIEWS_PIXELS / 5, VIEWS_PIXELS * 3 / 10);
    o = views_plain();
    o.scale[0] = o.scale[1] =
        6; // a window of an eighth: class 1 is in view because it is asked for
    o.focus = 1;
    for (uint64_t seed = 0; seed < 20; seed++) {
        draw(planes, labels, &d, &o, seed);
        assert_non_null(memchr(labels, 1, VIEWS_PIXELS));
    }
    nn_dataset_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_indices), cmocka_unit_test(test_no_indices),
        cmocka_unit_test(test_packing), cmocka_unit_test(test_folder),
        cmocka_unit_test(test_coco),    cmocka_unit_test(test_coco_hostile),
        cmocka_unit_test(test_voc),     cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_views),   cmocka_unit_test(test_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
