// SPDX-License-Identifier: MIT
// A run changes its model while it plays: the callback reports the outcome, and playing continues.
#include "pipeline/pipeline.h"

#include "clip.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <glib.h>
#include <string.h>

typedef struct Watch {
    vp_pipeline *p;
    const char *other, *names; // the model that is set, and the file of its class names
    int told, refused, lines;
    char last[600];
} Watch;

static void on_model(void *user, const char *model, const char *refused)
{
    Watch *w = user;
    assert_string_equal(model, w->other);
    w->told++;
    w->refused += refused != NULL;
    g_strlcpy(w->last, refused ? refused : "", sizeof w->last);
    vp_pipeline_stop(w->p);
}

static void on_notice(void *user, const char *line)
{
    Watch *w = user;
    w->lines++;
    g_strlcpy(w->last, line, sizeof w->last);
    vp_pipeline_stop(w->p);
}

static void on_frame(void *user, int64_t frame, const nn_result *result)
{
    Watch *w = user;
    (void)result;
    if (frame == 20)
        vp_pipeline_set_model(w->p, w->other, NULL, w->names);
}

static vp_stats run(Watch *w, const char *model, bool with_callback)
{
    nn_error err = {0};
    const vp_options o = {.input = "test",
                          .model = model,
                          .threshold = -1,
                          .iou_threshold = -1,
                          .interval = 1,
                          .threads = 1,
                          .max_frames = 20000,
                          .on_frame = on_frame,
                          .on_notice = on_notice,
                          .on_model = with_callback ? on_model : NULL,
                          .user = w};
    if (vp_pipeline_open(&w->p, &o, &err) != NN_OK || vp_pipeline_run(w->p, &err) != NN_OK)
        fail_msg("%s", err.text);
    const vp_stats s = vp_pipeline_stats(w->p);
    vp_pipeline_free(w->p);
    return s;
}

static void changes_its_model(void **state)
{
    (void)state;
    g_autofree char *a = clip_path("a.safetensors"), *b = clip_path("b.safetensors");
    model_write(a);
    model_write(b);
    Watch w = {.other = b};
    vp_stats s = run(&w, a, true);
    assert_int_equal(w.told, 1);
    assert_int_equal(w.refused, 0);
    assert_in_range(s.frames, 20, 19999);
    assert_int_equal(s.inferred, s.frames); // each frame was, by the one or the other
    w = (Watch){.other = b};
    run(&w, a, false);
    assert_int_equal(w.lines, 1);
    assert_non_null(strstr(w.last, "the model is now"));
}

// Class names belong to one model and are not kept for the next.
static void names_go_with_the_model(void **state)
{
    (void)state;
    g_autofree char *a = clip_path("a.safetensors"), *b = clip_path("b.safetensors");
    g_autofree char *two = clip_text("two.txt", "cow\nhorse\n");
    g_autofree char *three = clip_text("three.txt", "cow\nhorse\npig\n");
    const char *const names[] = {NULL, two, three};
    model_write(a);
    model_write(b);
    for (int i = 0; i < 3; i++) {
        Watch w = {.other = b, .names = names[i]};
        run(&w, a, true);
        assert_int_equal(w.told, 1);
        assert_int_equal(w.refused, i == 2);
    }
}

static void refuses_a_damaged_one(void **state)
{
    (void)state;
    g_autofree char *a = clip_path("a.safetensors"), *b = clip_path("damaged.safetensors");
    model_write(a);
    test_write(b, "none", 4);
    Watch w = {.other = b};
    vp_stats s = run(&w, a, true);
    assert_int_equal(w.told, 1);
    assert_int_equal(w.refused, 1);
    assert_non_null(strstr(w.last, "damaged.safetensors"));
    assert_int_equal(s.inferred, s.frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_its_model),
        cmocka_unit_test(names_go_with_the_model),
        cmocka_unit_test(refuses_a_damaged_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
