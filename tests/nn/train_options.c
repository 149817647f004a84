// SPDX-License-Identifier: MIT
// Options as rows: texts in and out, and a checkpoint that is resumed with the same options only.
#include "tests/support/files.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include "nn/base/memory.h"
#include "nn/train/options.h"

#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { SIDE = 96, PICTURES = 8 };

typedef struct sample {
    int whole, size[4];
    float pair[2], three[3];
    double real;
    int64_t seed;
    int word;
    bool flag;
    char *path, **paths;
} sample;

#define AT(kind, member, n)                                                                        \
    .field = {.name = #member, NN_FIELD_##kind, offsetof(sample, member), n, NULL}
static const char *const words[] = {"red", "green", NULL};
static const nn_option sample_rows[] = {
    {AT(INT, whole, 1), .start = "3", .low = 1, .high = INT_MAX},
    {AT(SIZE, size, 2), .start = "64"},
    {AT(FLOAT, pair, 2), .start = "0.1:0.5", .high = 1, .flags = NN_OPTION_RANGE},
    {AT(FLOAT, three, 3), .low = -1, .high = 1},
    {AT(DOUBLE, real, 1), .start = "0.1", .high = 1, .flags = NN_OPTION_ABOVE | NN_OPTION_BELOW},
    {AT(INT64, seed, 1), .start = "-7"},
    {.field = {"word", NN_FIELD_ENUM, offsetof(sample, word), 1, words}, .start = "green"},
    {AT(BOOL, flag, 1), .tasks = "detect segment"},
    {AT(PATH, path, 1)},
    {AT(PATHS, paths, 1)},
    {.field = {.name = NULL}},
};

static void test_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' does not say '%s'", text, part);
}

static void expect(const sample *s, const char *name, const char *text)
{
    char *value = nn_option_write(nn_option_find(sample_rows, name), s);
    assert_string_equal(value, text);
    nn_free(value);
}

static void test_texts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in, *out; // out NULL: refused, and `says`
        const char *says;
    } cases[] = {
        {"whole", "12", "12", NULL},
        {"whole", "0", NULL, "--whole 0 is too small (at least 1)"},
        {"whole", "1.5", NULL, "--whole 1.5 is not a whole number (at least 1)"},
        {"whole", "x", NULL, "--whole x is not a whole number (at least 1)"},
        {"whole", "99999999999", NULL,
         "--whole 99999999999 is too large (it does not fit in 32 bits)"},
        {"size", "48", "48x48", NULL},
        {"size", "32x64, 7", "32x64,7x7", NULL},
        {"size", "1,2,3", NULL, "WIDTHxHEIGHT"},
        {"size", "5x", NULL, "not '5x'"},
        {"size", "", NULL, "not ''"},
        {"pair", "0.25", "0.25:0.25", NULL},
        {"pair", "0.5:0.25", NULL, "A up to B, each at least 0, at most 1"},
        {"pair", "0:1:1", NULL, "each at least 0, at most 1"},
        {"three", "0.1,-0.333333333,1", "0.1,-0.33333334,1", NULL},
        {"three", "0,0,0", "", NULL}, // without a default: not given
        {"three", "1,2,0", NULL, "each at least -1, at most 1"},
        {"three", "1,1", NULL, "1,1"},
        {"real", "1e-3", "0.001", NULL},
        {"real", "0", NULL, "--real 0 is too small (more than 0)"},
        {"real", "1", NULL, "--real 1 is too large (less than 1)"},
        {"real", "nan", NULL, "--real nan is not a number (more than 0, less than 1)"},
        {"seed", "9007199254740993", "9007199254740993", NULL},
        {"seed", "7x", NULL, "--seed 7x is not a whole number"},
        {"word", "red", "red", NULL},
        {"word", "blue", NULL, "--word blue: not one of red, green"},
        {"flag", "yes", "yes", NULL},
        {"flag", "maybe", NULL, "yes or no"},
        {"path", "x", NULL, "no room"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample s = {0};
        nn_error err = {0};
        nn_options_defaults(sample_rows, &s);
        const nn_option *row = nn_option_find(sample_rows, cases[i].name);
        const nn_status status = nn_option_read(row, &s, cases[i].in, &err);
        assert_int_equal(status, cases[i].out ? NN_OK : NN_EINVAL);
        if (cases[i].out)
            expect(&s, cases[i].name, cases[i].out);
        else
            test_contains(err.text, cases[i].says);
    }
}

