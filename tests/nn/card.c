// SPDX-License-Identifier: MIT
// Model cards as JSON: round trip in any locale, missing and wrong fields.
#include "nn/base/memory.h"
#include "nn/io/io.h"
#include "nn/vision/skeleton.h"
#include "tests/support/test.h"

#include <locale.h>
#include <string.h>

static const uint8_t joints[][2] = {{0, 2}, {2, 1}};
static const nn_skeleton posed = {3, (const char *const[]){"head", "foot", "neck"}, joints, 2};

static nn_card make_card(void)
{
    nn_card card = {
        .network = "neroscale_alexpp",
        .options = "classes=2,alpha=0.25",
        .task = "detect",
        .head = "fcos",
        .input_h = 288,
        .input_w = 384,
        .mean = {0.485f, 0.456f, 0.406f},
        .std = {0.1f, 1.0f / 3, 255},
        .bgr = true,
        .stretch = true,
        .notice = nn_strdup("Derived from X (MIT).\nPictures: Y, CC BY 2.0"),
        .sigmoid = true,
        .crop = 0.9f,
        .object_sizes = {0.02f, 0.05f, 0.08f, 0.125f, 0.3f},
        .anchors = {2, {{16, 2, {{10, 14}, {23.5f, 27}}, 1.05f}, {32, 1, {{81, 82}}, 0}}},
        .keypoints = nn_skeleton_keep(&posed),
        .threshold = 0.35f,
        .iou_threshold = 0.6f};
    const char *const labels[] = {"person", "\"Fu\xc3\x9fg\xc3\xa4nger\""};
    assert_int_equal(nn_card_set_labels(&card, labels, 2, NULL), NN_OK);
    assert_int_equal(nn_card_set_class_thresholds(&card, (const float[]){0.51f, 0.3f}, NULL),
                     NN_OK);
    assert_int_equal(nn_card_set_training(&card, "{\"epochs\":12,\"ap50\":0.9125}", NULL), NN_OK);
    return card;
}

