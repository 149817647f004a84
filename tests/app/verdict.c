// SPDX-License-Identifier: MIT
// The sentences of a verdict, from invented numbers.
#include "app/report/verdict.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

static const app_verdict_class cars[] = {{"car", 0.91, 200, 900},
                                         {"bus", 0.62, 40, 90},
                                         {"truck", 0.2, 60, 12},
                                         {"van", (double)NAN, 0, 0}};
// 12 of 40 buses are taken for trucks.
static const double taken[16] = {180, 1, 1, 0, 0, 20, 12, 0, 3, 1, 12, 0, 0, 0, 0, 0};

static app_verdict_facts detector(void)
{
    return (app_verdict_facts){.score_name = "AP50",
                               .unit = "objects",
                               .learnt = "boxes",
                               .good = 0.8,
                               .fair = 0.5,
                               .classes = cars,
                               .class_count = 4,
                               .confusion = taken,
                               .pictures = 80,
                               .misses = {.all = {300, 60},
                                          .small = {70, 40},
                                          .border = {50, 10},
                                          .crowded = {20, 4},
                                          .boxes = 250,
                                          .nothing = 10,
                                          .width = 80 * 1920.0,
                                          .height = 80 * 1080.0,
                                          .pictures = 80},
                               .threshold = 0.4,
                               .iou_threshold = 0.6,
                               .input_w = 480,
                               .input_h = 272};
}

// The sentences, one on each line.
static char *say(const app_verdict_facts *f)
{
    g_autoptr(GPtrArray) list = app_verdict(f);
    assert_in_range(list->len, 1, APP_VERDICT_MOST);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(out, "%s\n", (const char *)list->pdata[i]);
    return g_string_free(out, FALSE);
}

static void says(const app_verdict_facts *f, const char *words)
{
    g_autofree char *text = say(f);
    if (!strstr(text, words))
        fail_msg("no '%s' in: %s", words, text);
}

static void says_not(const app_verdict_facts *f, const char *words)
{
    g_autofree char *text = say(f);
    if (strstr(text, words))
        fail_msg("'%s' in: %s", words, text);
}

static void test_detector(void **state)
{
    (void)state;
    app_verdict_facts f = detector();
    says(&f, "good at car (AP50 0.91); fair at bus (0.62); poor at truck (0.20); confuses bus with "
             "truck (12 of 40 objects)\n");
    says(&f, "40 of 60 missed objects are smaller than 16 pixels in the 480x272 input: train with "
             "--size 960x544\n");
    says(&f, "van cannot be learnt: no boxes of it to train on\n");
    f.class_count = 3;
    f.confusion = NULL;
    says(&f, "truck has only 12 boxes to learn from: label more");
    says_not(&f, "confuses");
    says_not(&f, "only 80 pictures");
    f.pictures = 8;
    says(&f, "only 8 pictures were scored");
}

static void test_misses(void **state)
{
    (void)state;
    app_verdict_facts f = detector();
    f.misses.width = 80 * 480.0; // no larger than the input
    f.misses.height = 80 * 272.0;
    says(&f,
         "40 of 60 missed objects are smaller than 16 pixels in the 480x272 input: the pictures "
         "have no more pixels");
    f.misses.small.objects = 300; // all are small: size explains nothing
    f.misses.small.missed = 60;
    says_not(&f, "smaller than");
    says(&f, "misses 60 of 300 objects: a --threshold below 0.40 finds more");
    f.misses.border = (nn_misses_of){50, 30};
    says(&f,
         "30 of 60 missed objects are cut by the border of the picture: train with --translate");
    f.misses.crowded = (nn_misses_of){50, 40};
    says(&f, "40 of 60 missed objects overlap others: try a higher --iou-threshold (it is 0.60)");
    f.misses.all.missed = 20; // few of 300
    f.misses.small.missed = f.misses.border.missed = f.misses.crowded.missed = 10;
    says_not(&f, "miss");
}

static void test_false_boxes(void **state)
{
    (void)state;
    app_verdict_facts f = detector();
    says_not(&f, "boxes are");
    f.misses.nothing = 100;
    says(&f,
         "100 of 250 boxes are on nothing: add pictures without objects (--negatives DIR), or use "
         "a --threshold above 0.40\n");
    f.misses.nothing = 0;
    f.misses.doubled = 60;
    says(&f,
         "60 of 250 boxes are second ones on an object: try a lower --iou-threshold (it is 0.60)");
    f.misses.doubled = 0;
    f.misses.beside = 70;
    says(&f, "70 of 250 boxes are too loose or beside their object");
}

