// SPDX-License-Identifier: MIT
// Labelling tools' exports are read, converted to each other, and kept in memory.
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/labelled.h"
#include "tests/support/layouts.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/data/annotation_store.h"
#include "nn/data/folder_labels.h"
#include "nn/data/write/convert_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// "NAME: class box, ..." of each sample; regions that do not count in brackets.
static void dump(char *out, size_t size, const set *s)
{
    size_t n = 0;
    out[0] = '\0';
    for (int i = 0; i < s->data.count; i++) {
        const nn_sample *one = &s->data.samples[i];
        n += (size_t)snprintf(out + n, size - n, "%s:", strrchr(one->name, '/') + 1);
        for (int k = 0; k < one->truth_count; k++) {
            const nn_truth *t = &one->truths[k];
            n += (size_t)snprintf(out + n, size - n, " %s%s %.4g,%.4g,%.4g,%.4g%s",
                                  t->ignore ? "(" : "",
                                  t->label < 0 ? "any" : s->names.name[t->label], t->x0, t->y0,
                                  t->x1, t->y1, t->ignore ? ")" : "");
        }
        n += (size_t)snprintf(out + n, size - n, "\n");
    }
}

static void check(const layout *l, const char *list, const char *expected)
{
    set s;
    nn_error err = {0};
    char found[1024];
    const nn_status status = read_set(&s, l->path ? l->path : l->dir, list, NN_DATA_BOXES, &err);
    if (status != NN_OK)
        fail_msg("%s: %s", l->dir, err.text);
    dump(found, sizeof found, &s);
    if (strcmp(found, expected) != 0)
        fail_msg("%s, %s:\n%sis not\n%s%s", l->dir, list ? list : "all", found, expected,
                 s.book.all);
    if (!list && !l->noted)
        assert_string_equal(s.book.all, "");
    if (!list && l->noted && !strstr(s.book.all, l->noted))
        fail_msg("%s: '%s' is not noted in '%s'", l->dir, l->noted, s.book.all);
    release_set(&s);
}

static void test_layouts(void **state)
{
    (void)state;
    for (int i = 0; i < layout_count; i++) {
        const layout *l = &layouts[i];
        const nn_data_format *format;
        nn_error err = {0};
        make_layout(l);
        const nn_status status =
            nn_data_find(&format, test_temp(l->path ? l->path : l->dir).text, NN_DATA_BOXES, &err);
        if (status != NN_OK)
            fail_msg("%s: %s", l->dir, err.text);
        assert_string_equal(format->name, l->format);
        check(l, NULL, l->all ? l->all : LAYOUT_USUAL);
        if (l->train)
            check(l, "train", l->train);
        if (l->val)
            check(l, "val", l->val);
    }
}

// The pictures of a set, each as its objects, without those that a format cannot hold.
typedef struct holding {
    char line[8][256];
    int count;
} holding;

