// SPDX-License-Identifier: MIT
// Data sets: label files good and bad, class maps, the order of epochs, batches.
#include "tests/support/alloc.h"
#include "tests/support/labelled.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/data/augment/augment.h"
#include "nn/data/folder.h"
#include "nn/data/mot.h"
#include "nn/data/sampler.h"
#include "nn/train/loader.h"

#include <stdio.h>

static void test_names_and_maps(void **state)
{
    (void)state;
    nn_names labels, source;
    nn_error err;
    assert_int_equal(nn_names_parse(&labels, "car, bus,minibus", &err), NN_OK);
    assert_int_equal(labels.count, 3);
    assert_string_equal(labels.name[1], "bus");
    test_write_text("classes.txt", "car\r\ntruck\nbus\nminibus\ncyclist\n\n");
    assert_int_equal(nn_names_load(&source, test_temp("classes.txt").text, &err), NN_OK);
    assert_int_equal(source.count, 5);
    nn_class_map map;
    assert_int_equal(nn_class_map_build(&map, &source, &labels, NULL, &err), NN_OK);
    const int32_t plain[] = {0, NN_CLASS_DROP, 1, 2, NN_CLASS_DROP};
    for (int i = 0; i < 5; i++)
        assert_int_equal(nn_class_map_get(&map, i), plain[i]);
    assert_int_equal(nn_class_map_get(&map, 5), NN_CLASS_DROP);
    assert_int_equal(nn_class_map_get(&map, -1), NN_CLASS_DROP);
    assert_int_equal(nn_class_map_build(&map, &source, &labels, "truck=bus, 4=ignore", &err),
                     NN_OK);
    assert_int_equal(nn_class_map_get(&map, 1), 1);
    assert_int_equal(nn_class_map_get(&map, 4), NN_CLASS_IGNORE);
    const char *wrong[] = {"truck", "lorry=bus", "truck=van", "9=bus", "truck=bus,,"};
    for (int i = 0; i < 5; i++)
        assert_int_equal(nn_class_map_build(&map, &source, &labels, wrong[i], &err), NN_EINVAL);
    nn_names_release(&source);
    assert_int_equal(nn_names_parse(&source, "a,,b", &err), NN_EINVAL);
    assert_int_equal(nn_names_load(&source, test_temp("none.txt").text, &err), NN_ENOTFOUND);
    test_write_text("empty.txt", "\n\n");
    assert_int_equal(nn_names_load(&source, test_temp("empty.txt").text, &err), NN_EFORMAT);
    nn_names_release(&labels);
}

