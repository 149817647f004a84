// SPDX-License-Identifier: MIT
// Pretraining without labels: losses against central differences and formulas, views in pairs, what
// is trained and what is kept, resuming, collapse, neighbours.
#include "nn/base/memory.h"
#include "nn/eval/knn_scores.h"
#include "nn/graph/rebuild.h"
#include "nn/predict/classifier.h"
#include "nn/train/projector.h"
#include "nn/train/run.h"
#include "nn/train/trainer_internal.h"
#include "nn/zoo/zoo.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- losses ---

enum { PAIRS = 5, DIMS = 4, COUNT = 2 * PAIRS * DIMS };

static void fill(float *z, uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    for (int i = 0; i < COUNT; i++)
        z[i] = 0.7f * nn_rng_normal(&rng);
}

static double loss_of(const float *z, int method, float *grad, double scale)
{
    float *room = test_calloc(nn_pretrain_loss_room(PAIRS, DIMS), sizeof *room);
    const nn_views_batch b = {z, grad, room, PAIRS, DIMS};
    const double loss = method == NN_PRETRAIN_VICREG
                            ? nn_vicreg_loss(&b, scale, nn_kernels_best())
                            : nn_ntxent_loss(&b, 0.5f, scale, nn_kernels_best());
    test_free(room);
    return loss;
}

static void gradients_are_those_of_the_losses(void **state)
{
    const float step = 1e-2f;
    (void)state;
    for (int method = NN_PRETRAIN_SIMCLR; method <= NN_PRETRAIN_VICREG; method++)
        for (uint64_t seed = 1; seed < 4; seed++) {
            float z[COUNT], grad[COUNT], ignored[COUNT];
            double error = 0, norm = 0;
            fill(z, seed);
            loss_of(z, method, grad, 3);
            for (int i = 0; i < COUNT; i++) {
                const float was = z[i];
                z[i] = was + step;
                const float up = z[i];
                const double above = loss_of(z, method, ignored, 1);
                z[i] = was - step;
                const double below = loss_of(z, method, ignored, 1);
                const double want = 3 * (above - below) / ((double)up - (double)z[i]);
                z[i] = was;
                error += (want - (double)grad[i]) * (want - (double)grad[i]);
                norm += want * want;
            }
            assert_true(norm > 0 && sqrt(error / norm) < 2e-3);
        }
}

// NT-Xent of unit vectors by hand: two pictures whose views are equal and at right angles to the
// other's have e^(1/t) of e^(1/t) + 2.
static void losses_are_those_of_the_formulas(void **state)
{
    float room[64], grad[8];
    const float z[] = {2, 0, 1, 0, 0, 3, 0, 1}, same[] = {1, 1, 1, 1, 1, 1, 1, 1};
    const nn_views_batch apart = {z, grad, room, 2, 2}, alike = {same, grad, room, 2, 2};
    const nn_kernels *k = nn_kernels_best();
    (void)state;
    assert_true(nn_pretrain_loss_room(2, 2) <= 64);
    const double want = log(exp(2) + 2) - 2;
    assert_true(fabs(nn_ntxent_loss(&apart, 0.5f, 1, k) - want) < 1e-6);
    assert_true(fabs(nn_ntxent_loss(&alike, 0.5f, 1, k) - log(3)) < 1e-6);
    // All the same: no distance, no covariance, and deviations of sqrt(1e-4) that lack 0.99.
    assert_true(fabs(nn_vicreg_loss(&alike, 1, k) - 25 * 0.99) < 1e-5);
    // Views 1 apart in one of two numbers: a mean of squares of (1 + 0 + 4 + 0) / 4; deviations of
    // (2, 0), (0, 3) are sqrt(2), sqrt(4.5), of (1, 0), (0, 1) sqrt(0.5 + 1e-4); covariances are
    // -3 and -0.5, twice each, in two numbers.
    const double lacks = 2 * (1 - sqrt(0.5001)) / 2 / 2;
    const double vicreg = 25 * 1.25 + 25 * lacks + (9 + 9 + 0.25 + 0.25) / 2;
    assert_true(fabs(nn_vicreg_loss(&apart, 1, k) - vicreg) < 1e-4);
    assert_true(nn_embedding_spread(same, 4, 2, room) < 1e-3);
    // Unit vectors (1, 0) twice and (0, 1) twice: each number deviates by 0.5.
    assert_true(fabs(nn_embedding_spread(z, 4, 2, room) - 1 / sqrt(2.0)) < 1e-6);
    assert_true(fabs(nn_views_cosine(z, 2, 2) - 1) < 1e-6);
}