static void check_round_trip(const nn_card *card)
{
    char *json;
    nn_error err = {0};
    if (nn_card_to_json(card, &json, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_card back;
    if (nn_card_from_json(&back, json, &err) != NN_OK)
        fail_msg("%s in %s", err.text, json);
    nn_free(json);
    assert_string_equal(back.network, card->network);
    assert_string_equal(back.options, card->options);
    assert_string_equal(back.task, card->task);
    assert_string_equal(back.head, card->head);
    assert_int_equal(back.input_h, card->input_h);
    assert_int_equal(back.input_w, card->input_w);
    assert_memory_equal(back.mean, card->mean, sizeof card->mean);
    assert_memory_equal(back.std, card->std, sizeof card->std);
    assert_int_equal(back.bgr, card->bgr);
    assert_int_equal(back.stretch, card->stretch);
    assert_int_equal(back.reshape, card->reshape);
    if (card->notice)
        assert_string_equal(back.notice, card->notice);
    else
        assert_null(back.notice);
    assert_int_equal(back.sigmoid, card->sigmoid);
    assert_true(back.crop == card->crop);
    assert_true(back.threshold == card->threshold && back.iou_threshold == card->iou_threshold);
    if (card->class_thresholds)
        assert_memory_equal(back.class_thresholds, card->class_thresholds,
                            (size_t)card->label_count * sizeof(float));
    else
        assert_null(back.class_thresholds);
    assert_memory_equal(back.object_sizes, card->object_sizes, sizeof card->object_sizes);
    assert_memory_equal(&back.anchors, &card->anchors, sizeof card->anchors);
    assert_ptr_equal(back.keypoints, card->keypoints); // equal ones are kept once
    assert_int_equal(back.label_count, card->label_count);
    assert_int_equal(back.rival_count, card->rival_count);
    for (int i = 0; i < nn_card_classes(card); i++)
        assert_string_equal(back.labels[i], card->labels[i]);
    if (card->training)
        assert_string_equal(back.training, card->training);
    else
        assert_null(back.training);
    nn_card_release(&back);
}

static void test_round_trip(void **state)
{
    (void)state;
    nn_card card = make_card();
    check_round_trip(&card);
    assert_int_equal(nn_card_set_training(&card, NULL, NULL), NN_OK);
    check_round_trip(&card);
    nn_card_set_rivals(&card, 1);
    assert_int_equal(card.label_count, 1);
    assert_int_equal(nn_card_classes(&card), 2);
    check_round_trip(&card);
    nn_card copy = {0};
    assert_int_equal(nn_card_copy(&copy, &card, NULL), NN_OK);
    assert_true(copy.class_thresholds != card.class_thresholds);
    check_round_trip(&copy);
    assert_int_equal(copy.label_count, 1);
    assert_string_equal(copy.labels[1], card.labels[1]);
    assert_int_equal(nn_card_set_labels(&copy, (const char *const[]){"a"}, 1, NULL), NN_OK);
    assert_int_equal(copy.rival_count, 0);
    assert_null(copy.class_thresholds); // they were for other classes
    check_round_trip(&copy);
    nn_card_release(&copy);
    nn_card_release(&card);
}

// Readable by people: 0.35, not 0.349999994.
static void test_text(void **state)
{
    (void)state;
    nn_card card = make_card();
    char *json;
    assert_int_equal(nn_card_to_json(&card, &json, NULL), NN_OK);
    assert_non_null(strstr(json, "\"mean\":[0.485,0.456,0.406]"));
    assert_non_null(strstr(json, "\"input\":[288,384]"));
    assert_non_null(strstr(json, "\"threshold\":0.35,\"thresholds\":[0.51,0.3],"));
    assert_non_null(strstr(json, "\"anchors\":{\"16\":[[10,14],[23.5,27]],\"32\":[[81,82]]}"));
    assert_non_null(strstr(json, "\"scale_x_y\":{\"16\":1.05}"));
    assert_non_null(strstr(json, "\"keypoints\":[\"head\",\"foot\",\"neck\"]"));
    assert_non_null(strstr(json, "\"skeleton\":[[0,2],[2,1]]"));
    assert_non_null(strstr(json, "\"training\":{\"epochs\":12,\"ap50\":0.9125}"));
    nn_free(json);
    nn_card_release(&card);
}

// Labels that are renamed keep the thresholds, others do not; the lowest is that of no box.
static void test_class_thresholds(void **state)
{
    (void)state;
    nn_card card = make_card();
    assert_true(nn_card_threshold_of(&card, 0) == 0.51f);
    assert_true(nn_card_threshold_of(&card, 1) == 0.3f);
    assert_true(nn_card_lowest_threshold(&card) == 0.3f);
    assert_int_equal(nn_card_read_labels(&card, "man,bird", NULL), NN_OK);
    assert_true(nn_card_threshold_of(&card, 0) == 0.51f);
    assert_int_equal(nn_card_read_labels(&card, "man,bird,cow", NULL), NN_OK);
    assert_true(nn_card_threshold_of(&card, 2) == 0.35f && nn_card_threshold_of(&card, 0) == 0.35f);
    assert_true(nn_card_lowest_threshold(&card) == 0.35f);
    nn_card_release(&card);
    card = make_card();
    nn_card_set_rivals(&card, 1);
    assert_true(nn_card_threshold_of(&card, 1) == 0.35f);
    assert_true(nn_card_lowest_threshold(&card) == 0.51f);
    assert_int_equal(nn_card_set_class_thresholds(&card, NULL, NULL), NN_OK);
    assert_true(nn_card_threshold_of(&card, 0) == 0.35f);
    nn_card_release(&card);
}

static void test_comma_locale(void **state)
{
    (void)state;
    // Not every machine has one of these; then this repeats test_round_trip.
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
        setlocale(LC_ALL, "C.UTF-8");
    test_round_trip(state);
    test_text(state);
    setlocale(LC_ALL, "C");
}

static void test_bad_training(void **state)
{
    (void)state;
    nn_card card = make_card();
    char *json;
    nn_error err = {0};
    assert_int_equal(nn_card_set_training(&card, "[1]", NULL), NN_OK);
    assert_int_equal(nn_card_to_json(&card, &json, &err), NN_EINVAL);
    assert_null(json);
    assert_int_equal(nn_card_set_training(&card, "{", NULL), NN_OK);
    assert_int_equal(nn_card_to_json(&card, &json, &err), NN_EFORMAT);
    nn_card_release(&card);
}

#define HEAD "{\"version\":1,\"network\":\"n\",\"options\":\"\",\"task\":\"detect\",\"head\":\"h\","
#define SIZE "\"input\":[32,64],\"mean\":[0,0,0],\"std\":[1,1,1],"
#define TAIL "\"threshold\":0.5,\"iou_threshold\":0.5}"

static const struct {
    const char *json;
    nn_status status;
    const char *says;
} BAD[] = {
    {"", NN_EFORMAT, "damaged"},
    {"[]", NN_EFORMAT, "no version"},
    {"{}", NN_EFORMAT, "no version"},
    {"{\"version\":\"1\"}", NN_EFORMAT, "no version"},
    {"{\"version\":2}", NN_EUNSUPPORTED, "version 2"},
    {"{\"version\":1}", NN_EFORMAT, "'network'"},
    {"{\"version\":1,\"network\":5}", NN_EFORMAT, "'network'"},
    {"{\"version\":1,\"network\":\"a\\nb\"}", NN_EFORMAT, "'network'"},
    {"{\"version\":1,\"network\":\"0123456789012345678901234567890123456789012345678901234567890123"
     "\"}",
     NN_EFORMAT, "'network'"},
    {HEAD SIZE TAIL, NN_EFORMAT, "'labels'"},
    {HEAD SIZE "\"labels\":{}," TAIL, NN_EFORMAT, "'labels'"},
    {HEAD SIZE "\"labels\":[\"a\",2]," TAIL, NN_EFORMAT, "label 1"},
    {HEAD SIZE "\"labels\":[\"\\u001b[31m\"]," TAIL, NN_EFORMAT, "label 0"},
    {HEAD SIZE "\"labels\":[\"a\"],\"rivals\":{}," TAIL, NN_EFORMAT, "'rivals'"},
    {HEAD SIZE "\"labels\":[],\"rivals\":[\"a\"]," TAIL, NN_EFORMAT, "'rivals'"},
    {HEAD SIZE "\"labels\":[\"a\"],\"rivals\":[\"b\",{}]," TAIL, NN_EFORMAT, "rival 1"},
    {HEAD SIZE "\"labels\":[],\"training\":[]," TAIL, NN_EFORMAT, "'training'"},
    {HEAD SIZE "\"labels\":[],\"threshold\":1.5,\"iou_threshold\":0}", NN_EFORMAT, "'threshold'"},
    {HEAD SIZE "\"labels\":[],\"threshold\":1}", NN_EFORMAT, "'iou_threshold'"},
    {HEAD SIZE "\"labels\":[\"a\"],\"thresholds\":0.5," TAIL, NN_EFORMAT, "'thresholds'"},
    {HEAD SIZE "\"labels\":[\"a\"],\"thresholds\":[]," TAIL, NN_EFORMAT, "'thresholds'"},
    {HEAD SIZE "\"labels\":[\"a\"],\"thresholds\":[1,0]," TAIL, NN_EFORMAT, "'thresholds'"},
    {HEAD SIZE "\"labels\":[\"a\"],\"thresholds\":[1.1]," TAIL, NN_EFORMAT, "'thresholds'"},
    {HEAD SIZE "\"labels\":[],\"thresholds\":[\"a\"]," TAIL, NN_EFORMAT, "'thresholds'"},
    {HEAD "\"input\":[0,64],\"labels\":[]," TAIL, NN_EFORMAT, "'input'"},
    {HEAD "\"input\":[64],\"labels\":[]," TAIL, NN_EFORMAT, "'input'"},
    {HEAD "\"input\":[64,64,64],\"labels\":[]," TAIL, NN_EFORMAT, "'input'"},
    {HEAD "\"input\":[64,1e30],\"labels\":[]," TAIL, NN_EFORMAT, "'input'"},
    {HEAD "\"input\":[64,64],\"mean\":[0,0,\"0\"],\"labels\":[]," TAIL, NN_EFORMAT, "'mean'"},
    {HEAD "\"input\":[64,64],\"mean\":[0,0,0],\"std\":[1,0,1],\"labels\":[]," TAIL, NN_EFORMAT,
     "'std'"},
    {HEAD SIZE "\"labels\":[],\"keypoints\":{}," TAIL, NN_EFORMAT, "'keypoints'"},
    {HEAD SIZE "\"labels\":[],\"keypoints\":[]," TAIL, NN_EFORMAT, "'keypoints'"},
    {HEAD SIZE "\"labels\":[],\"keypoints\":[\"a\",7]," TAIL, NN_EFORMAT, "number 1"},
    {HEAD SIZE "\"labels\":[],\"keypoints\":[\"a\"],\"skeleton\":5," TAIL, NN_EFORMAT,
     "'skeleton'"},
    {HEAD SIZE "\"labels\":[],\"keypoints\":[\"a\"],\"skeleton\":[[0,1]]," TAIL, NN_EFORMAT,
     "two of 0 .. 0"},
    {HEAD SIZE "\"labels\":[],\"keypoints\":[\"a\"],\"skeleton\":[[0,-1]]," TAIL, NN_EFORMAT,
     "two of 0 .. 0"},
    {HEAD SIZE "\"labels\":[],\"anchors\":[[1,2]]," TAIL, NN_EFORMAT, "'anchors'"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"0\":[[1,2]]}," TAIL, NN_EFORMAT, "strides"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"-8\":[[1,2]]}," TAIL, NN_EFORMAT, "strides"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"8x\":[[1,2]]}," TAIL, NN_EFORMAT, "strides"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"9999999999\":[[1,2]]}," TAIL, NN_EFORMAT, "strides"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"8\":[[1,2]],\"8\":[[1,2]]}," TAIL, NN_EFORMAT,
     "strides"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"1\":[[1,2]],\"2\":[[1,2]],\"3\":[[1,2]],\"4\":[[1,2]],"
               "\"5\":[[1,2]],\"6\":[[1,2]],\"7\":[[1,2]],\"8\":[[1,2]],\"9\":[[1,2]]}," TAIL,
     NN_EFORMAT, "up to 8 different strides"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"8\":[]}," TAIL, NN_EFORMAT, "stride 8"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"8\":[1,2]}," TAIL, NN_EFORMAT, "number 0"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"8\":[[1,2],[1]]}," TAIL, NN_EFORMAT, "number 1"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"8\":[[1,2],[0,1]]}," TAIL, NN_EFORMAT, "number 1"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"8\":[[1,1e30]]}," TAIL, NN_EFORMAT, "number 0"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"8\":[[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],["
               "1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2]]}," TAIL,
     NN_EFORMAT, "1 to 16 pairs"},
    {HEAD SIZE "\"labels\":[],\"scale_x_y\":{\"8\":2}," TAIL, NN_EFORMAT, "'scale_x_y'"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"8\":[[1,2]]},\"scale_x_y\":{\"8\":0}," TAIL,
     NN_EFORMAT, "from 1"},
    {HEAD SIZE "\"labels\":[],\"anchors\":{\"8\":[[1,2]]},\"scale_x_y\":2," TAIL, NN_EFORMAT,
     "'scale_x_y'"},
};

static void test_bad_cards(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        nn_card card;
        nn_error err = {0};
        nn_status status = nn_card_from_json(&card, BAD[i].json, &err);
        if (status != BAD[i].status || !strstr(err.text, BAD[i].says))
            fail_msg("%s: %s: '%s'", BAD[i].json, nn_status_name(status), err.text);
        assert_null(card.labels);
        assert_null(card.training);
    }
    nn_card card;
    assert_int_equal(nn_card_from_json(&card, HEAD SIZE "\"labels\":[]," TAIL, NULL), NN_OK);
    nn_card_release(&card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_text),
        cmocka_unit_test(test_comma_locale), cmocka_unit_test(test_bad_training),
        cmocka_unit_test(test_bad_cards),    cmocka_unit_test(test_class_thresholds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
