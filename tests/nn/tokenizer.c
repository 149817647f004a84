// SPDX-License-Identifier: MIT
// Tokens of texts: what another implementation of CLIP's algorithm says of sample sentences, any
// bytes and back, merges learnt from texts, damaged files.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/text/tokenizer_internal.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char MERGES[] =
    "#version: 0.2\nt h\nth e</w>\ni n\nin g</w>\nr e\nre d</w>\nc i\nr c\nci rc\n"
    "l e</w>\ncirc le</w>\nd o\ndo g</w>\nd o</w>\n\xc3\x83 \xc2\xa9</w>\n1 2</w>\n"
    "! !</w>\na n\nan d</w>\n";

// A token as files write it, with a line end.
static const char *symbol_text(const nn_tokenizer *t, int32_t number)
{
    static char line[64];
    const nn_token_symbol *s = &t->symbols[t->by_number[number]];
    memcpy(line, t->letters + s->at, s->size);
    line[s->size] = '\n';
    line[s->size + 1] = '\0';
    return line;
}

static nn_tokenizer *parse(const char *text)
{
    nn_tokenizer *t;
    nn_error err = {0};
    if (nn_tokenizer_parse(&t, text, strlen(text), &err) != NN_OK)
        fail_msg("%s", err.text);
    return t;
}

// Computed by a program in Python that follows the algorithm and Python's Unicode database.
static void test_sentences(void **state)
{
    static const struct {
        const char *text;
        int count;
        int32_t tokens[40];
    } cases[] = {
#include "tests/data/tokenizer/sentences.inc"
    };
    nn_tokenizer *t = parse(MERGES);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float tokens[64];
        int end;
        assert_int_equal(nn_tokenizer_encode(t, cases[i].text, tokens, 64, &end, NULL), NN_OK);
        assert_int_equal(tokens[0], nn_tokenizer_count(t) - 2);
        assert_int_equal(tokens[end], nn_tokenizer_count(t) - 1);
        assert_int_equal(end - 1, cases[i].count);
        for (int k = 0; k < cases[i].count; k++)
            assert_int_equal(tokens[1 + k], cases[i].tokens[k]);
        for (int k = end + 1; k < 64; k++)
            assert_int_equal(tokens[k], 0);
    }
    nn_tokenizer_free(t);
}

static void test_any_bytes(void **state)
{
    enum { MOST = 96, TURNS = 400 };
    nn_tokenizer *t = parse(MERGES);
    nn_rng rng = nn_rng_stream(7, 7);
    (void)state;
    for (int turn = 0; turn < TURNS; turn++) {
        char bytes[MOST], back[MOST + 8];
        int32_t tokens[MOST];
        int count;
        const size_t size = 1 + (size_t)nn_rng_below(&rng, MOST);
        static const char likely[] = "theingredcircledog12!!and\xc3\xa9";
        for (size_t i = 0; i < size; i++)
            bytes[i] = turn % 2 ? (char)nn_rng_below(&rng, 256)
                                : likely[nn_rng_below(&rng, sizeof likely - 1)];
        assert_int_equal(nn_tokenizer_encode_word(t, bytes, size, tokens, &count, NULL), NN_OK);
        assert_int_equal(nn_tokenizer_decode(t, tokens, count, back, sizeof back), size + 1);
        assert_memory_equal(back, bytes, size);
        assert_int_equal(back[size], ' ');
    }
    nn_tokenizer_free(t);
}

// A text that is too long keeps its start and its end; the context may be as short as that.
static void test_long(void **state)
{
    nn_tokenizer *t = parse(MERGES);
    float tokens[4];
    int end;
    (void)state;
    assert_int_equal(nn_tokenizer_encode(t, "the red circle and the dog", tokens, 4, &end, NULL),
                     NN_OK);
    assert_int_equal(end, 3);
    assert_int_equal(tokens[3], nn_tokenizer_count(t) - 1);
    assert_int_equal(nn_tokenizer_encode(t, "dog", tokens, 2, &end, NULL), NN_OK);
    assert_int_equal(end, 1);
    nn_tokenizer_free(t);
}

