// SPDX-License-Identifier: MIT
// From detections to labels: objects that move, hide, flicker, change class or do not exist. Also
// the choice of frames, and files of detections that are whole, cut or damaged.
#include "app/label/choose.h"
#include "app/label/teacher_classes.h"
#include "app/label/write.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { W = 320, H = 240, THUMB_W = 64, THUMB_H = 48, PICTURES = 40 };

static nn_fused_box find(float x, float y, float score, int label)
{
    return (nn_fused_box){.box = {x, y, x + 20, y + 40, score, label, 0, false, 0},
                          .found = 2,
                          .looked = 2,
                          .models = 1};
}

static label_detections begin(const char *name)
{
    label_detections f;
    remove(test_temp(name).text);
    assert_int_equal(label_detections_open(&f, test_temp(name).text, "test", 4, NULL), NN_OK);
    f.thumb_w = THUMB_W;
    f.thumb_h = THUMB_H;
    return f;
}

static void add(label_detections *f, int number, const nn_fused_box *boxes, int count)
{
    assert_int_equal(label_detections_add(f, number, NULL, W, H, boxes, count, NULL), NN_OK);
    label_picture *p = label_detections_at(f, label_detections_find(f, number));
    p->thumb = g_new0(uint8_t, THUMB_W * THUMB_H);
}

// Darkens a part of the thumbnail, where an object is.
static void darken(label_detections *f, int number, const nn_box *b, int grey)
{
    uint8_t *thumb = label_detections_at(f, label_detections_find(f, number))->thumb;
    for (int y = (int)b->y0 * THUMB_H / H; y < (int)b->y1 * THUMB_H / H; y++)
        for (int x = (int)b->x0 * THUMB_W / W; x < (int)b->x1 * THUMB_W / W; x++)
            thumb[y * THUMB_W + x] = (uint8_t)grey;
}

static label_set link_video(const label_detections *f)
{
    label_set set;
    label_link_options o = label_link_defaults;
    o.video = true;
    assert_int_equal(label_link(&set, f, &o, NULL), NN_OK);
    return set;
}

// A walking object: three frames lack its box, and two have it with a low score.
static void test_walk(void **state)
{
    (void)state;
    label_detections f = begin("walk");
    for (int i = 1; i <= PICTURES; i++) {
        const nn_fused_box b = find(10 + 4 * (float)i, 50, i == 20 || i == 21 ? 0.3f : 0.8f, 0);
        add(&f, i, &b, i < 10 || i > 12);
    }
    label_set s = link_video(&f);
    for (int i = 0; i < PICTURES; i++) {
        const label_box *b = label_set_at(&s, i, 0);
        assert_int_equal(s.boxes[i]->len, 1);
        assert_false(b->ignore);
        assert_int_equal(b->box.track_id, 1);
        assert_true(fabsf(b->box.x0 - (14 + 4 * (float)i)) < 0.1f);
        assert_int_equal(b->origin, i >= 9 && i <= 11 ? LABEL_LINKED : LABEL_FOUND);
        if (b->origin == LABEL_LINKED)
            assert_true(b->box.score < 0.8f);
    }
    assert_int_equal(s.report.linked, 3);
    assert_int_equal(s.report.raised, 2);
    assert_int_equal(s.report.tracks, 1);
    assert_int_equal(g_array_index(s.report.lengths, int, 0), PICTURES - 3);
    label_set_release(&s);
    label_detections_release(&f);
}

// Found on one frame only: dropped with a low score, ignored with a high one.
static void test_flicker(void **state)
{
    (void)state;
    label_detections f = begin("flicker");
    for (int i = 1; i <= PICTURES; i++) {
        const nn_fused_box b[] = {find(200, 100, 0.9f, 0), find(50, 100, 0.4f, 0)};
        add(&f, i, i == 15 ? b : i == 25 ? b + 1 : NULL, i == 15 || i == 25);
    }
    label_set s = link_video(&f);
    for (int i = 0; i < PICTURES; i++)
        assert_int_equal(s.boxes[i]->len, i == 14);
    assert_true(label_set_at(&s, 14, 0)->ignore);
    assert_int_equal(s.report.flickers, 2);
    label_set_release(&s);
    label_detections_release(&f);
}

