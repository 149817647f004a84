// SPDX-License-Identifier: MIT
// Evaluation of each task against the same steps done here, its callbacks, and its errors.
#include "nn/eval/evaluation.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/eval/class_metrics.h"
#include "nn/eval/evaluate_detect.h"
#include "nn/eval/mask_metrics.h"
#include "nn/io/io.h"
#include "nn/predict/classifier.h"
#include "nn/predict/load_model.h"
#include "nn/train/task/task.h"
#include "nn/zoo/zoo.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/masks.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include <math.h>
#include <stdio.h>

enum { SIDE = 96, COUNT = 6 };

// Records the calls of an evaluation's callbacks.
typedef struct seen {
    const nn_evaluation *e;
    int calls, first, last, total; // of progress
    int pictures, boxes;
    double wrong; // sum
    int fail_at;  // the picture at which the callback fails; -1: none
} seen;

static void see_progress(void *ctx, int done, int total)
{
    seen *s = ctx;
    s->first = s->calls++ ? s->first : done;
    s->last = done;
    s->total = total;
}

static nn_status see_picture(void *ctx, const nn_scored_picture *p, nn_error *err)
{
    seen *s = ctx;
    assert_int_equal(p->index, s->pictures);
    assert_int_equal(p->frame->width > 0, 1);
    s->pictures++;
    s->boxes += p->result ? p->result->count : 0;
    s->wrong += p->wrong;
    return p->index == s->fail_at ? nn_fail(err, NN_EIO, "enough") : NN_OK;
}