static void test_mot(void **state)
{
    (void)state;
    notebook book = {0};
    nn_mot m;
    nn_error err;
    test_write_text("mot.txt", "7,-1,10,20,30,40,0.9\n1,-1,1,2,3,4,0.5\n"
                               "13,-1,5,5,x,4,0.5\n19,-1,1,1,2,2\nnonsense\n1,2,8,8,2,2,1,0\n");
    assert_int_equal(nn_mot_load(&m, test_temp("mot.txt").text, (nn_notes){take_note, &book}, &err),
                     NN_OK);
    assert_int_equal(book.count, 2);
    assert_non_null(strstr(book.all, "mot.txt:5"));
    assert_int_equal(m.first, 1);
    assert_int_equal(m.last, 19);
    assert_int_equal(m.stride, 6);
    assert_true(nn_mot_covers(&m, 7, 6));
    assert_false(nn_mot_covers(&m, 8, 6));  // between labelled frames: unknown
    assert_true(nn_mot_covers(&m, 25, 6));  // on the grid without rows: empty
    assert_false(nn_mot_covers(&m, 13, 6)); // its line is damaged
    assert_false(nn_mot_covers(&m, 0, 6));
    nn_truth *t;
    int n;
    assert_int_equal(nn_mot_truths(&m, 1, 0.6f, &t, &n, &err), NN_OK);
    assert_int_equal(n, 2);
    assert_int_equal(t[0].ignore + t[1].ignore, 1); // the one scored 0.5
    nn_free(t);
    assert_int_equal(nn_mot_truths(&m, 7, 0, &t, &n, &err), NN_OK);
    assert_int_equal(n, 1);
    assert_true(t->x0 == 10 && t->y0 == 20 && t->x1 == 40 && t->y1 == 60 && !t->ignore);
    nn_free(t);
    assert_int_equal(nn_mot_truths(&m, 2, 0, &t, &n, &err), NN_OK);
    assert_true(t == NULL && n == 0);
    nn_mot_release(&m);
    // Boxes that float32 cannot hold are damage too.
    test_write_text("far.txt", "1,1,1e300,1,1,1\n2,1,1e6,1,.001,1\n3,1,-9,1,1,1\n");
    book.count = 0;
    assert_int_equal(nn_mot_load(&m, test_temp("far.txt").text, (nn_notes){take_note, &book}, &err),
                     NN_OK);
    assert_int_equal(book.count, 2);
    assert_false(nn_mot_covers(&m, 2, 1));
    assert_true(nn_mot_covers(&m, 3, 1));
    nn_mot_release(&m);
    // -1 is no score; 0 says ignore.
    test_write_text("flags.txt", "\xef\xbb\xbf"
                                 "1, 1, 1, 1, 5, 5, -1, -1, -1, -1\r1,2,8,8,2,2,0\r\n"
                                 "2,1,1,1,5,5,1,1,.9\n2,2,1,1,5,5,0,3,.5\n2,3,1,1,5,5,1,7,1\n"
                                 "2,4,1,1,5,5,1,3,1\n3,4,1,1,5,5,1,3,1\n");
    book.count = 0;
    assert_int_equal(
        nn_mot_load(&m, test_temp("flags.txt").text, (nn_notes){take_note, &book}, &err), NN_OK);
    assert_int_equal(book.count, 0);
    assert_int_equal(nn_mot_truths(&m, 1, 0.5f, &t, &n, &err), NN_OK);
    assert_int_equal(n, 2);
    assert_int_equal(t[0].ignore + t[1].ignore, 1);
    assert_true(t[0].ignore == (t[0].x0 == 8));
    nn_free(t);
    assert_int_equal(nn_mot_truths(&m, 2, 0.5f, &t, &n, &err), NN_OK);
    assert_int_equal(n, 3); // a person, a car to ignore, somebody who stands; no other car
    assert_int_equal(t[0].ignore + t[1].ignore + t[2].ignore, 2);
    nn_free(t);
    assert_true(nn_mot_covers(&m, 3, 1));
    assert_int_equal(nn_mot_truths(&m, 3, 0.5f, &t, &n, &err), NN_OK);
    assert_true(t == NULL && n == 0);
    nn_mot_release(&m);
    test_write_text("bad.txt", "hello\n");
    assert_int_equal(nn_mot_load(&m, test_temp("bad.txt").text, (nn_notes){0}, &err), NN_EFORMAT);
    assert_int_equal(nn_mot_load(&m, test_temp("nil.txt").text, (nn_notes){0}, &err), NN_ENOTFOUND);
}

static void test_yolo(void **state)
{
    (void)state;
    test_make_dir("set");
    test_make_dir("set/images");
    test_make_dir("set/labels");
    nn_image image = paint_boxes(40, 20, NULL, 0);
    const char *names[] = {"a.png", "b.png", "c.png", "d.png"};
    for (int i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof path, "set/images/%s", names[i]);
        assert_int_equal(nn_image_save_png(&image, test_temp(path).text, NULL), NN_OK);
    }
    nn_image_release(&image);
    test_write_text("set/images/broken.jpg", "not a picture");
    test_write_text("set/images/readme.md", "not a picture either");
    test_write_text("set/labels/a.txt",
                    "0 0.5 0.5 0.5 0.5\n1 0.1 0.1 0.4 0.1\n2 0.5 0.5 0.1 0.1\n");
    test_write_text("set/labels/b.txt", "0 0.5 0.5 0.5\n");
    test_write_text("set/labels/c.txt", "");
    notebook book = {0};
    nn_dataset d;
    nn_error err = {0};
    assert_int_equal(nn_dataset_init(&d, 2400 * 2, (nn_notes){take_note, &book}, &err), NN_OK);
    nn_class_map map = {{0, NN_CLASS_IGNORE, NN_CLASS_DROP}, 3};
    nn_source source = {.path = test_temp("set").text};
    const test_path set = test_temp("set"), nowhere = test_temp("nowhere");
    nn_names classes = {0};
    assert_int_equal(nn_names_parse(&classes, "a,b,c", &err), NN_OK);
    nn_folder folder = {
        .path = set.text, .source = &source, .map = &map, .names = &classes, .numbers = &classes};
    assert_int_equal(nn_dataset_add_folder(&d, &folder, NN_DATA_BOXES, &err), NN_OK);
    assert_int_equal(d.count, 3); // b has a damaged label file, broken.jpg is no picture
    assert_int_equal(d.skipped, 2);
    assert_int_equal(book.count, 3); // those two and the dropped class
    assert_int_equal(d.samples[0].truth_count, 2);
    const nn_truth *t = d.samples[0].truths;
    assert_true(t[0].x0 == 10 && t[0].x1 == 30 && t[0].y0 == 5 && t[0].y1 == 15 && !t[0].ignore);
    assert_true(t[1].ignore && t[1].x0 == 0); // clipped to the picture
    assert_int_equal(d.samples[1].truth_count, 0);
    assert_int_equal(d.samples[2].truth_count, 0); // no label file: no objects
    bool borrowed;
    assert_int_equal(nn_dataset_picture(&d, 0, &image, &borrowed, &err), NN_OK);
    assert_true(borrowed);
    assert_int_equal(nn_dataset_picture(&d, 2, &image, &borrowed, &err), NN_OK);
    assert_false(borrowed); // beyond the limit of the cache
    nn_image_release(&image);
    folder.path = nowhere.text;
    assert_int_equal(nn_dataset_add_folder(&d, &folder, NN_DATA_BOXES, &err), NN_ENOTFOUND);
    nn_names_release(&classes);
    nn_dataset_release(&d);
}