// --- training ---

enum { SIDE = 32, PICTURES = 48 };

// Pictures of four kinds: stripes along or across, red or blue, in folders of the same names.
static void make_pictures(nn_dataset *d)
{
    int source;
    assert_int_equal(nn_dataset_init(d, 0, (nn_notes){0}, NULL), NN_OK);
    assert_int_equal(nn_dataset_add_source(d, &(nn_source){.path = "made"}, &source, NULL), NN_OK);
    for (int i = 0; i < PICTURES; i++) {
        nn_rng rng = nn_rng_seed((uint64_t)i);
        char name[64];
        const int kind = i % 4, period = 6 + (int)nn_rng_below(&rng, 4);
        nn_sample s = {.width = 48, .height = 48, .source = source, .in_memory = true};
        snprintf(name, sizeof name, "made/%d/%d.png", kind, i);
        s.name = nn_strdup(name);
        s.image = (nn_image){48, 48, nn_alloc((size_t)3 * 48 * 48)};
        for (int p = 0; p < 48 * 48; p++) {
            const int along = kind & 1 ? p % 48 : p / 48, on = along / (period / 2) % 2;
            for (int c = 0; c < 3; c++)
                s.image.rgb[3 * p + c] =
                    (uint8_t)((on && c == (kind & 2) ? 180 : 40) + nn_rng_below(&rng, 40));
        }
        assert_int_equal(nn_dataset_add(d, &s, NULL), NN_OK);
    }
}