static void test_whole_tables(void **state)
{
    (void)state;
    sample s = {0};
    nn_error err = {0};
    nn_options_defaults(sample_rows, &s);
    assert_int_equal(s.seed, -7);
    expect(&s, "size", "64x64");
    expect(&s, "flag", "no");
    expect(&s, "path", "");
    // Options in the list are set, others stay, and words of other tables are left out.
    assert_int_equal(nn_options_set(sample_rows, &s, "whole=5 epochs=9 flag pair=0.2 path=x", &err),
                     NN_OK);
    expect(&s, "whole", "5");
    expect(&s, "flag", "yes");
    expect(&s, "pair", "0.2:0.2");
    assert_null(s.path);
    assert_int_equal(nn_options_set(sample_rows, &s, "whole=0", &err), NN_EINVAL);
    assert_int_equal(nn_options_check(sample_rows, &s, &err), NN_OK);
    s.pair[1] = 3;
    assert_int_equal(nn_options_check(sample_rows, &s, &err), NN_EINVAL);
    test_contains(err.text, "--pair 0.2:3");
    char *list[] = {"a/b.onnx", "c", NULL};
    s.path = "/x/y.safetensors";
    s.paths = list;
    expect(&s, "path", "y.safetensors");
    expect(&s, "paths", "b.onnx c");
    const nn_option *flag = nn_option_find(sample_rows, "flag");
    assert_true(nn_option_is_for(flag, "segment") && !nn_option_is_for(flag, "seg"));
    char *start = nn_option_start(nn_option_find(sample_rows, "pair"), "whole=4 pair=0.75");
    assert_string_equal(start, "0.75:0.75");
    nn_free(start);
    start = nn_option_start(nn_option_find(sample_rows, "real"), "whole=4");
    assert_string_equal(start, "0.1");
    nn_free(start);
}

// A comma of the program's locale changes nothing.
static void test_locale(void **state)
{
    (void)state;
    sample s = {0};
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
        skip();
    assert_int_equal(nn_option_read(nn_option_find(sample_rows, "real"), &s, "0.25", NULL), NN_OK);
    expect(&s, "real", "0.25");
    setlocale(LC_NUMERIC, "C");
}

// Every row of a table reads what it writes for its default.
static void test_rows(void **state)
{
    (void)state;
    nn_trainer_options o;
    nn_error err = {0};
    nn_trainer_defaults(&o);
    const nn_option_values tables[] = {{nn_trainer_option_rows(), &o, NULL},
                                       {nn_augment_option_rows(), &o.augment, NULL}};
    for (int t = 0; t < 2; t++) {
        assert_int_equal(nn_options_check(tables[t].rows, tables[t].values, &err), NN_OK);
        for (const nn_option *row = tables[t].rows; row->field.name; row++) {
            assert_true(row->help && *row->help);
            assert_ptr_equal(nn_option_find(tables[t].rows, row->field.name), row); // once
            if (row->start)
                assert_int_equal(nn_option_read(row, tables[t].values, row->start, &err), NN_OK);
            char *now = nn_option_write(row, tables[t].values), *start = nn_option_start(row, NULL);
            assert_string_equal(now, start);
            nn_free(now);
            nn_free(start);
        }
    }
    assert_true(o.augment.ratio == 4.0f / 3);
    // Every option that a task changes has a row or belongs to the program.
    for (int i = 0; nn_train_task_at(i); i++)
        assert_int_equal(nn_options_set(tables[0].rows, &o, nn_train_task_at(i)->defaults, &err),
                         NN_OK);
}

// Options of the caller.
typedef struct own_options {
    char *match;
    int every, threads;
} own_options;

static const nn_option own_rows[] = {
    {.field = {"match", NN_FIELD_TEXT, offsetof(own_options, match), 1, NULL}},
    {.field = {"every", NN_FIELD_INT, offsetof(own_options, every), 1, NULL}, .start = "2"},
    {.field = {"threads", NN_FIELD_INT, offsetof(own_options, threads), 1, NULL},
     .start = "0",
     .flags = NN_OPTION_FREE},
    {.field = {.name = NULL}},
};

typedef struct bench {
    nn_dataset data;
    nn_model *model;
    nn_trainer_options options;
    own_options own;
    nn_option_values more;
    test_path dir;
} bench;