static void test_learnt(void **state)
{
    static const char *const texts[] = {"a red circle", "a red square", "red red circle", "x"};
    nn_tokenizer *t, *again;
    int32_t tokens[8];
    int count;
    (void)state;
    assert_int_equal(nn_tokenizer_learn(&t, texts, 4, 600, NULL), NN_OK);
    assert_int_equal(nn_tokenizer_encode_word(t, "red", 3, tokens, &count, NULL), NN_OK);
    assert_int_equal(count, 1);
    assert_int_equal(nn_tokenizer_encode_word(t, "circle", 6, tokens, &count, NULL), NN_OK);
    assert_int_equal(count, 1);
    assert_int_equal(nn_tokenizer_encode_word(t, "square", 6, tokens, &count, NULL), NN_OK);
    assert_true(count > 1); // it is there but once
    again = parse(nn_tokenizer_text(t));
    assert_string_equal(nn_tokenizer_text(t), nn_tokenizer_text(again));
    assert_int_equal(nn_tokenizer_count(t), nn_tokenizer_count(again));
    nn_tokenizer_free(t);
    nn_tokenizer_free(again);
    assert_int_equal(nn_tokenizer_learn(&t, texts, 4, 515, NULL), NN_OK);
    assert_int_equal(nn_tokenizer_count(t), 515);
    nn_tokenizer_free(t);
    assert_int_equal(nn_tokenizer_learn(&t, texts, 4, 100, NULL), NN_EINVAL);
}

static void expect_damaged(const char *text, const char *why)
{
    nn_tokenizer *t;
    nn_error err = {0};
    assert_int_equal(nn_tokenizer_parse(&t, text, strlen(text), &err), NN_EFORMAT);
    assert_null(t);
    assert_non_null(strstr(err.text, why));
}

static void test_damaged(void **state)
{
    (void)state;
    expect_damaged("a b\nab\n", "line 2");
    expect_damaged("a b c\n", "line 1");
    expect_damaged(" b\n", "line 1");
    expect_damaged("a b\n#vocabulary\na\nb\n", "vocabulary lacks");
}

// Tokens with other numbers than the usual ones, as vocab.json gives them; files that are not
// there.
static void test_numbers(void **state)
{
    nn_tokenizer *usual = parse("a b</w>\n"), *t;
    nn_error err = {0};
    int32_t tokens[4], others[4];
    int count, other_count;
    char text[1 << 14];
    size_t size = (size_t)snprintf(text, sizeof text, "a b</w>\n#vocabulary\n\n\n");
    (void)state; // the first two numbers are of no token
    for (int32_t i = 0; i < nn_tokenizer_count(usual); i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%s", symbol_text(usual, i));
    assert_true(size < sizeof text);
    t = parse(text);
    assert_int_equal(nn_tokenizer_count(t), nn_tokenizer_count(usual) + 2);
    assert_true(nn_tokenizer_ends_last(t));
    snprintf(text + size, sizeof text - size, "more\n"); // behind the end
    nn_tokenizer *longer = parse(text);
    assert_false(nn_tokenizer_ends_last(longer));
    nn_tokenizer_free(longer);
    assert_int_equal(nn_tokenizer_encode_word(usual, "cab", 3, tokens, &count, NULL), NN_OK);
    assert_int_equal(nn_tokenizer_encode_word(t, "cab", 3, others, &other_count, NULL), NN_OK);
    assert_int_equal(count, other_count);
    for (int i = 0; i < count; i++)
        assert_int_equal(others[i], tokens[i] + 2);
    nn_tokenizer *again = parse(nn_tokenizer_text(t));
    assert_string_equal(nn_tokenizer_text(t), nn_tokenizer_text(again));
    nn_tokenizer_free(again);
    nn_tokenizer_free(t);
    nn_tokenizer_free(usual);
    assert_int_equal(nn_tokenizer_load(&t, "/nowhere/vocab.json", &err), NN_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences), cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_long),      cmocka_unit_test(test_learnt),
        cmocka_unit_test(test_damaged),   cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
