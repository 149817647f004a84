// SPDX-License-Identifier: MIT
// Parts of learning beside a stream: which frames are kept and how many, state, scores, feedback
// pictures.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // SCHED_IDLE
#endif
#include "app/learn/child.h"
#include "app/learn/feedback.h"
#include "app/learn/frames.h"
#include "app/learn/score.h"
#include "app/learn/state.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <glib/gstdio.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SAY_PRIORITY "say-priority" // runs this program as a step of a round

enum { W = 64, H = 48 };

static uint8_t rgb[3 * W * H];

static bool offer(learn_frames *f, int grey, int boxes)
{
    nn_box box[4] = {{0}};
    const nn_result result = {.boxes = box, .count = boxes};
    const nn_frame frame = {
        .format = NN_PIXEL_RGB, .width = W, .height = H, .plane = {rgb}, .stride = {3 * W}};
    const vp_still still = {.picture = &frame, .result = &result};
    memset(rgb, grey, sizeof rgb);
    return learn_frames_offer(f, &still);
}

static learn_frames open_frames(const char *name, int most)
{
    learn_frames f;
    nn_error err = {0};
    if (learn_frames_open(&f, test_temp(name).text, most, &err) != NN_OK)
        fail_msg("%s", err.text);
    return f;
}

static void keeps_what_changed(void **state)
{
    (void)state;
    nn_error err = {0};
    learn_frames f = open_frames("changed", 1000);
    assert_true(offer(&f, 100, 0));
    assert_false(offer(&f, 100, 0));
    assert_false(offer(&f, 101, 0)); // noise
    assert_true(offer(&f, 101, 1));  // an object was found
    assert_false(offer(&f, 101, 1));
    assert_true(offer(&f, 120, 1));
    assert_int_equal(learn_frames_waiting(&f, &err), 3);
    assert_int_equal(err.status, NN_OK);
    learn_frames_close(&f);
    f = open_frames("changed", 1000); // continues
    assert_int_equal(learn_frames_waiting(&f, &err), 3);
    assert_int_equal(f.next, 3);
    learn_frames_close(&f);
}

// The more frames wait, the fewer are kept; never more than `most`.
static void does_not_pile_up(void **state)
{
    (void)state;
    nn_error err = {0};
    learn_frames f = open_frames("pile", 40);
    for (int i = 0; i < 200; i++)
        offer(&f, i % 2 ? 50 : 200, 0);
    assert_in_range(learn_frames_waiting(&f, &err), 21, 34); // kept within a second or two
    f.waiting = 40;
    f.kept = 0; // as if it was long ago
    assert_false(offer(&f, 90, 0));
    f.waiting = 39;
    assert_true(offer(&f, 90, 0));
    learn_frames_close(&f);
}