// A cone that is sometimes taken for a child becomes ignored boxes. A standing person and a parked
// car with high scores become labels.
static void test_still(void **state)
{
    (void)state;
    const float score[] = {0.55f, 0.55f, 0.9f};
    for (int turn = 0; turn < 3; turn++) {
        label_detections f = begin("still");
        for (int i = 1; i <= PICTURES; i++) {
            const nn_fused_box b = find(100, 100, score[turn], 0);
            add(&f, i, &b, i % 3 != 0);
            if (turn == 1)
                darken(&f, i, &b.box, i % 2 ? 60 : 90); // changes from frame to frame
        }
        label_set s = link_video(&f);
        for (int i = 0; i < PICTURES - 1; i++) {
            assert_int_equal(s.boxes[i]->len, 1);
            if (i % 3 != 2) // scores of the other frames are lower
                assert_int_equal(label_set_at(&s, i, 0)->ignore, turn == 0);
        }
        assert_int_equal(s.report.statics, turn == 0);
        label_set_release(&s);
        label_detections_release(&f);
    }
}

// A car that is a truck on some frames is a car on all.
static void test_vote(void **state)
{
    (void)state;
    label_detections f = begin("vote");
    for (int i = 1; i <= PICTURES; i++) {
        const nn_fused_box b = find(10 + 2 * (float)i, 50, 0.8f, i % 5 == 0 ? 2 : 1);
        add(&f, i, &b, 1);
    }
    label_set s = link_video(&f);
    for (int i = 0; i < PICTURES; i++)
        assert_int_equal(label_set_at(&s, i, 0)->box.label, 1);
    label_set_release(&s);
    label_detections_release(&f);
}

// A low-score object that walks all the way becomes a label. One that stays, and moves with a
// passer-by at the end, does not.
static void test_walker(void **state)
{
    (void)state;
    for (int walks = 0; walks < 2; walks++) {
        label_detections f = begin("walker");
        for (int i = 1; i <= PICTURES; i++) {
            const float x = walks ? 10 + 5 * (float)i : i < 36 ? 50 : 50 + 8 * (float)(i - 35);
            const nn_fused_box b = find(x, 50, i % 7 == 0 ? 0.36f : 0.4f, 0);
            add(&f, i, &b, 1);
            darken(&f, i, &b.box, i % 2 ? 60 : 90);
        }
        label_set s = link_video(&f);
        for (int i = 0; i < PICTURES; i++)
            assert_int_equal(label_set_at(&s, i, 0)->ignore, !walks);
        assert_int_equal(s.report.raised, walks ? PICTURES : 0);
        label_set_release(&s);
        label_detections_release(&f);
    }
}

// Low scores on all pictures. A moving object that has no other label becomes one, and stays one
// where it stops. No labels: the same detections where nothing moves; what moves in place; a part
// of a labelled object; what one teacher alone finds; what is too large for so low a score.
static void test_low_score(void **state)
{
    (void)state;
    enum { WALKS, STILL_PICTURE, IN_PLACE, EXPLAINED, ALONE, LARGE, TURNS };
    for (int turn = 0; turn < TURNS; turn++) {
        label_detections f = begin("low_score");
        for (int i = 1; i <= PICTURES; i++) {
            const float x = turn == IN_PLACE ? 100 : 20 + 5 * fminf((float)i, 24);
            nn_fused_box b[] = {find(x, 50, i % 4 ? 0.2f : 0.12f, 0), find(x, 50, 0.8f, 1)};
            b[0].models = turn == ALONE ? 2 : 3;
            b[0].box.y1 += turn == LARGE ? 20 : 0;
            add(&f, i, b, turn == EXPLAINED ? 2 : 1);
            if (turn != STILL_PICTURE && (turn != IN_PLACE || i % 3 == 0))
                darken(&f, i, &b->box, 90);
        }
        label_set s = link_video(&f);
        assert_int_equal(s.report.low_score, turn == WALKS ? PICTURES : 0);
        for (int i = 0; i < PICTURES && turn == WALKS; i++) {
            const label_box *b = label_set_at(&s, i, 0);
            assert_int_equal(s.boxes[i]->len, 1);
            assert_false(b->ignore);
            assert_true((double)b->box.score >= label_link_defaults.keep);
            assert_int_equal(b->box.track_id, label_set_at(&s, 0, 0)->box.track_id);
            const float x = 20 + 5 * fminf((float)i + 1, 24);
            assert_true(fabsf(b->box.x0 - x) < 15 && fabsf(b->box.y1 - 90) < 1);
        }
        label_set_release(&s);
        label_detections_release(&f);
    }
}

static void test_pictures(void **state)
{
    (void)state;
    label_detections f = begin("pictures");
    label_set s;
    const nn_fused_box b[] = {find(100, 100, 0.9f, 0), find(10, 10, 0.3f, 0),
                              find(200, 10, 0.1f, 0)};
    assert_int_equal(label_detections_add(&f, 1, "a b.jpg", W, H, b, 3, NULL), NN_OK);
    assert_int_equal(label_link(&s, &f, &label_link_defaults, NULL), NN_OK);
    assert_int_equal(s.boxes[0]->len, 2);
    assert_false(label_set_at(&s, 0, 0)->ignore);
    assert_true(label_set_at(&s, 0, 1)->ignore);
    label_set_release(&s);
    label_detections_release(&f);
}