static void write_model(const char *name, const char *task, const char *head, const char *options,
                        const char *const *labels, int count)
{
    nn_model *m;
    nn_error err = {0};
    nn_card card = {.network = "neroscale_alexpp",
                    .input_h = SIDE,
                    .input_w = SIDE,
                    .threshold = 0.3f,
                    .iou_threshold = 0.5f};
    snprintf(card.task, sizeof card.task, "%s", task);
    snprintf(card.head, sizeof card.head, "%s", head);
    snprintf(card.options, sizeof card.options, "classes=%d,alpha=0.125,beta=0%s", count, options);
    assert_int_equal(nn_card_set_labels(&card, labels, count, &err), NN_OK);
    if (nn_zoo_build(&m, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_zoo_init_random(m, 7, NULL);
    if (nn_model_save(m, test_temp(name).text, true, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_card_release(&card);
    nn_model_free(m);
}

// Evaluates a model file on data with the callbacks of `s`; the caller closes *e.
static nn_status evaluate(nn_evaluation *e, const char *model, nn_dataset *d, seen *s,
                          nn_error *err)
{
    nn_evaluation_options o;
    nn_evaluation_options_init(&o);
    o.threads = 1;
    o.confusion = true;
    o.ctx = s;
    o.progress = see_progress;
    o.scored = see_picture;
    const nn_status status = nn_evaluation_open(e, NULL, NULL, test_temp(model).text, &o, err);
    return status == NN_OK ? nn_evaluate_dataset(e, d, err) : status;
}

static void check_calls(const seen *s, const nn_evaluation *e)
{
    assert_int_equal(s->calls, COUNT + 1);
    assert_int_equal(s->first, 0);
    assert_int_equal(s->last, COUNT);
    assert_int_equal(s->total, COUNT);
    assert_int_equal(s->pictures, COUNT);
    assert_int_equal(e->pictures, COUNT);
    assert_true(nn_evaluation_ms_per_picture(e) > 0);
}

static const char *const pair[] = {"a", "b"};

static void make_classes(nn_dataset *d)
{
    int source;
    nn_rng rng = nn_rng_seed(3);
    assert_int_equal(nn_dataset_init(d, 0, (nn_notes){0}, NULL), NN_OK);
    assert_int_equal(nn_dataset_add_source(d, &(nn_source){.path = "made"}, &source, NULL), NN_OK);
    for (int i = 0; i < COUNT; i++) {
        nn_sample s = {.name = nn_strdup("made"),
                       .width = SIDE,
                       .height = SIDE,
                       .image = {SIDE, SIDE, nn_alloc(3 * SIDE * SIDE)},
                       .classes = nn_calloc(2, sizeof(int32_t)),
                       .class_count = 1,
                       .source = source,
                       .in_memory = true};
        s.classes[0] = i % 2;
        s.classes[1] = 1;
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            s.image.rgb[k] = (uint8_t)nn_rng_below(&rng, 40 * (i + 1));
        assert_int_equal(nn_dataset_add(d, &s, NULL), NN_OK);
    }
}

static void test_classify(void **state)
{
    (void)state;
    nn_dataset d;
    nn_evaluation e;
    nn_score score;
    nn_class_summary want;
    nn_model *m;
    nn_classifier *c;
    nn_error err = {0};
    float p[2];
    seen s = {.fail_at = -1};
    make_classes(&d);
    write_model("classes", "classify", "", "", pair, 2);
    assert_int_equal(evaluate(&e, "classes", &d, &s, &err), NN_OK);
    check_calls(&s, &e);
    assert_string_equal(e.task->name, "classify");
    assert_int_equal(nn_evaluation_score(&e, &score, &err), NN_OK);
    nn_class_metrics *by_hand = nn_class_metrics_new(2, false);
    assert_int_equal(nn_model_load(&m, test_temp("classes").text, &err), NN_OK);
    assert_int_equal(nn_classifier_new(&c, m, &(nn_classifier_options){.threads = 1}, &err), NN_OK);
    for (int i = 0; i < COUNT; i++) {
        const nn_frame f = nn_image_frame(&d.samples[i].image);
        assert_int_equal(nn_classifier_run(c, &f, p, &err), NN_OK);
        assert_int_equal(nn_class_metrics_add(by_hand, i, d.samples[i].classes, 1, p, &err), NN_OK);
    }
    assert_int_equal(nn_class_metrics_summary(by_hand, &want, &err), NN_OK);
    assert_true(score.value[0] == want.top1 && score.value[2] == want.loss);
    assert_true(nn_score_get(e.task, &score, "loss") == want.loss);
    assert_true(isnan(nn_score_get(e.task, &score, "map")));
    assert_true(isnan(nn_score_get(e.task, &score, "miou")));
    assert_true(score.worth >= want.top1 && score.worth < want.top1 + 1e-6);
    assert_int_equal(nn_score_columns(e.task), 3);
    nn_evaluation_close(&e);
    // A picture with two classes makes it a question of each.
    d.samples[0].class_count = 2;
    s = (seen){.fail_at = -1};
    assert_int_equal(evaluate(&e, "classes", &d, &s, &err), NN_OK);
    assert_true(nn_class_metrics_multi(e.metrics));
    nn_evaluation_close(&e);
    nn_class_metrics_free(by_hand);
    nn_classifier_free(c);
    nn_dataset_release(&d);
}

static void test_detect(void **state)
{
    (void)state;
    nn_dataset d;
    nn_evaluation e;
    nn_score score, chosen;
    nn_metrics_score want;
    nn_detector *detector;
    nn_result r;
    nn_error err = {0};
    int boxes = 0;
    seen s = {.fail_at = -1};
    nn_card card = {0};
    training_boxes(&d, SIDE, COUNT, 5);
    write_model("boxes", "detect", "fcos", ",neck=16", pair, 2);
    assert_int_equal(evaluate(&e, "boxes", &d, &s, &err), NN_OK);
    check_calls(&s, &e);
    assert_int_equal(nn_evaluation_score(&e, &score, &err), NN_OK);
    nn_metrics *by_hand = nn_metrics_new(2);
    nn_result_init(&r);
    assert_int_equal(nn_detector_open_to_score(&detector, test_temp("boxes").text,
                                               &(nn_detector_options){.iou_threshold = -1}, &err),
                     NN_OK);
    for (int i = 0; i < COUNT; i++) {
        const nn_sample *p = &d.samples[i];
        const nn_frame f = nn_image_frame(&p->image);
        assert_int_equal(nn_detector_run(detector, &f, &r, &err), NN_OK);
        boxes += r.count;
        assert_int_equal(nn_metrics_add(by_hand, p->truths, p->truth_count, r.boxes, r.count, &err),
                         NN_OK);
    }
    assert_true(s.boxes == boxes && boxes > 0);
    assert_int_equal(nn_metrics_compute(by_hand, -1, 0.3f, &want, &err), NN_OK);
    assert_true(score.value[0] == want.ap50 && score.value[1] == want.ap);
    assert_true(nn_score_get(e.task, &score, "objects") == want.truths && want.truths > 0);
    assert_non_null(((const nn_box_metrics *)e.metrics)->confusion);
    // The best thresholds score no less than those of the card. Objects that hardly overlap need no
    // high threshold of NMS.
    nn_evaluation_options o;
    nn_evaluation_options_init(&o);
    assert_int_equal(e.task->choose(&chosen, &card, test_temp("boxes").text, &o, &d, &err), NN_OK);
    assert_true(chosen.worth >= score.worth - 0.001 && card.iou_threshold == 0.35f);
    nn_card_release(&card);
    nn_evaluation_close(&e);
    nn_metrics_free(by_hand);
    nn_result_release(&r);
    nn_detector_free(detector);
    nn_dataset_release(&d);
}

static void test_segment(void **state)
{
    (void)state;
    static const char *const labels[] = {"background", "disc", "bar"};
    nn_dataset d;
    nn_class_map map;
    nn_evaluation e;
    nn_score score;
    nn_error err = {0};
    seen s = {.fail_at = -1};
    masks_make_folder("masks", COUNT, SIDE, 2);
    nn_class_map_identity(&map, 3);
    const test_path path = test_temp("masks");
    const nn_folder folder = {
        .path = path.text, .source = &(nn_source){.path = (char *)path.text}, .map = &map};
    assert_int_equal(nn_dataset_init(&d, 0, (nn_notes){0}, &err), NN_OK);
    assert_int_equal(nn_dataset_add_folder(&d, &folder, NN_DATA_MASKS, &err), NN_OK);
    write_model("masks.safetensors", "segment", "segment", ",neck=16", labels, 3);
    assert_int_equal(evaluate(&e, "masks.safetensors", &d, &s, &err), NN_OK);
    check_calls(&s, &e);
    assert_int_equal(nn_evaluation_score(&e, &score, &err), NN_OK);
    const nn_mask_summary want = nn_mask_metrics_summary(e.metrics);
    assert_true(score.value[0] == want.miou && score.value[1] == want.pixel_accuracy);
    // Pictures of one size, a few pixels of each not counted.
    assert_true(fabs(s.wrong / COUNT - (1 - want.pixel_accuracy)) < 0.05 && s.wrong > 0);
    nn_evaluation_close(&e);
    nn_dataset_release(&d);
}

static void test_failures(void **state)
{
    (void)state;
    nn_dataset d;
    nn_evaluation e;
    nn_error err = {0};
    seen s = {.fail_at = 2};
    make_classes(&d);
    assert_int_equal(evaluate(&e, "classes", &d, &s, &err), NN_EIO);
    assert_string_equal(err.text, "enough");
    assert_int_equal(s.pictures, 3);
    nn_evaluation_close(&e);
    assert_int_equal(evaluate(&e, "nowhere.safetensors", &d, &s, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "nowhere.safetensors"));
    nn_evaluation_close(&e);
    // Labels that the model has not got.
    s = (seen){.fail_at = -1};
    d.samples[1].classes[0] = 9;
    assert_int_equal(evaluate(&e, "classes", &d, &s, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "made"));
    nn_evaluation_close(&e);
    assert_null(nn_evaluator_find("guess"));
    nn_dataset_release(&d);
}

// What the rest of the code takes from the rows of all tasks.
static void test_rows(void **state)
{
    (void)state;
    nn_error err = {0};
    const nn_train_task *t;
    assert_int_equal(nn_train_task_unknown("guess", "--task", &err), NN_ENOTFOUND);
    for (int i = 0; (t = nn_train_task_at(i)) != NULL; i++) {
        const nn_evaluator *e = t->evaluator;
        assert_ptr_equal(nn_evaluator_find(e->name), e);
        assert_ptr_equal(nn_train_task_find(e->name), t);
        assert_non_null(strstr(err.text, e->name));
        assert_non_null(e->scores[0].column);
        assert_true(nn_score_columns(e) > 0);
        assert_true((t->weigh != NULL) == (t->weight_bytes > 0));
        // A kind gives views room for labels of one form.
        const nn_data_facts *facts = nn_data_kind_facts(e->kind);
        float room[4] = {0};
        nn_view v = {0};
        facts->attach(&v, room, 3);
        assert_true(facts->view_bytes(3, 4, 5) > 0);
        assert_int_equal((v.truths == (void *)room) + (v.targets == room) +
                             (v.labels == (void *)room) + (v.enlarged == room) +
                             (v.text == (void *)room),
                         1);
    }
    const nn_evaluator *classify = nn_evaluator_find("classify");
    assert_int_equal(nn_data_kind_facts(classify->kind)->view_bytes(0, 4, 5), 0);
}

static nn_status score_once(void *ctx, nn_error *err)
{
    nn_evaluation_options o;
    nn_score score;
    nn_evaluation_options_init(&o);
    o.threads = 1;
    return nn_evaluate_file(&score, nn_evaluator_find("detect"), test_temp("boxes").text, &o, ctx,
                            err);
}

static void test_no_memory(void **state)
{
    (void)state;
    nn_dataset d;
    training_boxes(&d, SIDE, 1, 5);
    assert_true(alloc_fail_each(score_once, &d) > 10);
    nn_dataset_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classify), cmocka_unit_test(test_detect),
        cmocka_unit_test(test_segment),  cmocka_unit_test(test_failures),
        cmocka_unit_test(test_rows),     cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
