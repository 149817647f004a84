// SPDX-License-Identifier: MIT
// Held-back pictures: whole sequences, or their ends; never a neighbour of a training picture.
#include "nn/data/sequence_split.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct sets {
    nn_dataset train, val;
    nn_sequence_split how;
} sets;

static void begin(sets *s)
{
    int index;
    nn_error err;
    assert_int_equal(nn_dataset_init(&s->train, 0, (nn_notes){0}, &err), NN_OK);
    assert_int_equal(nn_dataset_init(&s->val, 0, (nn_notes){0}, &err), NN_OK);
    assert_int_equal(nn_dataset_add_source(&s->train, &(nn_source){.path = "x"}, &index, &err),
                     NN_OK);
}

static void add(sets *s, int label, uint64_t sequence, const char *format, int number)
{
    char name[256];
    nn_error err;
    snprintf(name, sizeof name, format, number);
    nn_sample sample = {.name = nn_strdup(name), .width = 20, .height = 20, .sequence = sequence};
    sample.truths = nn_alloc(sizeof(nn_truth));
    sample.truths[0] = (nn_truth){1, 1, 9, 9, label, 0, 0, 0};
    sample.truth_count = 1;
    assert_int_equal(nn_dataset_add(&s->train, &sample, &err), NN_OK);
}

static void split(sets *s, uint64_t seed)
{
    nn_error err = {0};
    assert_int_equal(nn_dataset_split_sequences(&s->train, 0, 0.2, seed, &s->val, &s->how, &err),
                     NN_OK);
    assert_int_equal(s->how.held, s->val.count);
    assert_int_equal(s->how.pictures, s->train.count + s->val.count + s->how.left_out);
}

static void end(sets *s)
{
    nn_dataset_release(&s->train);
    nn_dataset_release(&s->val);
}

static int count(const nn_dataset *d, const char *words)
{
    int n = 0;
    for (int i = 0; i < d->count; i++)
        n += strstr(d->samples[i].name, words) != NULL;
    return n;
}

// Ten videos by name: two of them are held back, whole.
static void test_whole_sequences(void **state)
{
    (void)state;
    sets s, again;
    for (int run = 0; run < 2; run++) {
        sets *one = run ? &again : &s;
        begin(one);
        for (int i = 0; i < 200; i++) {
            char format[64];
            snprintf(format, sizeof format, "/set/video%d_%%06d.jpg", i % 10);
            add(one, i % 3, 0, format, i / 10);
        }
        split(one, 7);
    }
    assert_int_equal(s.how.sequences, 10);
    assert_int_equal(s.how.held_sequences, 2);
    assert_int_equal(s.val.count, 40);
    assert_int_equal(s.how.left_out, 0);
    for (int i = 0; i < 10; i++) {
        char words[32];
        snprintf(words, sizeof words, "video%d_", i);
        assert_true(count(&s.val, words) == 0 || count(&s.train, words) == 0);
    }
    for (int i = 0; i < s.val.count; i++) // the same again
        assert_string_equal(s.val.samples[i].name, again.val.samples[i].name);
    end(&s);
    end(&again);
    // The sequence in the labels takes precedence over names.
    begin(&s);
    for (int i = 0; i < 50; i++)
        add(&s, 0, (uint64_t)(1 + i % 5), "/set/%06d.jpg", i);
    split(&s, 1);
    assert_int_equal(s.how.sequences, 5);
    assert_int_equal(s.how.held_sequences, 1);
    for (int i = 0; i < s.val.count; i++)
        assert_true(s.val.samples[i].sequence == s.val.samples[0].sequence);
    end(&s);
}

// One video: its last fifth, with a gap.
static void test_one_sequence(void **state)
{
    (void)state;
    sets s;
    begin(&s);
    for (int i = 99; i >= 0; i--)
        add(&s, 0, 0, "/set/frame_%04d.png", i);
    split(&s, 7);
    assert_int_equal(s.how.sequences, 1);
    assert_int_equal(s.how.held_sequences, 0);
    assert_int_equal(s.val.count, 20);
    assert_int_equal(s.how.left_out, 2);
    assert_int_equal(count(&s.val, "/frame_008"), 10);
    assert_int_equal(count(&s.val, "/frame_009"), 10);
    assert_int_equal(count(&s.train, "/frame_0077"), 1);
    assert_int_equal(count(&s.train, "/frame_0078"), 0);
    end(&s);
}