// Label files in another folder, and classes that they do not name exhaustively.
static void test_label_folder(void **state)
{
    (void)state;
    test_make_dir("other");
    test_make_dir("other/images");
    test_make_dir("other/more");
    nn_image image = paint_boxes(40, 20, NULL, 0);
    assert_int_equal(nn_image_save_png(&image, test_temp("other/images/a.png").text, NULL), NN_OK);
    nn_image_release(&image);
    test_write_text("other/more/a.txt", "0 0.5 0.5 0.5 0.5 0.4\n1 0.2 0.5 0.2 0.2 0.9\n");
    nn_dataset d, val;
    nn_error err = {0};
    nn_class_map map;
    nn_class_map_identity(&map, 40);
    test_path set = test_temp("other");
    nn_source source = {.path = set.text, .ignore_below = 0.5f, .unknown = {1u << 1, 1u << 5}};
    nn_names classes = {0};
    assert_int_equal(nn_names_parse(&classes, "a,b", &err), NN_OK);
    nn_folder folder = {.path = set.text,
                        .label_dir = "more",
                        .source = &source,
                        .map = &map,
                        .names = &classes,
                        .numbers = &classes};
    assert_int_equal(nn_dataset_init(&d, 0, (nn_notes){0}, &err), NN_OK);
    assert_int_equal(nn_dataset_init(&val, 0, (nn_notes){0}, &err), NN_OK);
    assert_int_equal(nn_dataset_add_folder(&d, &folder, NN_DATA_BOXES, &err), NN_OK);
    assert_int_equal(nn_dataset_add_folder(&d, &folder, NN_DATA_BOXES, &err), NN_OK);
    // Also after it was moved, each class once.
    assert_int_equal(nn_dataset_split(&d, 0, 0.5, 1, &val, &err), NN_OK);
    assert_true(d.count == 1 && val.count == 1);
    for (int k = 0; k < 2; k++) {
        const nn_sample *s = k ? &val.samples[0] : &d.samples[0];
        assert_int_equal(s->truth_count, 4);
        assert_int_equal(s->truths[0].ignore, NN_IGNORE_BOX);
        assert_int_equal(s->truths[1].ignore, NN_IGNORE_NOT);
        for (int i = 2; i < 4; i++) {
            const nn_truth *t = &s->truths[i];
            assert_int_equal(t->ignore, NN_IGNORE_CLASS);
            assert_int_equal(t->label, i == 2 ? 1 : 37);
            assert_true(t->x0 == 0 && t->y0 == 0 && t->x1 == 40 && t->y1 == 20);
        }
    }
    folder.label_dir = "none";
    assert_int_equal(nn_dataset_add_folder(&d, &folder, NN_DATA_BOXES, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "no folder 'none' of label files"));
    test_make_dir("coco_like");
    test_make_dir("coco_like/annotations");
    test_write_text("coco_like/annotations/instances_a.json", "{}");
    const test_path coco = test_temp("coco_like");
    folder.path = coco.text;
    assert_int_equal(nn_dataset_add_folder(&d, &folder, NN_DATA_BOXES, &err), NN_EINVAL);
    nn_names_release(&classes);
    nn_dataset_release(&d);
    nn_dataset_release(&val);
}

