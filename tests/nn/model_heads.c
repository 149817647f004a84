// SPDX-License-Identifier: MIT
// How an ONNX model gets its head: by shape, by name, by a sidecar; and the error when it gets
// none.
#include "nn/graph/plan.h"
#include "nn/io/io.h"
#include "nn/io/sidecar.h"
#include "nn/predict/detector.h"
#include "nn/predict/graph_card.h"
#include "nn/predict/load_model.h"
#include "nn/vision/decode/decode.h"
#include "nn/zoo/heads.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/heads.h"
#include "tests/support/onnx_message.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { W = 96, H = 64, CLASSES = 3 };

static const head_object objects[] = {{20, 14, 14, 18, 0.9f, 0}, {60, 40, 30, 20, 0.8f, 0}};

static int classes_of(const char *head)
{
    return heads_classes(head, CLASSES);
}

static test_path write_model(const char *head)
{
    head_outputs o = heads_make(head, H, W, 1, classes_of(head));
    for (int i = 0; i < 2; i++)
        heads_plant(&o, head, H, W, 0, i, &objects[i]);
    char name[64];
    snprintf(name, sizeof name, "%s.onnx", head);
    const test_path path = test_temp(name);
    heads_write_model(path.text, &o, 1, H, W);
    heads_release(&o);
    return path;
}

static nn_status open_model(const char *path, const char *head, const char *labels, nn_detector **d,
                            nn_error *err)
{
    const nn_detector_options o = {
        .threads = 1, .threshold = -1, .iou_threshold = -1, .head = head, .labels = labels};
    *err = (nn_error){0};
    nn_status status = nn_detector_open(d, path, &o, err);
    if (status != NN_OK && (!strstr(err->text, path) || strchr(err->text, '\n')))
        fail_msg("'%s' does not name %s", err->text, path);
    return status;
}

static void expect_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no '%s' in '%s'", part, text);
}

// A grey frame twice the size of the input: the planted boxes, twice as large.
static void expect_boxes(nn_detector *d, const char *head)
{
    static uint8_t grey[4 * W * H];
    const nn_frame f = {.format = NN_PIXEL_GRAY8,
                        .width = 2 * W,
                        .height = 2 * H,
                        .plane = {grey},
                        .stride = {2 * W}};
    nn_error err;
    nn_result r;
    nn_result_init(&r);
    assert_int_equal(nn_detector_run(d, &f, &r, &err), NN_OK);
    if (!strcmp(head, "classify")) {
        assert_int_equal(r.count, 1);
        assert_true(r.boxes[0].x1 == 2 * W && r.boxes[0].y1 == 2 * H);
    } else if (r.count != 2) {
        fail_msg("%s: %d boxes", head, r.count);
    }
    for (int i = 0; i < r.count && r.count == 2; i++) {
        const nn_box *b = &r.boxes[i];
        const head_object *o = &objects[i];
        const float want[] = {2 * o->cx - o->w, 2 * o->cy - o->h, 2 * o->cx + o->w,
                              2 * o->cy + o->h};
        if (!(fabsf(b->x0 - want[0]) < 0.05f && fabsf(b->y0 - want[1]) < 0.05f &&
              fabsf(b->x1 - want[2]) < 0.05f && fabsf(b->y1 - want[3]) < 0.05f))
            fail_msg("%s: %g %g %g %g", head, b->x0, b->y0, b->x1, b->y1);
    }
    // A graph whose outputs are those of one frame gets the frames of a batch one by one.
    const nn_frame frames[] = {f, f, f};
    nn_result batch[3];
    for (int i = 0; i < 3; i++)
        nn_result_init(&batch[i]);
    if (nn_detector_run_batch(d, frames, 3, batch, &err) != NN_OK)
        fail_msg("%s: %s", head, err.text);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(batch[i].count, r.count);
        assert_memory_equal(batch[i].boxes, r.boxes, (size_t)r.count * sizeof *r.boxes);
        nn_result_release(&batch[i]);
    }
    nn_result_release(&r);
}