static void take(learn_frames *f, int round, int most, bool want_thinned)
{
    bool thinned;
    nn_error err = {0};
    if (learn_frames_take(f, round, most, &thinned, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(thinned, want_thinned);
}

// Every purpose gets its share, in runs; held-back pictures tell the round they came in.
static void divides_and_thins_out(void **state)
{
    (void)state;
    nn_error err = {0};
    learn_frames f = open_frames("divided", 1000);
    for (int i = 0; i < 96; i++)
        assert_true(offer(&f, i % 2 ? 50 : 200, 0));
    take(&f, 1, 1000, false);
    assert_int_equal(learn_frames_waiting(&f, &err), 0);
    learn_counts c = learn_frames_count(&f, 1);
    assert_int_equal(c.train, 60);
    assert_int_equal(c.choose, 12);
    assert_int_equal(c.held, 24);
    assert_int_equal(c.fresh, 24);
    for (int i = 0; i < 48; i++)
        offer(&f, i % 2 ? 50 : 200, 0);
    take(&f, 2, 100, true); // 36 of the older 72 go, so 108 remain
    c = learn_frames_count(&f, 2);
    assert_int_equal(c.train + c.choose + c.held, 108);
    assert_int_equal(c.fresh, 12);
    for (int i = 0; i < 48; i++)
        offer(&f, i % 2 ? 50 : 200, 0);
    take(&f, 3, 140, true);
    c = learn_frames_count(&f, 3);
    assert_int_equal(c.train + c.choose + c.held, 140);
    learn_frames_close(&f);
}

static void says_what_cannot_be_kept(void **state)
{
    (void)state;
    nn_error err = {0};
    learn_frames f = open_frames("broken", 1000);
    g_autofree char *images = g_build_filename(f.dir, "new", "images", NULL);
    g_rmdir(images);
    assert_false(offer(&f, 10, 0));
    assert_int_equal(learn_frames_waiting(&f, &err), 0);
    assert_int_not_equal(err.status, NN_OK);
    assert_non_null(strstr(err.text, "broken/new/images"));
    learn_frames_waiting(&f, &err);
    assert_int_equal(err.status, NN_OK); // reported once
    assert_false(offer(&f, 100, 0));
    learn_frames_waiting(&f, &err);
    assert_int_equal(err.status, NN_OK);
    learn_frames_close(&f);
}

static void remembers_its_state(void **state)
{
    (void)state;
    nn_error err = {0};
    learn_state a = {.phase = LEARN_TRAIN,
                     .round = 7,
                     .best = 5,
                     .before = 3,
                     .checked = 6,
                     .width = 384,
                     .height = 224,
                     .model = "street",
                     .teacher = "a.onnx,b.param"},
                b;
    test_path dir = test_make_dir("state");
    assert_int_equal(learn_state_load(&b, dir.text, &err), NN_OK); // there is no state yet
    assert_int_equal(b.round, 0);
    assert_int_equal(learn_state_save(&a, dir.text, &err), NN_OK);
    assert_int_equal(learn_state_load(&b, dir.text, &err), NN_OK);
    assert_memory_equal(&a, &b, sizeof a);
}

static void refuses_a_damaged_state(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"phase\":\"dream\",\"model\":\"a\",\"teacher\":\"b\"}",
        "{\"phase\":\"train\",\"model\":\"a\"}",
        "{\"phase\":\"train\",\"model\":7,\"teacher\":\"b\"}",
        "{\"phase\":\"train\",\"round\":-1,\"model\":\"a\",\"teacher\":\"b\"}",
        "{\"phase\":\"train\",\"round\":1,\"best\":2,\"model\":\"a\",\"teacher\":\"b\"}",
        "{\"phase\":\"train\",\"round\":1e9,\"model\":\"a\",\"teacher\":\"b\"}",
        "{\"phase\":\"train\",\"width\":33,\"model\":\"a\",\"teacher\":\"b\"}",
        "{\"phase\":\"train\",\"model\":\"a\\n\",\"teacher\":\"b\"}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        learn_state s;
        nn_error err = {0};
        assert_int_equal(learn_state_parse(&s, texts[i], strlen(texts[i]), &err), NN_EFORMAT);
        assert_true(err.text[0] != '\0');
    }
    learn_state s;
    const char *least = "{\"phase\":\"collect\",\"model\":\"a\",\"teacher\":\"b\"}";
    assert_int_equal(learn_state_parse(&s, least, strlen(least), NULL), NN_OK);
}

// A class that a model does not know counts as 0; a class without objects does not count.
static void compares_class_by_class(void **state)
{
    (void)state;
    static const char *const general =
        "{\"pictures\":9,\"infer_ms\":20,\"classes\":{\"person\":{\"ap50\":0.6,\"objects\":10},"
        "\"car\":{\"ap50\":0.8,\"objects\":5},\"bus\":{\"ap50\":null,\"objects\":0}}}";
    static const char *const special =
        "{\"pictures\":9,\"infer_ms\":2,\"classes\":{\"person\":{\"ap50\":0.9,\"objects\":10}}}";
    char *name[] = {"person", "car", "bus"};
    const nn_names classes = {name, 3};
    double objects[3] = {0};
    learn_score a, b;
    nn_error err = {0};
    assert_int_equal(learn_score_parse(&a, general, strlen(general), &classes, objects, &err),
                     NN_OK);
    assert_int_equal(learn_score_parse(&b, special, strlen(special), &classes, objects, &err),
                     NN_OK);
    assert_float_equal(a.ap50, 0.7, 1e-6);
    assert_float_equal(b.ap50, 0.45, 1e-6);
    assert_float_equal(b.infer_ms, 2, 1e-6);
    assert_int_equal(a.classes, 2);
    assert_int_equal(b.pictures, 9);
    static const char *const bad[] = {"", "{}", "{\"classes\":[]}", "{\"classes\":7}"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_int_equal(learn_score_parse(&a, bad[i], strlen(bad[i]), &classes, objects, &err),
                         NN_EFORMAT);
}

static void renumbers_feedback(void **state)
{
    (void)state;
    char *name[] = {"car", "person"};
    const nn_names classes = {name, 2};
    g_autofree char *dir = g_strdup(test_make_dir("learning").text);
    assert_int_equal(learn_feedback_prepare(dir, &classes), 0); // no feedback was given
    test_make_dir("learning/feedback");
    test_make_dir("learning/feedback/labels");
    test_write_text("learning/feedback/classes.txt", "person\ncow\ncar\n");
    test_write_text("learning/feedback/labels/a.txt",
                    "0 0.5 0.5 0.1 0.1 1.000\n1 0.2 0.2 0.1 0.1 1\n2 0.3 0.3 0.1 0.1 0.5\n9 1 1\n");
    test_write_text("learning/feedback/labels/b.txt", "");
    assert_int_equal(learn_feedback_prepare(dir, &classes), 2);
    char *text = test_read_text("learning/feedback/labels-learn/a.txt");
    assert_string_equal(text, "1 0.5 0.5 0.1 0.1 1.000\n0 0.3 0.3 0.1 0.1 0.5\n");
    free(text);
}

// Prints the priority of this process, as a step of a round.
static int say_priority(void)
{
    char weight[64] = "none\n"; // systems without autogroups have no such file
    FILE *f = fopen("/proc/self/autogroup", "r");
    if (f && !fgets(weight, sizeof weight, f))
        weight[0] = '\0';
    if (f)
        fclose(f);
    printf("policy %d own session %d weight %s", sched_getscheduler(0), getsid(0) == getpid(),
           weight);
    return 0;
}

// Steps give way to other processes, in this session and in others.
static void steps_give_way(void **state)
{
    (void)state;
    const char *const argv[] = {SAY_PRIORITY, NULL};
    learn_child c;
    learn_child_init(&c);
    assert_int_equal(learn_child_run(&c, argv, test_temp("child.log").text, NULL), NN_OK);
    learn_child_clear(&c);
    char *text = test_read_text("child.log");
    g_autofree char *words = g_strdup_printf("policy %d own session 1 weight ", SCHED_IDLE);
    const bool weighed = access("/proc/self/autogroup", W_OK) == 0; // not where /proc is read-only
    if (!strstr(text, words) || (weighed && !strstr(text, " nice 19")))
        fail_msg("%s", text);
    free(text);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], SAY_PRIORITY) == 0)
        return say_priority();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_changed),      cmocka_unit_test(divides_and_thins_out),
        cmocka_unit_test(does_not_pile_up),        cmocka_unit_test(says_what_cannot_be_kept),
        cmocka_unit_test(remembers_its_state),     cmocka_unit_test(refuses_a_damaged_state),
        cmocka_unit_test(compares_class_by_class), cmocka_unit_test(renumbers_feedback),
        cmocka_unit_test(steps_give_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