// Copies of a picture stay on one side.
static void test_copies(void **state)
{
    (void)state;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    sets s;
    begin(&s);
    for (int i = 0; i < 78; i++) {
        char format[128];
        snprintf(format, sizeof format, "/set/%c%c_jpg.rf.%%08d0123456789abcdef.jpg",
                 letters[i / 3], letters[i / 3]);
        add(&s, 0, 0, format, i * 7919);
    }
    split(&s, 3);
    assert_int_equal(s.how.sequences, 26);
    assert_true(s.val.count >= 12 && s.val.count <= 18);
    for (int i = 0; i < 26; i++) {
        char words[16];
        snprintf(words, sizeof words, "/%c%c_jpg", letters[i], letters[i]);
        assert_true(count(&s.val, words) == 0 || count(&s.val, words) == 3);
    }
    end(&s);
    // Copies of the frames of one video, too.
    begin(&s);
    for (int i = 0; i < 60; i++) {
        char format[128];
        snprintf(format, sizeof format, "/set/cam-%04d_png.rf.%%08dfedcba9876543210.jpg", i / 3);
        add(&s, 0, 0, format, i * 7919);
    }
    split(&s, 3);
    assert_int_equal(s.how.sequences, 1);
    assert_int_equal(s.val.count, 12);
    assert_int_equal(count(&s.val, "cam-0016"), 3);
    end(&s);
}

// Every class keeps training pictures: a sequence with all pictures of a class is divided.
static void test_classes(void **state)
{
    (void)state;
    sets s;
    begin(&s);
    for (int i = 0; i < 100; i++)
        add(&s, i % 5, 0,
            (const char *const[]){"/s/cat%d.jpg", "/s/dog%d.jpg", "/s/cow%d.jpg", "/s/owl%d.jpg",
                                  "/s/ape%d.jpg"}[i % 5],
            i / 5);
    split(&s, 7);
    assert_int_equal(s.how.sequences, 5);
    assert_int_equal(s.how.held_sequences, 0);
    assert_int_equal(s.val.count, 20);
    assert_int_equal(count(&s.val, "cat"), 4);
    assert_int_equal(count(&s.val, "ape"), 4);
    end(&s);
    // A class with a single picture is learnt.
    begin(&s);
    for (int i = 0; i < 40; i++) {
        char format[64];
        snprintf(format, sizeof format, "/s/%c%c%%.0d.jpg", 'a' + i % 26, 'a' + i / 26);
        add(&s, i == 11, 0, format, 0);
    }
    split(&s, 7);
    assert_int_equal(s.how.sequences, 40);
    assert_int_equal(s.val.count, 8);
    for (int i = 0; i < s.val.count; i++)
        assert_int_equal(s.val.samples[i].truths[0].label, 0);
    end(&s);
}

static void test_few(void **state)
{
    (void)state;
    sets s;
    begin(&s);
    for (int i = 0; i < NN_SEQUENCE_LEAST - 1; i++)
        add(&s, 0, 0, "/set/%d.jpg", i);
    split(&s, 7);
    assert_int_equal(s.val.count, 0);
    end(&s);
}

static nn_status split_again(void *ctx, nn_error *err)
{
    nn_sequence_split how;
    nn_dataset val;
    (void)ctx;
    sets s;
    begin(&s);
    for (int i = 0; i < 30; i++)
        add(&s, 0, 0, "/set/%d.jpg", i);
    nn_status status = nn_dataset_init(&val, 0, (nn_notes){0}, err);
    if (status == NN_OK) {
        alloc_reset(*(long *)ctx);
        status = nn_dataset_split_sequences(&s.train, 0, 0.2, 1, &val, &how, err);
        alloc_reset(-1);
        nn_dataset_release(&val);
    }
    end(&s);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    nn_error err = {0};
    long n = 0;
    while (split_again(&n, &err) != NN_OK) {
        assert_int_equal(err.status, NN_ENOMEM);
        n++;
    }
    assert_true(n > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_sequences),
        cmocka_unit_test(test_one_sequence),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_few),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