static void test_training(void **state)
{
    (void)state;
    app_verdict_epoch epochs[16];
    app_verdict_facts f = detector();
    f.epochs = epochs;
    f.epoch_count = f.all_epochs = 16;
    for (int i = 0; i < 16; i++) // every second epoch is validated
        epochs[i] =
            (app_verdict_epoch){2.0 / (i + 1), i % 2 ? 0.8 - 0.5 / (1 + i * i) : (double)NAN};
    says_not(&f, "still");
    for (int i = 0; i < 16; i++)
        epochs[i].score = i % 2 ? 0.05 * i : (double)NAN;
    says(&f,
         "the score still rose at the end (0.55 to 0.75 in 4 epochs): train longer, --epochs 32\n");
    for (int i = 0; i < 16; i++)
        epochs[i].score = i < 7 ? 0.1 * i + 0.21 : 0.81 - 0.01 * (i - 6);
    says(&f,
         "over-fits: after epoch 7 the validation score fell from 0.81 to 0.72 while the training "
         "loss still fell");
    for (int i = 0; i < 16; i++)
        epochs[i].loss = 1; // the training loss does not fall either: no overfitting, only noise
    says_not(&f, "over-fits");
    f.epoch_count = f.all_epochs = 3;
    epochs[0].score = 0.1;
    epochs[1].score = 0.2;
    epochs[2].score = 0.3;
    says(&f, "rose at the end (0.20 to 0.30 in 1 epoch): train longer, --epochs 6");
    f.epoch_count = 1;
    says_not(&f, "still rose");
    f.epoch_count = 0;
    f.epochs = NULL;
    says_not(&f, "still rose");
}

static void test_classifier(void **state)
{
    (void)state;
    static const char *const names[] = {"ant", "bee", "cow", "dog", "elk", "fox"};
    static const double scores[] = {1, 0.95, 0.9, 0.85, 0.81, 0.4};
    app_verdict_class classes[6];
    double confusion[36] = {0};
    for (int i = 0; i < 6; i++) {
        classes[i] = (app_verdict_class){names[i], scores[i], 20, -1};
        confusion[7 * i] = 20 * scores[i];
    }
    confusion[5 * 6 + 3] = 12;
    const app_verdict_facts f = {.score_name = "F1",
                                 .unit = "pictures",
                                 .learnt = "pictures",
                                 .good = 0.8,
                                 .fair = 0.5,
                                 .classes = classes,
                                 .class_count = 6,
                                 .confusion = confusion,
                                 .pictures = 120};
    says(&f, "good at 5 classes, best ant (F1 1.00), bee (0.95), cow (0.90); poor at fox (0.40); "
             "confuses fox with dog (12 of 20 pictures)\n");
    says_not(&f, "learn from");
    for (int i = 0; i < 6; i++)
        classes[i].learnt = 30 + i;
    says(&f, "fox has only 35 pictures to learn from, others not many more: label more");
    for (int i = 0; i < 6; i++)
        classes[i].score = 0;
    says(&f, "finds nothing yet: F1 is 0.00 for every class");
    for (int i = 0; i < 6; i++)
        classes[i].objects = 0;
    says(&f, "nothing to score");
    const app_verdict_facts none = {.score_name = f.score_name, .unit = f.unit, .pictures = 5};
    says_not(&none, "nothing to score");
}

static void test_segment(void **state)
{
    (void)state;
    static const app_verdict_class classes[] = {
        {"background", 0.98, 90000, 50}, {"road", 0.75, 8000, 50}, {"kerb", 0.35, 2000, 50}};
    static const double confusion[9] = {88000, 1000, 1000, 500, 7400, 100, 600, 460, 940};
    const app_verdict_facts f = {.score_name = "IoU",
                                 .unit = "pixels",
                                 .learnt = "pictures",
                                 .pixels = true,
                                 .good = 0.7,
                                 .fair = 0.4,
                                 .classes = classes,
                                 .class_count = 3,
                                 .confusion = confusion,
                                 .pictures = 30};
    says(&f, "good at background (IoU 0.98), road (0.75); poor at kerb (0.35); confuses kerb with "
             "background (30 % of its pixels)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detector),    cmocka_unit_test(test_misses),
        cmocka_unit_test(test_false_boxes), cmocka_unit_test(test_training),
        cmocka_unit_test(test_classifier),  cmocka_unit_test(test_segment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