static void test_every_head(void **state)
{
    (void)state;
    for (int i = 0; i < nn_decoder_count(); i++) {
        const nn_decoder *decoder = nn_decoder_at(i);
        if (!heads_plants(decoder) && !decoder->whole_frame)
            continue;
        const test_path path = write_model(decoder->name);
        nn_detector *d;
        nn_error err;
        const nn_status status = open_model(path.text, NULL, NULL, &d, &err);
        if ((decoder->exporter_task && !decoder->by_shape) ||
            !strcmp(decoder->name, "rtdetr_lists")) {
            // its file would tell: without that it is taken for another head, or refused
            if (status == NN_OK)
                nn_detector_free(d);
        } else if (!decoder->by_shape || !strncmp(decoder->name, "yolox", 5) ||
                   !strncmp(decoder->name, "detr", 4) || !strcmp(decoder->name, "rtdetr_logits") ||
                   !strcmp(decoder->name, "nanodet")) {
            assert_int_equal(status, NN_EUNSUPPORTED);
            expect_has(err.text, "could be those of");
            expect_has(err.text, decoder->name);
        } else if (status != NN_OK) {
            fail_msg("%s", err.text);
        } else {
            const nn_card *card = nn_detector_card(d);
            assert_true(card->guessed);
            assert_string_equal(card->head, decoder->name);
            const nn_zoo_head *own = nn_zoo_head_find(decoder->name);
            assert_string_equal(card->task, decoder->whole_frame ? "classify"
                                            : own                ? own->task
                                                                 : "detect");
            expect_boxes(d, decoder->name);
            nn_detector_free(d);
        }
        if (open_model(path.text, decoder->name, NULL, &d, &err) != NN_OK)
            fail_msg("%s", err.text);
        assert_false(nn_detector_card(d)->guessed);
        expect_boxes(d, decoder->name);
        nn_detector_free(d);
    }
}

static void test_wrong_heads(void **state)
{
    (void)state;
    const test_path path = write_model("yolov8");
    nn_detector *d;
    nn_error err;
    for (int i = 0; i < nn_decoder_count(); i++) {
        const char *head = nn_decoder_at(i)->name;
        // what follows the classes could be there, too
        if (!strcmp(head, "yolov8") || !strcmp(head, "yolov8_obb") || !strcmp(head, "yolov8_pose2"))
            continue;
        assert_int_equal(open_model(path.text, head, NULL, &d, &err), NN_ESHAPE);
        assert_null(d);
        expect_has(err.text, head);
        expect_has(err.text, "output0 1x7x126"); // what there is
        expect_has(err.text, "needed");
    }
    const nn_detector_options unknown = {.head = "yolov88"};
    assert_int_equal(nn_detector_open(&d, path.text, &unknown, &err), NN_ENOTFOUND);
    expect_has(err.text, "yolov8");
    // Outputs that no head has.
    head_outputs o = {.n = 1};
    const nn_shape shape = {3, {1, 5, 5}};
    o.output[0].name = "odd";
    assert_int_equal(nn_tensor_init(&o.output[0].tensor, NN_F32, &shape, NULL), NN_OK);
    const test_path odd = test_temp("odd.onnx");
    heads_write_model(odd.text, &o, 1, H, W);
    heads_release(&o);
    assert_int_equal(open_model(odd.text, NULL, NULL, &d, &err), NN_EUNSUPPORTED);
    expect_has(err.text, "odd 1x5x5");
    expect_has(err.text, "suit none of the");
    nn_model *m; // but it can be looked at
    assert_int_equal(nn_model_load(&m, odd.text, &err), NN_OK);
    assert_string_equal(m->card.head, "");
    nn_model_free(m);
}