// Half of the film is still: few of its frames are chosen, but some.
static void test_choice(void **state)
{
    (void)state;
    label_detections f = begin("choice");
    bool chosen[PICTURES];
    for (int i = 1; i <= PICTURES; i++) {
        const nn_fused_box b = find(8 * (float)(i - PICTURES / 2), 50, 0.8f, 0);
        add(&f, i, &b, i > PICTURES / 2);
        if (i > PICTURES / 2)
            darken(&f, i, &b.box, 200);
    }
    label_set s = link_video(&f);
    assert_int_equal(label_choose(chosen, &f, &s, 0, PICTURES, 12), 12);
    int quiet = 0, busy = 0;
    for (int i = 0; i < PICTURES; i++) {
        quiet += chosen[i] && i < PICTURES / 2;
        busy += chosen[i] && i >= PICTURES / 2;
    }
    assert_int_equal(quiet + busy, 12);
    assert_true(quiet >= 1 && busy >= 8);
    assert_int_equal(label_choose(chosen, &f, &s, 0, PICTURES, 1000), PICTURES);
    for (int i = 0; i < PICTURES; i++)
        assert_true(chosen[i]);
    memset(chosen, 0, sizeof chosen);
    assert_int_equal(label_choose(chosen, &f, &s, 30, 36, 3), 3);
    for (int i = 0; i < PICTURES; i++)
        assert_true(!chosen[i] || (i >= 30 && i < 36));
    label_set_release(&s);
    label_detections_release(&f);
}

static void test_texts(void **state)
{
    (void)state;
    label_detections f = begin("texts");
    const int to[] = {0, -1, -1, 1};
    const nn_fused_box b[] = {find(100, 100, 0.9f, 0), find(10, 10, 0.3f, 3), find(9, 9, 0.9f, 1)};
    label_set s;
    add(&f, 7, b, 3);
    assert_int_equal(label_link(&s, &f, &label_link_defaults, NULL), NN_OK);
    test_make_dir("labels");
    assert_int_equal(label_write_yolo(test_temp(".").text, "p", &s, 0, label_detections_at(&f, 0),
                                      to, 0.5, NULL),
                     NN_OK);
    char *text = test_read_text("labels/p.txt");
    assert_string_equal(text, "0 0.34375 0.5 0.0625 0.16666667 0.9\n"
                              "1 0.0625 0.125 0.0625 0.16666667 0.3\n");
    free(text);
    assert_int_equal(label_write_mot(test_temp("m.txt").text, &f, &s, to, 0.5, NULL), NN_OK);
    text = test_read_text("m.txt");
    assert_string_equal(text, "7,-1,100,100,20,40,0.9,1,1\n7,-1,10,10,20,40,0.3,2,1\n");
    free(text);
    label_set_release(&s);
    label_detections_release(&f);
}

// A file cut at any byte gives its complete pictures, and is continued after them.
static void test_cut_files(void **state)
{
    (void)state;
    label_detections f = begin("cut");
    const nn_fused_box b[] = {find(100, 100, 0.9f, 0), find(10, 10, 0.3f, 3)};
    for (int i = 1; i <= 3; i++)
        assert_int_equal(
            label_detections_add(&f, 2 * i, i == 2 ? "x\ny.png" : NULL, W, H, b, i - 1, NULL),
            NN_OK);
    label_detections_release(&f);
    size_t size;
    uint8_t *bytes = test_read(test_temp("cut").text, &size);
    int whole = 0;
    for (size_t n = 0; n <= size; n++) {
        test_write(test_temp("again").text, bytes, n);
        assert_int_equal(label_detections_open(&f, test_temp("again").text, "test", 4, NULL),
                         NN_OK);
        const int pictures = (int)f.pictures->len;
        assert_true(pictures >= whole && pictures <= 3);
        whole = pictures;
        for (int i = pictures + 1; i <= 3; i++)
            assert_int_equal(
                label_detections_add(&f, 2 * i, i == 2 ? "x\ny.png" : NULL, W, H, b, i - 1, NULL),
                NN_OK);
        label_detections_release(&f);
        size_t again;
        uint8_t *same = test_read(test_temp("again").text, &again);
        assert_int_equal(again, size);
        assert_memory_equal(same, bytes, size);
        free(same);
    }
    assert_int_equal(whole, 3);
    assert_int_equal(label_detections_open(&f, test_temp("cut").text, "test", 4, NULL), NN_OK);
    assert_string_equal(label_detections_at(&f, 1)->name, "x\ny.png");
    assert_int_equal(label_detections_find(&f, 3), -1);
    assert_int_equal(label_detections_at(&f, 2)->boxes[1].box.label, 3);
    label_detections_release(&f);
    free(bytes);
}