static nn_status resume(bench *b, nn_error *err)
{
    nn_trainer *t;
    nn_checkpoint_info info;
    nn_status status = nn_trainer_new(&t, b->model, &b->data, &b->options, NULL, err);
    if (status == NN_OK)
        status = nn_trainer_resume(t, b->dir.text, &info, err);
    nn_trainer_free(t);
    return status;
}

static void begin(bench *b)
{
    static const char *const labels[] = {"red", "blue"};
    nn_card card = {.task = "detect",
                    .network = "neroscale_alexpp",
                    .options = "alpha=0.125,beta=0,neck=16,classes=2",
                    .head = "fcos",
                    .input_w = SIDE,
                    .input_h = SIDE};
    nn_trainer *t;
    nn_checkpoint_info info = {.best_epoch = 0};
    *b = (bench){.own = {.every = 2, .match = "a*"}, .dir = test_temp("run")};
    b->more = (nn_option_values){own_rows, &b->own, "1"};
    training_boxes(&b->data, SIDE, PICTURES, 1);
    b->model = training_model(&card, labels, 2, &b->data);
    b->options = training_options(SIDE, 40);
    b->options.more = &b->more;
    b->options.more_count = 1;
    mkdir(b->dir.text, 0777);
    assert_int_equal(nn_trainer_new(&t, b->model, &b->data, &b->options, NULL, NULL), NN_OK);
    assert_int_equal(nn_trainer_save(t, b->dir.text, &info, NULL), NN_OK);
    nn_trainer_free(t);
    assert_int_equal(resume(b, NULL), NN_OK);
}

static void end(bench *b)
{
    nn_model_free(b->model);
    nn_dataset_release(&b->data);
}

// Another value that the row takes.
static const char *other_value(const nn_option *row, const char *now)
{
    static const char *const tries[] = {
        "0.015625", "3",    "2:5",    "0.3:0.6", "0.1,0.2,0.3", "jpeg=0.5:1", "yes",    "0.5", "2e",
        "sgd",      "step", "strong", "l1",      "area",        "bicubic",    "vicreg", "64"};
    _Alignas(NN_ALIGN) char room[sizeof(nn_trainer_options)];
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        memset(room, 0, sizeof room);
        if (strcmp(tries[i], now) != 0 && nn_option_read(row, room, tries[i], NULL) == NN_OK)
            return tries[i];
    }
    fail_msg("no other value for --%s", row->field.name);
    return NULL;
}

// Each row of each table with another value: refused with its name and both values, or accepted
// when it is free.
static void test_resume_of_each(void **state)
{
    (void)state;
    bench b;
    begin(&b);
    const nn_trainer_options whole = b.options;
    const nn_option_values tables[] = {{nn_trainer_option_rows(), &b.options, NULL},
                                       {nn_augment_option_rows(), &b.options.augment, NULL}};
    int tried = 0;
    for (int t = 0; t < 2; t++)
        for (const nn_option *row = tables[t].rows; row->field.name; row++) {
            nn_error err = {0};
            char name[64];
            b.options = whole;
            char *before = nn_option_write(row, tables[t].values);
            assert_int_equal(nn_option_read(row, tables[t].values,
                                            other_value(row, *before ? before : "-"), NULL),
                             NN_OK);
            char *now = nn_option_write(row, tables[t].values);
            assert_string_not_equal(before, now);
            const nn_status status = resume(&b, &err);
            if (row->flags & (NN_OPTION_FREE | NN_OPTION_LATER)) {
                assert_int_equal(status, NN_OK);
            } else {
                snprintf(name, sizeof name, "--%s", row->field.name);
                assert_int_equal(status, NN_EINVAL);
                test_contains(err.text, name);
                if (row->field.type != NN_FIELD_BOOL) {
                    test_contains(err.text, now);
                    test_contains(err.text, before);
                }
            }
            nn_free(before);
            nn_free(now);
            tried++;
        }
    assert_true(tried > 60);
    end(&b);
}