// Rows of seven numbers that have not the name of their exporter may be several things: refused,
// and told which.
static void test_two_meanings(void **state)
{
    (void)state;
    static const struct {
        const char *name, *head; // head NULL: it is told
        nn_shape shape;
    } cases[] = {
        {"detections:0", "efficientdet_nms", {3, {1, 20, 7}}},
        {"output0", NULL, {3, {1, 20, 7}}},
        {"output", "yolov7_nms", {2, {20, 7}}},
        {"graph2_flat_predictions", "yolo_nas_flat", {2, {20, 7}}},
        {"rows", NULL, {2, {20, 7}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        head_outputs o = {.n = 1};
        o.output[0].name = cases[i].name;
        assert_int_equal(nn_tensor_init(&o.output[0].tensor, NN_F32, &cases[i].shape, NULL), NN_OK);
        const test_path path = test_temp("seven.onnx");
        heads_write_model(path.text, &o, 1, H, W);
        heads_release(&o);
        nn_detector *d;
        nn_error err;
        const nn_status status = open_model(path.text, NULL, NULL, &d, &err);
        assert_int_equal(status, cases[i].head ? NN_OK : NN_EUNSUPPORTED);
        if (cases[i].head) {
            assert_string_equal(nn_detector_card(d)->head, cases[i].head);
            nn_detector_free(d);
            continue;
        }
        expect_has(err.text, "could be those of");
        expect_has(err.text, cases[i].shape.rank == 3 ? "efficientdet_nms" : "yolov7_nms");
        expect_has(err.text, "name one as the head (--head, head=)");
    }
}

// Vectors and maps that may be embeddings, features or landmarks are taken for scores or boxes only
// where their names, a softmax, or the number of classes tell.
static void test_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *name, *head; // head NULL: it is refused
        nn_shape shape;
    } cases[] = {
        {"output", "classify", {2, {1, 1000}}},    {"output", "classify", {2, {1, 10}}},
        {"output", NULL, {2, {1, 512}}},           {"logits", "classify", {2, {1, 512}}},
        {"prob", "classify", {4, {1, 128, 1, 1}}}, {"output", NULL, {4, {1, 2048, 1, 1}}},
        {"landmarks", NULL, {2, {1, 10}}},         {"output", NULL, {2, {1, 196}}},
        {"image_embeds", NULL, {2, {1, 1000}}},    {"last_hidden_state", NULL, {3, {1, 101, 64}}},
        {"output", "rtdetr", {3, {1, 100, 68}}},   {"output", NULL, {4, {1, 256, H / 16, W / 16}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        head_outputs o = {.n = 1};
        o.output[0].name = cases[i].name;
        assert_int_equal(nn_tensor_init(&o.output[0].tensor, NN_F32, &cases[i].shape, NULL), NN_OK);
        const test_path path = test_temp("vector.onnx");
        heads_write_model(path.text, &o, 1, H, W);
        heads_release(&o);
        nn_detector *d;
        nn_error err;
        const nn_status status = open_model(path.text, NULL, NULL, &d, &err);
        if (status != (cases[i].head ? NN_OK : NN_EUNSUPPORTED))
            fail_msg("case %zu: status %d, %s", i, status, err.text);
        if (cases[i].head) {
            assert_string_equal(nn_detector_card(d)->head, cases[i].head);
            nn_detector_free(d);
        } else if (cases[i].shape.rank == 2) {
            expect_has(err.text, "--head classify, head=classify");
            assert_int_equal(open_model(path.text, "classify", NULL, &d, &err), NN_OK);
            nn_detector_free(d);
            nn_model *m; // a program that classifies takes it, prepared as the head is
            const nn_model_hints hints = {.classifies = true};
            assert_int_equal(nn_model_load_with(&m, path.text, &hints, &err), NN_OK);
            assert_string_equal(m->card.head, "classify");
            assert_float_equal(m->card.mean[0], 0.485f, 1e-6f);
            nn_model_free(m);
        }
    }
}

static void test_sidecar(void **state)
{
    (void)state;
    const test_path path = write_model("yolox_decoded");
    nn_model *m;
    nn_error err = {0};
    test_write_text("yolox_decoded.json",
                    "{\"head\": \"yolox_decoded\", \"labels\": [\"cat\", \"dog\", \"cow\"],"
                    " \"mean\": [127, 63.75, 0], \"std\": [128, 255, 51], \"range\": 255,"
                    " \"order\": \"rgb\", \"fit\": \"stretch\", \"threshold\": 0.125,"
                    " \"iou_threshold\": 0.75, \"input\": [64, 96],"
                    " \"training\": {\"by\": \"somebody\"}}");
    if (nn_model_load(&m, path.text, &err) != NN_OK)
        fail_msg("%s", err.text);
    const nn_card *c = &m->card;
    assert_string_equal(c->head, "yolox_decoded");
    assert_string_equal(c->labels[2], "cow");
    assert_float_equal(c->mean[0], 127 / 255.0f, 1e-6f);
    assert_float_equal(c->mean[1], 0.25f, 1e-6f);
    assert_float_equal(c->std[1], 1, 1e-6f);
    assert_float_equal(c->std[2], 0.2f, 1e-6f);
    assert_true(!c->bgr && c->stretch && !c->guessed);
    assert_true(c->threshold == 0.125f && c->iou_threshold == 0.75f);
    assert_true(c->input_h == H && c->input_w == W);
    nn_model_free(m);
    nn_detector *d;
    assert_int_equal(open_model(path.text, NULL, NULL, &d, &err), NN_OK);
    expect_boxes(d, "yolox_decoded");
    nn_detector_free(d);
    // A head on the command line comes first; what the sidecar says else stays.
    assert_int_equal(nn_model_load_with(&m, path.text, &(nn_model_hints){.head = "yolox"}, &err),
                     NN_OK);
    assert_string_equal(m->card.head, "yolox");
    assert_string_equal(m->card.labels[2], "cow");
    nn_model_free(m);
    test_write_text("yolox_decoded.json",
                    "{\"head\": \"yolox_decoded\"}"); // the rest is the head's
    assert_int_equal(nn_model_load(&m, path.text, &err), NN_OK);
    assert_true(m->card.bgr && m->card.threshold == 0.3f);
    assert_string_equal(m->card.labels[2], "class 2");
    nn_model_free(m);
    remove(test_temp("yolox_decoded.json").text);
}

static void test_bad_sidecars(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "JSON"},
        {"{\"head\": \"yolov8\"", "JSON"},
        {"[1]", "not a JSON object"},
        {"{\"head\": \"teleport\"}", "'head': there is no head called 'teleport'; 'neroscale list"},
        {"{\"head\": 8}", "'head'"},
        {"{\"treshold\": 0.5}", "unknown key 'treshold'"},
        {"{\"threshold\": 0.5, \"threshold\": 0.5}", "'threshold' is there twice"},
        {"{\"threshold\": 7}", "'threshold'"},
        {"{\"iou_threshold\": \"much\"}", "'iou_threshold'"},
        {"{\"labels\": \"cat\"}", "'labels'"},
        {"{\"labels\": [\"cat\", 7]}", "label 1"},
        {"{\"labels\": [\"\\u001b[2J\"]}", "label 0"},
        {"{\"mean\": [0, 0]}", "'mean'"},
        {"{\"mean\": [127, 127, 127]}", "\"range\": 255"},
        {"{\"std\": [0, 1, 1]}", "'std'"},
        {"{\"range\": 256}", "'range'"},
        {"{\"order\": \"grb\"}", "'order'"},
        {"{\"fit\": \"tight\"}", "'fit'"},
        {"{\"input\": 640}", "'input'"},
        {"{\"input\": [0, 640]}", "'input'"},
        {"{\"input\": [1e9, 640]}", "'input'"},
        {"{\"version\": 2}", "version 2"},
        {"{\"training\": 1}", "'training'"},
    };
    const test_path path = write_model("yolov8"), sidecar = test_temp("yolov8.json");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nn_model *m;
        nn_error err = {0};
        test_write_text("yolov8.json", bad[i].text);
        if (nn_model_load(&m, path.text, &err) == NN_OK)
            fail_msg("taken: %s", bad[i].text);
        assert_null(m);
        expect_has(err.text, sidecar.text);
        expect_has(err.text, bad[i].says);
    }
    // A head that its outputs do not suit.
    nn_detector *d;
    nn_error err;
    test_write_text("yolov8.json", "{\"head\": \"fcos\"}");
    assert_int_equal(open_model(path.text, NULL, NULL, &d, &err), NN_ESHAPE);
    // Labels that are too few.
    test_write_text("yolov8.json", "{\"labels\": [\"cat\"]}");
    assert_int_equal(open_model(path.text, NULL, NULL, &d, &err), NN_ESHAPE);
    expect_has(err.text, "1x7x126");
    expect_has(err.text, "for 1 classes");
    remove(sidecar.text);
}