static void test_damaged_files(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "page 1 10 10 0 -\n",
        "neroscale finds 1: test\npage 0 10 10 0 -\n",
        "neroscale finds 1: test\npage 1 10 10 99999999 -\n",
        "neroscale finds 1: test\npage 1 10 10 1.5 -\n",
        "neroscale finds 1: test\npage 1 10 10 0\n",
        "neroscale finds 1: test\npage 1 10 10 0 a\\\n",
        "neroscale finds 1: test\npage 1 10 10 0 -\npage 1 10 10 0 -\n",
        "neroscale finds 1: test\npage 1 10 10 1 -\n4 1 1 5 5 0.5 1 1 1\n",
        "neroscale finds 1: test\npage 1 10 10 1 -\n0 5 1 5 5 0.5 1 1 1\n",
        "neroscale finds 1: test\npage 1 10 10 1 -\n0 1 1 5 5 nan 1 1 1\n",
        "neroscale finds 1: test\npage 1 10 10 1 -\n0 1 1 5 500 0.5 1 1 1\n",
        "neroscale finds 1: test\npage 1 10 10 1 -\n0 1 1 5 5 0.5 1 1 1 9\n"};
    label_detections f;
    nn_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        test_write_text("bad", bad[i]);
        if (label_detections_open(&f, test_temp("bad").text, "test", 4, &err) != NN_EFORMAT)
            fail_msg("case %zu was read", i);
        assert_non_null(strstr(err.text, "bad: line "));
    }
    test_write_text("bad", "neroscale finds 1: other\n");
    assert_int_equal(label_detections_open(&f, test_temp("bad").text, "test", 4, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "other settings"));
}

static void test_class_names(void **state)
{
    (void)state;
    char *a[] = {"person", "car", "bus", "dog"}, *b[] = {"car", "truck", "person"};
    const nn_names models[] = {{a, 4}, {b, 3}};
    nn_class_map maps[2];
    nn_names c = {0};
    nn_error err;
    assert_int_equal(label_match_classes(models, 2, NULL, NULL, &c, maps, NULL), NN_OK);
    assert_int_equal(c.count, 2); // the common classes, in the order of the first model
    assert_string_equal(c.name[0], "person");
    assert_int_equal(maps[0].to[2], NN_CLASS_DROP);
    assert_int_equal(maps[1].to[0], 1);
    nn_names_release(&c);
    assert_int_equal(label_match_classes(models, 2, "vehicle,dog",
                                         "car=vehicle, bus=vehicle,truck=vehicle,person=ignore", &c,
                                         maps, NULL),
                     NN_OK);
    const int first[] = {-1, 0, 0, 1}, second[] = {0, 0, -1};
    assert_memory_equal(maps[0].to, first, sizeof first);
    assert_memory_equal(maps[1].to, second, sizeof second);
    nn_names_release(&c);
    assert_int_equal(label_match_classes(models, 2, "thing", "*=thing,person=drop", &c, maps, NULL),
                     NN_OK);
    assert_int_equal(maps[0].to[0], NN_CLASS_DROP);
    assert_int_equal(maps[1].to[1], 0);
    // A third model has fewer classes than the rules name: classes match as "thing", or by the left
    // side of another rule.
    char *d[] = {"thing", "cow", "person"};
    const nn_names third = {d, 3};
    label_map_classes(&third, " *=thing,person=drop", &c, &maps[0]);
    assert_int_equal(maps[0].count, 3);
    const int others[] = {0, 0, NN_CLASS_DROP};
    assert_memory_equal(maps[0].to, others, sizeof others);
    label_map_classes(&third, NULL, &c, &maps[0]);
    const int named[] = {0, NN_CLASS_DROP, NN_CLASS_DROP};
    assert_memory_equal(maps[0].to, named, sizeof named);
    nn_names_release(&c);
    assert_int_equal(label_match_classes(models, 2, "cat", NULL, &c, maps, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "'cat'"));
    nn_names_release(&c);
    assert_int_equal(label_match_classes(models, 2, NULL, "horse=dog", &c, maps, &err), NN_EINVAL);
    assert_int_equal(label_match_classes(models, 2, NULL, "car", &c, maps, &err), NN_EINVAL);
    nn_names_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),          cmocka_unit_test(test_flicker),
        cmocka_unit_test(test_still),         cmocka_unit_test(test_vote),
        cmocka_unit_test(test_walker),        cmocka_unit_test(test_low_score),
        cmocka_unit_test(test_pictures),      cmocka_unit_test(test_choice),
        cmocka_unit_test(test_texts),         cmocka_unit_test(test_cut_files),
        cmocka_unit_test(test_damaged_files), cmocka_unit_test(test_class_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