static int compare_lines(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void hold(holding *h, const char *path, const nn_write_format *to)
{
    set s;
    nn_error err = {0};
    *h = (holding){0};
    if (read_set(&s, path, NULL, NN_DATA_BOXES, &err) != NN_OK)
        fail_msg("%s: %s", path, err.text);
    for (int i = 0; i < s.data.count; i++) {
        const nn_sample *one = &s.data.samples[i];
        char *line = h->line[h->count];
        size_t n = 0;
        for (int k = 0; k < one->truth_count; k++) {
            const nn_truth *t = &one->truths[k];
            if (t->label < 0 ? to->any_ignores : !t->ignore || to->ignores)
                n += (size_t)snprintf(line + n, sizeof h->line[0] - n, "%s%s %.4g,%.4g,%.4g,%.4g ",
                                      t->ignore ? "not " : "",
                                      t->label < 0 ? "any" : s.names.name[t->label], t->x0, t->y0,
                                      t->x1, t->y1);
        }
        h->count += n > 0 || to->empty;
        assert_in_range(h->count, 0, 7);
    }
    release_set(&s);
    qsort(h->line, (size_t)h->count, sizeof h->line[0], compare_lines);
}

// The pictures that both formats on the way can hold.
static void expect_held(const char *path, const char *first, const nn_write_format *to)
{
    holding is, was;
    hold(&is, path, to);
    hold(&was, first, to);
    bool same = is.count == was.count;
    for (int i = 0; same && i < is.count; i++)
        same = strcmp(is.line[i], was.line[i]) == 0;
    for (int i = 0; !same && i < is.count; i++)
        print_message("is '%s'\n", is.line[i]);
    for (int i = 0; !same && i < was.count; i++)
        print_message("was '%s'\n", was.line[i]);
    if (!same)
        fail_msg("%s: is not what %s was", path, first);
}

static void convert(const char *from, const char *name, const nn_write_format *to)
{
    const test_path in = test_temp(from), out = test_make_dir(name);
    const nn_folder folder = {.path = in.text};
    nn_names labels = {0};
    nn_error err = {0};
    nn_conversion c = {
        .folder = &folder, .to = to, .options = {.out = out.text, .classes = &labels}};
    if (nn_data_find(&c.from, in.text, NN_DATA_BOXES, &err) != NN_OK ||
        nn_folder_labels(&labels, &folder, 1, NN_DATA_BOXES, &err) != NN_OK ||
        nn_data_convert(&c, &err) != NN_OK)
        fail_msg("%s: %s", from, err.text);
    assert_int_equal(c.skipped, 0);
    nn_names_release(&labels);
}

// From every layout to every format, and from there to every format again.
static void test_converted(void **state)
{
    (void)state;
    for (int i = 0; i < layout_count; i++)
        for (int a = 0; nn_write_format_at(a); a++) {
            const layout *l = &layouts[i];
            const nn_write_format *first = nn_write_format_at(a), *second;
            const char *from = l->path ? l->path : l->dir;
            char once[64], twice[64];
            snprintf(once, sizeof once, "to_%s_%s", first->name, l->dir);
            convert(from, once, first);
            expect_held(once, from, first);
            for (int b = 0; (second = nn_write_format_at(b)) != NULL; b++) {
                snprintf(twice, sizeof twice, "to_%s_%s_%s", second->name, first->name, l->dir);
                convert(once, twice, second);
                expect_held(twice, once, second);
            }
        }
}

// A layout and its recognised format, so that recognition is not part of the fault injection.
typedef struct found {
    const layout *layout;
    const nn_data_format *format;
} found;

static nn_status read_again(void *ctx, nn_error *err)
{
    const found *f = ctx;
    set s = {0};
    const test_path path = test_temp(f->layout->path ? f->layout->path : f->layout->dir);
    nn_source source = {.path = "set"};
    nn_folder folder = {.path = path.text, .source = &source, .names = &s.names, .map = &s.map};
    nn_status status = nn_dataset_init(&s.data, 0, (nn_notes){0}, err);
    if (status != NN_OK)
        return status;
    status = nn_data_names(f->format, &folder, &s.names, NULL, err);
    nn_class_map_identity(&s.map, s.names.count);
    if (status == NN_OK)
        status = nn_annotated_add(&s.data, f->format, &folder, err);
    release_set(&s);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    for (int i = 0; i < layout_count; i++) {
        const layout *l = &layouts[i];
        found f = {.layout = l};
        nn_error err;
        assert_int_equal(nn_data_find(&f.format, test_temp(l->path ? l->path : l->dir).text,
                                      NN_DATA_BOXES, &err),
                         NN_OK);
        assert_true(alloc_fail_each(read_again, &f) > 3);
    }
}

// A set that was read before gives the same samples without its files.
static void check_stored(const layout *l, nn_annotation_store *store, const nn_data_format *format,
                         const char *list, const char *expected)
{
    set s = {0};
    char found[1024];
    nn_error err = {0};
    nn_source source = {.path = "set"};
    const nn_folder folder = {.path = "/nowhere",
                              .list = list,
                              .source = &source,
                              .names = &s.names,
                              .map = &s.map,
                              .store = store};
    assert_int_equal(nn_dataset_init(&s.data, 0, (nn_notes){take_note, &s.book}, &err), NN_OK);
    assert_int_equal(nn_data_names(format, &folder, &s.names, NULL, &err), NN_OK);
    nn_class_map_identity(&s.map, s.names.count);
    if (nn_annotated_add(&s.data, format, &folder, &err) != NN_OK)
        fail_msg("%s: %s", l->dir, err.text);
    dump(found, sizeof found, &s);
    assert_string_equal(found, expected);
    if (l->noted && !list)
        assert_non_null(strstr(s.book.all, l->noted));
    release_set(&s);
}

static nn_status store_again(void *ctx, nn_error *err)
{
    const found *f = ctx;
    const test_path path = test_temp(f->layout->path ? f->layout->path : f->layout->dir);
    const nn_folder folder = {.path = path.text};
    nn_annotation_store *store;
    const nn_status status = nn_annotation_store_read(&store, f->format, &folder, err);
    nn_annotation_store_free(store);
    return status;
}

static void test_stored(void **state)
{
    (void)state;
    for (int i = 0; i < layout_count; i++) {
        const layout *l = &layouts[i];
        found f = {.layout = l};
        nn_error err = {0};
        nn_annotation_store *store;
        const test_path path = test_temp(l->path ? l->path : l->dir);
        const nn_folder folder = {.path = path.text};
        assert_int_equal(nn_data_find(&f.format, path.text, NN_DATA_BOXES, &err), NN_OK);
        assert_int_equal(nn_annotation_store_read(&store, f.format, &folder, &err), NN_OK);
        check_stored(l, store, f.format, NULL, l->all ? l->all : LAYOUT_USUAL);
        if (l->train)
            check_stored(l, store, f.format, "train", l->train);
        if (l->val)
            check_stored(l, store, f.format, "val", l->val);
        nn_annotation_store_free(store);
        assert_true(alloc_fail_each(store_again, &f) > 3);
    }
}

// The survey of a set, before it is read.
static void test_survey(void **state)
{
    (void)state;
    nn_data_survey s;
    nn_error err = {0};
    const nn_data_format *format;
    const test_path path = test_temp("robodark");
    const nn_folder folder = {.path = path.text};
    assert_int_equal(nn_data_find(&format, path.text, NN_DATA_BOXES, &err), NN_OK);
    assert_int_equal(nn_data_survey_read(&s, format, &folder, &err), NN_OK);
    assert_int_equal(s.pictures, 3);
    assert_int_equal(s.split[NN_SPLIT_TRAIN], 1);
    assert_int_equal(s.split[NN_SPLIT_VAL], 1);
    assert_int_equal(s.split[NN_SPLIT_TEST], 1);
    assert_int_equal(s.classes.count, 2);
    assert_false(s.numbered);
    nn_data_survey_release(&s);
}

// Numbers without names in the data are not classes, unless the caller names them.
static void test_numbers(void **state)
{
    (void)state;
    static const layout bare = {.dir = "bare",
                                .pictures = {"a.png", "b.png"},
                                .files = {{"a.txt", YOLO_CAT}, {"b.txt", YOLO_DOG}}};
    set s;
    nn_error err = {0};
    make_layout(&bare);
    assert_int_equal(read_set(&s, "bare", NULL, NN_DATA_BOXES, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "numbers that nothing names"));
    release_set(&s);
    test_write_text("bare/classes.txt", "cat\n");
    assert_int_equal(read_set(&s, "bare", NULL, NN_DATA_BOXES, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "class number 1 has no name, only the first 1 have"));
    release_set(&s);
}

// Class names in Latin-1.
static void test_letters(void **state)
{
    (void)state;
    static const layout old = {
        .dir = "letters",
        .pictures = {"a.png"},
        .files = {{"classes.txt", "T\xfcr\r\n\xc3\x84pfel\tgr\xc3\xbcn\r\n"}, {"a.txt", YOLO_CAT}}};
    set s;
    nn_error err = {0};
    make_layout(&old);
    assert_int_equal(read_set(&s, "letters", NULL, NN_DATA_BOXES, &err), NN_OK);
    assert_string_equal(s.names.name[0], "Tür");
    assert_string_equal(s.names.name[1], "Äpfel grün");
    release_set(&s);
}

// A set is refused when most of it cannot be used; the error has the first reason.
static void test_mostly_damaged(void **state)
{
    (void)state;
    static const layout bad = {.dir = "damaged",
                               .pictures = {"a.png", "b.png", "c.png"},
                               .files = {{"classes.txt", "cat\ndog\n"},
                                         {"a.txt", "0 0.2 0.3 0.2\n"},
                                         {"b.txt", "cat 0.2 0.3 0.2 0.1\n"},
                                         {"c.txt", YOLO_CAT}}};
    set s;
    nn_error err = {0};
    make_layout(&bad);
    assert_int_equal(read_set(&s, "damaged", NULL, NN_DATA_BOXES, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "2 of 3 pictures cannot be used"));
    assert_non_null(strstr(err.text, "a.txt:1: not 'class cx cy w h'"));
    release_set(&s);
    // Also where the labels are what would name the classes.
    static const layout cut = {
        .dir = "cut", .pictures = {"a.png"}, .files = {{"a.json", "{\"shapes\": ["}}};
    make_layout(&cut);
    assert_int_equal(read_set(&s, "cut", NULL, NN_DATA_BOXES, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "a.json: JSON"));
    release_set(&s);
}

// Tables and sequences are searched to a limited depth only.
static void test_deep(void **state)
{
    (void)state;
    static const layout deep = {.dir = "deep",
                                .pictures = {"a/b/a.png"},
                                .files = {{"a/b/boxes.csv", "a.png,4,2,12,10,cat\n"},
                                          {"a/b/c/seqinfo.ini", "imExt=.png\n"}}};
    const nn_data_format *format;
    nn_error err = {0};
    make_layout(&deep);
    assert_int_equal(nn_data_find(&format, test_temp("deep").text, NN_DATA_BOXES, &err),
                     NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "of a known kind: YOLO with data.yaml, Darknet, "));
    assert_non_null(strstr(err.text, ", YOLO beside the pictures"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts),   cmocka_unit_test(test_converted),
        cmocka_unit_test(test_no_memory), cmocka_unit_test(test_stored),
        cmocka_unit_test(test_survey),    cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_letters),   cmocka_unit_test(test_mostly_damaged),
        cmocka_unit_test(test_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