// Options of the caller, the data and the model are compared, and so are unknown ones.
static void test_resume_of_the_rest(void **state)
{
    (void)state;
    bench b;
    nn_error err;
    begin(&b);
    b.own.threads = 7;
    assert_int_equal(resume(&b, &err), NN_OK);
    b.own.match = "b*";
    assert_int_equal(resume(&b, &err), NN_EINVAL);
    test_contains(err.text,
                  "last.safetensors: the training was begun with --match a* of data 1, not with "
                  "--match b* of data 1");
    b.own.match = NULL;
    assert_int_equal(resume(&b, &err), NN_EINVAL);
    test_contains(err.text, "not without --match of data 1");
    b.own.match = "a*";
    // An option that came later is as it was: the default.
    b.more.of = "2";
    b.own.match = NULL;
    assert_int_equal(resume(&b, &err), NN_OK);
    b.own.every = 3;
    assert_int_equal(resume(&b, &err), NN_EINVAL);
    test_contains(err.text, "begun with --every 2 of data 2, not with --every 3");
    b.more.of = "1";
    b.own = (own_options){.every = 2, .match = "a*"};
    assert_int_equal(resume(&b, &err), NN_OK);
    // One label, and one name.
    b.data.samples[0].truths[0].label ^= 1;
    assert_int_equal(resume(&b, &err), NN_EINVAL);
    test_contains(err.text, "with data 8 pictures");
    b.data.samples[0].truths[0].label ^= 1;
    b.data.samples[3].name[0]++;
    assert_int_equal(resume(&b, &err), NN_EINVAL);
    b.data.samples[3].name[0]--;
    b.options.width = b.options.height = 64;
    assert_int_equal(resume(&b, &err), NN_EINVAL);
    test_contains(err.text, "training input 96x96, not with training input 64x64");
    b.options.width = b.options.height = SIDE;
    b.model->card.mean[0] += 1;
    assert_int_equal(resume(&b, &err), NN_EINVAL);
    test_contains(err.text, "with model neroscale_alexpp");
    b.model->card.mean[0] -= 1;
    assert_int_equal(resume(&b, &err), NN_OK);
    end(&b);
}

// The error names all options that differ, and other settings only when no option explains them.
static void test_several_differ(void **state)
{
    (void)state;
    bench b;
    nn_error err = {0};
    begin(&b);
    b.options.batch *= 2;
    b.options.optimiser.clip = 3;
    b.own.every = 5;
    assert_int_equal(resume(&b, &err), NN_EINVAL);
    test_contains(err.text, "begun with --every 2 of data 1, not with --every 5 of data 1; with");
    test_contains(err.text, "not with --batch ");
    test_contains(err.text, "with --clip 10, not with --clip 3; go on");
    assert_null(strstr(err.text, "more)"));
    for (const nn_option *row = nn_augment_option_rows(); row->field.name; row++)
        nn_option_read(row, &b.options.augment, other_value(row, "-"), NULL);
    assert_int_equal(resume(&b, &err), NN_EINVAL);
    test_contains(err.text, " more); go on as it was begun");
    end(&b);
}

static char told[512];

static void take_note(void *ctx, const char *line)
{
    (void)ctx;
    snprintf(told, sizeof told, "%s", line);
}

// More epochs change the schedule only from now on.
static void test_more_epochs(void **state)
{
    (void)state;
    bench b;
    nn_error err = {0};
    for (int kind = NN_SCHEDULE_COSINE; kind <= NN_SCHEDULE_ONE_CYCLE; kind++) {
        nn_trainer *t;
        nn_checkpoint_info info = {.best_epoch = 0};
        begin(&b);
        b.data.notes = (nn_notes){take_note, NULL};
        b.options.schedule.kind = (nn_schedule_kind)kind;
        b.options.schedule.warmup = -1;
        assert_int_equal(nn_trainer_new(&t, b.model, &b.data, &b.options, NULL, NULL), NN_OK);
        training_steps(t, 2);
        assert_int_equal(nn_trainer_save(t, b.dir.text, &info, NULL), NN_OK);
        nn_trainer_free(t);
        const int epochs = b.options.epochs;
        *told = '\0';
        b.options.epochs = 3 * epochs;
        if (resume(&b, &err) != NN_OK)
            fail_msg("%s", err.text);
        test_contains(told, "goes on to");
        test_contains(told, "instead of");
        b.options.schedule.warmup = 5; // asked for: it is another training
        assert_int_equal(resume(&b, &err), NN_EINVAL);
        test_contains(err.text, "not with --warmup 5;");
        end(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),          cmocka_unit_test(test_whole_tables),
        cmocka_unit_test(test_locale),         cmocka_unit_test(test_rows),
        cmocka_unit_test(test_resume_of_each), cmocka_unit_test(test_resume_of_the_rest),
        cmocka_unit_test(test_several_differ), cmocka_unit_test(test_more_epochs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