static void test_sampler(void **state)
{
    (void)state;
    nn_dataset d;
    make_boxes(&d, 6, 3);
    nn_sampler a, b;
    assert_int_equal(nn_sampler_init(&a, &d, 7, 24, NULL), NN_OK);
    assert_int_equal(nn_sampler_init(&b, &d, 7, 24, NULL), NN_OK);
    int count[9] = {0}, moved = 0;
    for (int i = 0; i < 24; i++)
        count[nn_sampler_get(&a, i)]++;
    for (int i = 0; i < 9; i++) // 18 draws over six, six draws over three
        assert_int_equal(count[i], i < 6 ? 3 : 2);
    for (int i = 23; i >= 0; i--) {
        assert_int_equal(nn_sampler_get(&a, i), nn_sampler_get(&b, i));
        moved += nn_sampler_get(&a, i) != nn_sampler_get(&a, 24 + i);
    }
    assert_true(moved > 5); // another epoch, another order
    nn_sampler_release(&a);
    nn_sampler_release(&b);
    nn_dataset_release(&d);
}

static void test_same_seed_same_batch(void **state)
{
    (void)state;
    nn_dataset d;
    make_boxes(&d, 5, 2);
    nn_loader_options o = {
        .batch = 3, .height = 64, .width = 64, .seed = 11, .kernels = nn_kernels_best()};
    nn_augment_defaults(&o.augment);
    o.augment.fit_h = o.augment.fit_w = 64;
    o.augment.mosaic = 0.5f;
    nn_loader *a, *b;
    assert_int_equal(nn_loader_new(&a, &d, &o, 0, NULL), NN_OK);
    assert_int_equal(nn_loader_new(&b, &d, &o, 4, NULL), NN_OK);
    const nn_batch *x, *y;
    for (int i = 0; i < 5; i++)
        assert_int_equal(nn_loader_next(a, &x, NULL), NN_OK);
    assert_int_equal(nn_loader_next(b, &y, NULL), NN_OK);
    assert_int_equal(x->step, 4);
    assert_int_equal(y->step, 4);
    assert_memory_equal(x->planes, y->planes, sizeof(float) * 3 * 3 * 64 * 64);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(x->lists[i].count, y->lists[i].count);
        for (int k = 0; k < x->lists[i].count; k++)
            assert_true(x->lists[i].truths[k].x0 == y->lists[i].truths[k].x0);
    }
    nn_loader_free(a);
    nn_loader_free(b);
    nn_dataset_release(&d);
}

// Reads both kinds of labels and draws a mosaic with the Nth allocation and all after it failing.
static nn_status read_everything(void *unused, nn_error *err)
{
    (void)unused;
    static float planes[3 * 32 * 32];
    nn_truth truths[16];
    nn_view v = {.height = 32, .width = 32, .planes = planes, .truths = truths, .capacity = 16};
    nn_augment_options o;
    nn_augment_defaults(&o);
    o.fit_h = o.fit_w = 32;
    o.mosaic = o.rotate = 1;
    nn_rng rng = nn_rng_seed(1);
    nn_mot m = {0};
    nn_dataset d;
    nn_sampler sampler = {0};
    nn_truth *t = NULL;
    int n;
    nn_class_map map = {{0, 1}, 2};
    nn_source source = {.path = "set"};
    const test_path set = test_temp("set");
    char *words[] = {"a", "b", "c"};
    const nn_names classes = {words, 3};
    const nn_folder folder = {
        .path = set.text, .source = &source, .map = &map, .names = &classes, .numbers = &classes};
    nn_status status = nn_dataset_init(&d, 1 << 20, (nn_notes){0}, err);
    if (status != NN_OK)
        return status;
    status = nn_mot_load(&m, test_temp("mot.txt").text, (nn_notes){0}, err);
    if (status == NN_OK)
        status = nn_mot_truths(&m, 1, 0, &t, &n, err);
    if (status == NN_OK)
        status = nn_dataset_add_folder(&d, &folder, NN_DATA_BOXES, err);
    if (status == NN_OK)
        status = nn_sampler_init(&sampler, &d, 1, 0, err);
    if (status == NN_OK && d.count > 0)
        status = nn_augment_draw(&v, &d, 0, (int[3]){0, 0, 0}, &o, nn_kernels_best(), &rng, err);
    nn_free(t);
    nn_sampler_release(&sampler);
    nn_mot_release(&m);
    nn_dataset_release(&d);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    nn_kernels_best();
    assert_true(alloc_fail_each(read_everything, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_maps), cmocka_unit_test(test_mot),
        cmocka_unit_test(test_yolo),           cmocka_unit_test(test_label_folder),
        cmocka_unit_test(test_sampler),        cmocka_unit_test(test_same_seed_same_batch),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