static nn_model *make_model(const char *network, const char *options)
{
    nn_card card = {.input_h = SIDE, .input_w = SIDE};
    nn_model *m;
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.options, sizeof card.options, "%s", options);
    snprintf(card.task, sizeof card.task, "pretrain");
    if (nn_zoo_build(&m, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_zoo_init_random(m, 3, NULL);
    return m;
}

static nn_trainer_options options_of(int method, int epochs)
{
    nn_trainer_options o = training_options(SIDE, epochs);
    o.batch = 12;
    o.task.pretrain.method = method;
    o.task.pretrain.projector = 16;
    o.augment.area[0] = 0.4f;
    o.augment.area[1] = 1;
    return o;
}

typedef struct job {
    nn_dataset data;
    nn_model *model;
    nn_trainer *trainer;
} job;

static void open_job(job *j, const nn_trainer_options *o)
{
    nn_error err = {0};
    make_pictures(&j->data);
    j->model = make_model("resnet18", "classes=0,alpha=0.1,stem=small");
    if (nn_trainer_new(&j->trainer, j->model, &j->data, o, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
}

static void close_job(job *j)
{
    nn_trainer_free(j->trainer);
    nn_model_free(j->model);
    nn_dataset_release(&j->data);
}

// Top-1 of the neighbours by the features of a model.
static double score(nn_trainer *t, const nn_dataset *d)
{
    nn_model *m;
    nn_classifier *c;
    nn_knn_result r;
    nn_error err = {0};
    float features[256];
    assert_int_equal(nn_model_copy(&m, nn_trainer_average(t), NULL), NN_OK);
    if (nn_classifier_new(&c, m, &(nn_classifier_options){.threads = 1, .features = true}, &err))
        fail_msg("%s", err.text);
    nn_knn_scores *k = nn_knn_scores_new(nn_classifier_classes(c));
    for (int i = 0; i < d->count; i++) {
        const nn_frame frame = nn_image_frame(&d->samples[i].image);
        assert_int_equal(nn_classifier_outputs(c, &frame, features, NULL), NN_OK);
        assert_int_equal(nn_knn_scores_add(k, d->samples[i].name, features, NULL), NN_OK);
    }
    assert_int_equal(nn_knn_scores_result(k, &r, NULL), NN_OK);
    assert_int_equal(r.classes, 4);
    assert_true(r.chance == 0.25);
    nn_knn_scores_free(k);
    nn_classifier_free(c);
    return r.top1;
}

static void both_methods_learn(void **state)
{
    (void)state;
    for (int method = NN_PRETRAIN_SIMCLR; method <= NN_PRETRAIN_VICREG; method++) {
        const nn_trainer_options o = options_of(method, 10);
        double first = 0, last = 0, spread = 0;
        job j;
        open_job(&j, &o);
        const int64_t steps = nn_trainer_steps_total(j.trainer);
        assert_int_equal(steps, 10 * PICTURES / 12); // an epoch shows each picture once, twice
        for (int64_t i = 0; i < steps; i++) {
            nn_trainer_report r;
            assert_int_equal(nn_trainer_step(j.trainer, &r, NULL), NN_OK);
            first += i < 4 ? r.value.loss / 4 : 0;
            last += i >= steps - 4 ? r.value.loss / 4 : 0;
            spread = r.value.part[0];
        }
        print_message("loss %.3f to %.3f, spread %.3f, top-1 %.3f\n", first, last, spread,
                      score(j.trainer, &j.data));
        assert_true(last < 0.8 * first);
        assert_true(spread > 0.3);
        assert_true(score(j.trainer, &j.data) > 0.8);
        close_job(&j);
    }
}

// Rows 2 i and 2 i + 1 of a batch are views of one picture, and not the same view.
static void views_come_in_pairs(void **state)
{
    const nn_trainer_options o = options_of(NN_PRETRAIN_SIMCLR, 1);
    nn_loader *loader;
    const nn_batch *b;
    job j;
    (void)state;
    open_job(&j, &o);
    assert_int_equal(nn_trainer_open_loader(j.trainer, &loader, NULL), NN_OK);
    for (int step = 0; step < 4; step++) {
        assert_int_equal(nn_loader_next(loader, &b, NULL), NN_OK);
        for (int i = 0; i < 12; i++) {
            double red[2] = {0, 0}, blue[2] = {0, 0};
            const size_t plane = (size_t)SIDE * SIDE;
            for (int v = 0; v < 2; v++)
                for (size_t p = 0; p < plane; p++) {
                    red[v] += (double)b->planes[(size_t)(2 * i + v) * 3 * plane + p];
                    blue[v] += (double)b->planes[((size_t)(2 * i + v) * 3 + 2) * plane + p];
                }
            assert_true((red[0] > blue[0]) == (red[1] > blue[1])); // of one colour
            assert_true(red[0] != red[1]);
        }
    }
    nn_loader_free(loader);
    close_job(&j);
}

// The projector is trained, in the checkpoint and not in the result; the rest resumes bit for bit.
static void the_projector_is_not_kept(void **state)
{
    const nn_trainer_options o = options_of(NN_PRETRAIN_VICREG, 2);
    nn_checkpoint_info info = {0};
    job whole, first, second;
    (void)state;
    const test_path work = test_make_dir("work");
    open_job(&whole, &o);
    assert_ptr_equal(whole.trainer->kept, whole.model);
    assert_true(nn_graph_find_param(whole.trainer->model->graph, "projector.0.weight") >= 0);
    assert_true(
        nn_graph_find_param(nn_trainer_average(whole.trainer)->graph, "projector.0.weight") < 0);
    assert_int_equal(nn_graph_param_count(nn_trainer_average(whole.trainer)->graph),
                     nn_graph_param_count(whole.model->graph));
    training_steps(whole.trainer, 5);
    open_job(&first, &o);
    training_steps(first.trainer, 3);
    assert_int_equal(nn_trainer_save(first.trainer, work.text, &info, NULL), NN_OK);
    close_job(&first);
    open_job(&second, &o);
    assert_int_equal(nn_trainer_resume(second.trainer, work.text, &info, NULL), NN_OK);
    training_steps(second.trainer, 2);
    assert_true(training_same(whole.trainer->model, second.trainer->model, 0));
    assert_true(
        training_same(nn_trainer_average(whole.trainer), nn_trainer_average(second.trainer), 0));
    close_job(&whole);
    close_job(&second);
}

// A rate for each parameter of the model that is kept; the projector always learns.
static void frozen_parameters_stay(void **state)
{
    nn_trainer_options o = options_of(NN_PRETRAIN_SIMCLR, 1);
    nn_model *before;
    job j;
    (void)state;
    nn_model *m = make_model("resnet18", "classes=0,alpha=0.1,stem=small");
    float *rates = test_calloc((size_t)nn_graph_param_count(m->graph), sizeof *rates);
    o.rates = rates;
    open_job(&j, &o);
    assert_int_equal(nn_model_copy(&before, j.trainer->model, NULL), NN_OK);
    training_steps(j.trainer, 2);
    assert_true(training_same(nn_trainer_average(j.trainer), j.model, 0));
    const int at = nn_graph_find_param(before->graph, "projector.0.weight");
    assert_true(memcmp(before->params[at].data, j.trainer->model->params[at].data,
                       nn_tensor_bytes(&before->params[at])) != 0);
    nn_model_free(before);
    close_job(&j);
    nn_model_free(m);
    test_free(rates);
}

// With a projector of zeros everything is the same: the training ends and says so.
static void a_collapse_ends_the_training(void **state)
{
    nn_trainer_options o = options_of(NN_PRETRAIN_SIMCLR, 10);
    nn_training_options how;
    nn_training *run;
    nn_error err = {0};
    job j;
    (void)state;
    const test_path work = test_make_dir("flat");
    o.schedule.rate = 1e-9f;
    open_job(&j, &o);
    const int at = nn_graph_find_param(j.trainer->model->graph, "projector.3.weight");
    const nn_tensor *w = &j.trainer->model->params[at];
    for (int64_t i = 0; i < nn_shape_count(&w->shape); i++)
        nn_tensor_f32(w)[i] = i < w->shape.dim[1] ? 1 : 0; // one number for all, never negative
    nn_training_options_init(&how);
    how.work = work.text;
    assert_int_equal(nn_training_new(&run, j.trainer, &how, NULL), NN_OK);
    assert_int_equal(nn_train_run(run, NULL, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "has collapsed: since step 1 "));
    assert_non_null(strstr(err.text, "--method"));
    assert_int_equal(nn_trainer_steps_done(j.trainer), 20);
    nn_training_free(run);
    close_job(&j);
}

static void refused(nn_trainer_options o, const char *why)
{
    nn_trainer *t;
    nn_error err = {0};
    job j = {0};
    make_pictures(&j.data);
    j.model = make_model("resnet18", "classes=0,alpha=0.1,stem=small");
    assert_int_not_equal(nn_trainer_new(&t, j.model, &j.data, &o, NULL, &err), NN_OK);
    assert_non_null(strstr(err.text, why));
    close_job(&j);
}

static void what_cannot_be_trained_is_refused(void **state)
{
    nn_trainer_options o = options_of(NN_PRETRAIN_SIMCLR, 1);
    nn_card card = {.network = "resnet18", .options = "classes=7", .task = "pretrain"};
    nn_model *m;
    nn_error err = {0};
    (void)state;
    o.batch = 1;
    refused(o, "--batch is 2 or more");
    assert_int_equal(nn_zoo_build(&m, &card, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "classes=7 is not for the task 'pretrain'"));
    snprintf(card.task, sizeof card.task, "classify");
    snprintf(card.options, sizeof card.options, "classes=0");
    assert_int_equal(nn_zoo_build(&m, &card, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "classes=0 is only for the task 'pretrain'"));
    m = make_model("resnet18", "classes=0,alpha=0.1");
    nn_classifier *c;
    assert_int_equal(nn_classifier_new(&c, m, NULL, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "has no classes yet"));
    nn_model *bare = make_model("googlenet", "classes=0,aux=1");
    assert_int_equal(nn_add_projector(&m, bare, 8, 1, &err), NN_EUNSUPPORTED);
    nn_model_free(bare);
}

// Every classifier of the zoo gives features of whole pictures without its last layer.
static void every_network_has_features(void **state)
{
    (void)state;
    for (int i = 0; i < nn_zoo_count(); i++) {
        const nn_zoo_net *net = nn_zoo_at(i);
        nn_card card = {.options = "classes=0", .task = "pretrain"};
        nn_graph *g, *whole;
        nn_error err = {0};
        snprintf(card.network, sizeof card.network, "%s", net->name);
        if (net->upscale) {
            assert_int_not_equal(nn_zoo_graph(&g, &card, &err), NN_OK);
            continue;
        }
        if (nn_zoo_graph(&g, &card, &err) != NN_OK)
            fail_msg("%s", err.text);
        snprintf(card.task, sizeof card.task, "classify");
        card.options[0] = '\0';
        assert_int_equal(nn_zoo_graph(&whole, &card, NULL), NN_OK);
        const nn_shape in = nn_shape_4d(2, 3, net->input_h, net->input_w);
        nn_shape *shapes = test_calloc((size_t)nn_graph_value_count(g), sizeof *shapes);
        if (nn_graph_infer(g, &in, 1, shapes, NULL, &err) != NN_OK)
            fail_msg("%s: %s", net->name, err.text);
        const nn_shape *out = &shapes[nn_graph_output_at(g, 0)];
        assert_int_equal(nn_graph_output_count(g), 1);
        assert_true(out->rank == 2 && out->dim[0] == 2 && out->dim[1] >= 100);
        // All but weight and bias of the last layer, by the same names.
        assert_int_equal(nn_graph_param_count(g), nn_graph_param_count(whole) - 2);
        for (int p = 0; p < nn_graph_param_count(g); p++)
            assert_true(
                nn_graph_find_param(whole, nn_graph_value(g, nn_graph_param_at(g, p)).name) >= 0);
        test_free(shapes);
        nn_graph_free(g);
        nn_graph_free(whole);
    }
}

// --- neighbours ---

static void neighbours_vote(void **state)
{
    // Two folders of two pictures each that point the same way, and one that lies.
    static const char *const names[] = {"d/a/1.png", "e/a/2.png", "d/b/1.png", "d/b/2.png",
                                        "d/a/3.png"};
    static const float at[][2] = {{1, 0}, {2, 0.1f}, {0, 1}, {0.1f, 3}, {0.05f, 1}};
    nn_knn_result r;
    (void)state;
    nn_knn_scores *k = nn_knn_scores_new(2);
    assert_int_equal(nn_knn_scores_result(k, &r, NULL), NN_OK);
    assert_true(r.pictures == 0 && isnan(r.top1));
    for (int i = 0; i < 2; i++)
        assert_int_equal(nn_knn_scores_add(k, names[i], at[i], NULL), NN_OK);
    assert_int_equal(nn_knn_scores_result(k, &r, NULL), NN_OK);
    assert_true(r.classes == 1 && isnan(r.top1)); // one folder
    for (int i = 2; i < 5; i++)
        assert_int_equal(nn_knn_scores_add(k, names[i], at[i], NULL), NN_OK);
    assert_int_equal(nn_knn_scores_result(k, &r, NULL), NN_OK);
    assert_int_equal(r.classes, 2);
    assert_true(r.chance == 0.6 && r.top1 < 0.9 && r.top1 > 0.3);
    nn_knn_scores_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_those_of_the_losses),
        cmocka_unit_test(losses_are_those_of_the_formulas),
        cmocka_unit_test(both_methods_learn),
        cmocka_unit_test(views_come_in_pairs),
        cmocka_unit_test(the_projector_is_not_kept),
        cmocka_unit_test(frozen_parameters_stay),
        cmocka_unit_test(a_collapse_ends_the_training),
        cmocka_unit_test(what_cannot_be_trained_is_refused),
        cmocka_unit_test(every_network_has_features),
        cmocka_unit_test(neighbours_vote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