static void test_label_files(void **state)
{
    (void)state;
    const test_path path = write_model("yolov8"), file = test_temp("names.txt");
    nn_detector *d;
    nn_error err;
    test_write_text("names.txt", "cat\r\n  brown dog \ncow\n\n \n");
    if (open_model(path.text, NULL, file.text, &d, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_string_equal(nn_detector_card(d)->labels[0], "cat");
    assert_string_equal(nn_detector_card(d)->labels[1], "brown dog");
    assert_string_equal(nn_detector_card(d)->labels[2], "cow");
    nn_detector_free(d);
    test_write_text("names.txt", "cat\ndog");
    assert_int_equal(open_model(path.text, NULL, file.text, &d, &err), NN_ESHAPE);
    expect_has(err.text, "for 2 classes");
    expect_has(err.text, "outputs are of 3 classes, and there are 2 labels: give as many (--names");
    nn_card card = {0};
    static const char *const bad[][2] = {{"", "no class names"},
                                         {"\n \n", "no class names"},
                                         {"cat\n\ndog\n", "line 2"},
                                         {"a\n\033[2J", "line 2"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        test_write_text("names.txt", bad[i][0]);
        assert_int_equal(nn_card_read_labels(&card, file.text, &err), NN_EFORMAT);
        expect_has(err.text, file.text);
        expect_has(err.text, bad[i][1]);
    }
    test_write(file.text, "a\0b", 3);
    assert_int_equal(nn_card_read_labels(&card, file.text, &err), NN_EFORMAT);
    assert_int_equal(nn_card_read_labels(&card, "/no/such/file", &err), NN_ENOTFOUND);
    assert_int_equal(card.label_count, 0);
}

// 1x3xHxW -> 1x7xH/16xW/16 with H and W left open, and an entry of metadata when `key` is not NULL.
static test_path write_open(const char *key, const char *value)
{
    static float weight[7 * 3 * 16 * 16];
    message *g = new_message();
    add_value(g, INPUT, "x", (int64_t[]){-1, 3, -1, -1}, 4);
    add_tensor(g, "w", 1, (int64_t[]){7, 3, 16, 16}, 4, weight, sizeof weight);
    message *conv = new_node("Conv", "conv", (const char *const[]){"x", "w", NULL}, "y"),
            *strides = new_message();
    put_text(strides, 1, "strides");
    put_int(strides, 8, 16);
    put_int(strides, 8, 16);
    take_message(conv, 5, strides);
    take_message(g, 1, conv);
    add_value(g, OUTPUT, "y", (int64_t[]){-1, 7, -1, -1}, 4);
    message *m = new_model(g, 11);
    if (key) {
        message *entry = new_message();
        put_text(entry, 1, key);
        put_text(entry, 2, value);
        take_message(m, 14, entry);
    }
    const test_path path = test_temp("open.onnx");
    test_write(path.text, m->bytes, m->size);
    free(m);
    return path;
}

static void expect_input(const char *path, const nn_model_hints *hints, int h, int w)
{
    nn_model *m;
    nn_error err = {0};
    if (nn_model_load_with(&m, path, hints, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_string_equal(m->card.head, "fastestdet");
    assert_int_equal(m->card.input_h, h);
    assert_int_equal(m->card.input_w, w);
    assert_int_equal(m->fixed_inputs->dim[2], h);
    nn_model_free(m);
}

static void test_open_inputs(void **state)
{
    (void)state;
    const nn_model_hints none = {0}, small = {.input_h = 96, .input_w = 128};
    test_path path = write_open(NULL, NULL);
    expect_input(path.text, &none, 640, 640);
    expect_input(path.text, &small, 96, 128);
    test_write_text("open.json", "{\"input\": [160, 192]}");
    expect_input(path.text, &none, 160, 192);
    expect_input(path.text, &small, 96, 128);
    remove(test_temp("open.json").text);
    path = write_open("neroscale",
                      "{\"version\": 1, \"network\": \"\", \"options\": \"\", \"task\": \"detect\","
                      "\"head\": \"fastestdet\", \"input\": [224, 256], \"mean\": [0, 0, 0],"
                      "\"std\": [1, 1, 1], \"labels\": [\"a\", \"b\"], \"threshold\": 0.5,"
                      "\"iou_threshold\": 0.5}");
    expect_input(path.text, &none, 224, 256);
    // A sidecar mends what the model says of itself.
    test_write_text("open.json", "{\"labels\": [\"cat\", \"dog\"], \"input\": [64, 96]}");
    expect_input(path.text, &none, 64, 96);
    nn_model *m;
    assert_int_equal(nn_model_load(&m, path.text, NULL), NN_OK);
    assert_string_equal(m->card.labels[1], "dog");
    assert_true(m->card.threshold == 0.5f);
    nn_model_free(m);
    remove(test_temp("open.json").text);
}

// Ultralytics' exporters write the names of the classes as Python does.
static void test_names_in_metadata(void **state)
{
    (void)state;
    static const struct {
        const char *text, *second; // NULL: not understood, the classes get numbers
    } cases[] = {
        {"{0: 'cat', 1: 'brown dog'}", "brown dog"},
        {"['cat', \"collie's\"]", "collie's"},
        {" { 0 : 'cat' , 1 : 'it\\'s \\\\', } ", "it's \\"},
        {"{0: 'cat', 1: 'dog', 2: 'cow'}", NULL}, // there are two classes
        {"{0: 'cat', 2: 'dog'}", NULL},
        {"{1: 'cat', 0: 'dog'}", "cat"},                          // in any order
        {"{1: 'cat', 2: 'dog'}", "dog"},                          // counted from 1
        {"{\"0\": \"cat\", \"1\": \"d\\u00f6g\"}", "d\xc3\xb6g"}, // JSON
        {"{0: 'cat', 1: 7}", "7"},
        {"{0:\xc2\xa0'cat',\xc2\xa0"
         "1: 'traffic\\xa0light'}",
         "traffic\xc2\xa0light"},
        {"{0: 'cat', 1: None}", NULL},
        {"{0: 'cat', 1: dog}", NULL},
        {"{0: 'cat', 1: 'dog", NULL},
        {"{0: 'cat' 1: 'dog'}", NULL},
        {"{0: 'cat', 1: ''}", NULL},
        {"{0: 'cat', 1: '\\x1b'}", NULL},
        {"{0: 'cat', 1: '\033[2J'}", NULL},
        {"{99999999999: 'cat', 1: 'dog'}", NULL},
        {"['cat', '", NULL},
        {"{0: 'cat', 1: None\xc2", NULL}, // half a no-break space at the end
        {"[", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const test_path path = write_open("names", cases[i].text);
        nn_model *m;
        nn_error err = {0};
        if (nn_model_load(&m, path.text, &err) != NN_OK)
            fail_msg("%s", err.text);
        assert_int_equal(m->card.label_count, 2);
        assert_string_equal(m->card.labels[1], cases[i].second ? cases[i].second : "class 1");
        assert_true(m->card.guessed);
        nn_model_free(m);
    }
    char remark[512];
    nn_model *m;
    const test_path path = write_open("names", "{0: 'cat', 1: 'dog', 2: 'cow'}");
    assert_int_equal(nn_model_load(&m, path.text, NULL), NN_OK);
    assert_true(m->card.unnamed);
    assert_true(nn_card_remark(&m->card, remark, sizeof remark));
    assert_non_null(strstr(remark, "get numbers"));
    nn_model_free(m);
}

// Ultralytics' exporters write the task; poses and oriented boxes look like more classes.
static void test_task_in_metadata(void **state)
{
    (void)state;
    static const char *const others[] = {"pose", "obb", "segment"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const test_path path = write_open("task", others[i]);
        nn_model *m;
        nn_error err = {0};
        assert_int_equal(nn_model_load(&m, path.text, &err), NN_OK);
        assert_string_equal(m->card.head, "");
        assert_int_equal(nn_graph_card_refuse(m, &err), NN_EUNSUPPORTED);
        assert_non_null(strstr(err.text, others[i]));
        nn_model_free(m);
    }
    nn_model *m;
    assert_int_equal(nn_model_load(&m, write_open("task", "detect").text, NULL), NN_OK);
    assert_string_not_equal(m->card.head, "");
    nn_model_free(m);
}

// Inputs that tell the size of the picture are constants, in any order among the inputs. The head
// of models that have them is used where it fits.
static void test_size_inputs(void **state)
{
    (void)state;
    message *g = new_message();
    add_value(g, INPUT, "im_shape", (int64_t[]){-1, 2}, 2);
    add_value(g, INPUT, "image", (int64_t[]){-1, 3, H, W}, 4);
    add_value(g, INPUT, "scale_factor", (int64_t[]){1, 2}, 2);
    add_value(g, INPUT, "orig_target_sizes", (int64_t[]){1, 2}, 2);
    add_node(g, "Add", "sum", "im_shape", "scale_factor", "sum");
    message *concat =
        new_node("Concat", "join", (const char *const[]){"sum", "orig_target_sizes", NULL}, "both");
    add_int_attribute(concat, "axis", 1);
    take_message(g, 1, concat);
    add_node(g, "Relu", "same", "image", NULL, "y");
    add_value(g, OUTPUT, "both", (int64_t[]){1, 4}, 2);
    add_value(g, OUTPUT, "y", (int64_t[]){1, 3, H, W}, 4);
    message *m = new_model(g, 11);
    const test_path path = test_temp("sizes.onnx");
    test_write(path.text, m->bytes, m->size);
    free(m);
    nn_model *model;
    nn_error err = {0};
    if (nn_model_load(&model, path.text, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(nn_graph_input_count(model->graph), 1);
    nn_plan *plan;
    const nn_shape image = nn_shape_4d(1, 3, H, W);
    assert_int_equal(nn_plan_new(&plan, model, &image, 1, NULL, &err), NN_OK);
    nn_plan_run(plan);
    const float *both = nn_tensor_f32(nn_plan_output(plan, 0));
    const float want[] = {H + 1, W + 1, W, H};
    for (int i = 0; i < 4; i++)
        assert_float_equal(both[i], want[i], 0);
    nn_plan_free(plan);
    nn_model_free(model);
}

// Files of such tasks are opened by what their exporter says, and their objects have details.
static void test_tasks_with_details(void **state)
{
    (void)state;
    static const struct {
        const char *head, *task, *shape, *names;
        int classes;
    } cases[] = {
        {"yolov8_pose", "pose", "[2, 3]", "{0: 'person'}", 1},
        {"yolov8_pose2", "pose", "[2, 2]", "{0: 'person'}", 1},
        {"yolov8_pose", "pose", "[2, 3]", "{0: 'cat', 1: 'dog'}", 2},
        {"yolov8_obb", "obb", NULL, "{0: 'plane', 1: 'ship', 2: 'harbor'}", 3},
        {"yolov10_pose", "pose", "[2, 3]", "{0: 'cat', 1: 'dog'}", 2},
        {"yolov10_obb", "obb", NULL, "{0: 'a', 1: 'b', 2: 'c'}", 3},
        {"yolov10_seg", "segment", NULL, "{0: 'a', 1: 'b', 2: 'c'}", 3},
        {"yolov8_seg", "segment", NULL, "{0: 'a', 1: 'b', 2: 'c'}", 3},
    };
    static uint8_t grey[W * H];
    const nn_frame f = {
        .format = NN_PIXEL_GRAY8, .width = W, .height = H, .plane = {grey}, .stride = {W}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        head_outputs o = heads_make(cases[i].head, H, W, 1, cases[i].classes);
        const char *const metadata[] = {"task",      cases[i].task,  "names", cases[i].names,
                                        "kpt_shape", cases[i].shape, NULL};
        memcpy(o.metadata, metadata, sizeof metadata);
        if (!cases[i].shape)
            o.metadata[4] = NULL;
        for (int k = 0; k < 2; k++)
            heads_plant(&o, cases[i].head, H, W, 0, k, &objects[k]);
        const test_path path = test_temp("task.onnx");
        heads_write_model(path.text, &o, 1, H, W);
        heads_release(&o);
        nn_detector *d;
        nn_error err = {0};
        if (open_model(path.text, NULL, NULL, &d, &err) != NN_OK)
            fail_msg("%s", err.text);
        const nn_card *card = nn_detector_card(d);
        assert_string_equal(card->head, cases[i].head);
        assert_string_equal(card->task, "detect");
        assert_int_equal(card->label_count, cases[i].classes);
        assert_false(card->guessed || card->unnamed);
        nn_result r;
        nn_result_init(&r);
        assert_int_equal(nn_detector_run(d, &f, &r, &err), NN_OK);
        assert_int_equal(r.count, 2);
        for (int k = 0; k < 2; k++) {
            const nn_detail *detail = nn_result_detail(&r, &r.boxes[k]);
            assert_non_null(detail);
            const bool poses = strstr(cases[i].head, "pose") != NULL;
            assert_int_equal(detail->keypoint_count, poses ? 2 : 0);
            assert_int_equal(detail->mask_width > 0, !strcmp(cases[i].task, "segment"));
            assert_int_equal(detail->rotated.width > 0, !strcmp(cases[i].task, "obb"));
        }
        nn_result_release(&r);
        nn_detector_free(d);
    }
}

static void test_no_memory(void **state)
{
    (void)state;
    const test_path path = write_model("yolov8"), names = test_temp("names.txt");
    test_write_text("names.txt", "cat\ndog\ncow\n");
    test_write_text("yolov8.json", "{\"head\": \"yolov8\", \"threshold\": 0.5}");
    const nn_model_hints hints = {.labels = names.text};
    nn_model *m;
    for (long n = 0;; n++) {
        nn_error err = {0};
        alloc_reset(n);
        const nn_status status = nn_model_load_with(&m, path.text, &hints, &err);
        alloc_reset(-1);
        if (status == NN_OK)
            break;
        assert_null(m);
        assert_int_not_equal(err.text[0], 0);
    }
    nn_model_free(m);
    remove(test_temp("yolov8.json").text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_head),
        cmocka_unit_test(test_wrong_heads),
        cmocka_unit_test(test_two_meanings),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_sidecar),
        cmocka_unit_test(test_bad_sidecars),
        cmocka_unit_test(test_label_files),
        cmocka_unit_test(test_open_inputs),
        cmocka_unit_test(test_names_in_metadata),
        cmocka_unit_test(test_task_in_metadata),
        cmocka_unit_test(test_tasks_with_details),
        cmocka_unit_test(test_size_inputs),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
