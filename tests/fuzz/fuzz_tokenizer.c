// SPDX-License-Identifier: MIT
// Fuzz target: texts of tokenizers, and the same bytes as a text and as a word.
#include "nn/base/memory.h"
#include "nn/text/tokenizer.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH = 24, MOST = 512 };

static void check_word(const nn_tokenizer *t, const uint8_t *data, size_t size)
{
    int32_t tokens[MOST];
    char back[MOST + 8];
    int count;
    const size_t n = size < MOST ? size : MOST;
    if (nn_tokenizer_encode_word(t, (const char *)data, n, tokens, &count, NULL) != NN_OK)
        abort();
    for (int i = 0; i < count; i++)
        if (tokens[i] < 0 || tokens[i] >= nn_tokenizer_count(t))
            abort();
    nn_tokenizer_decode(t, tokens, count, back, sizeof back);
}

static void check_text(const nn_tokenizer *t, const char *text)
{
    float tokens[LENGTH];
    int end;
    if (nn_tokenizer_encode(t, text, tokens, LENGTH, &end, NULL) != NN_OK || end < 1 ||
        end >= LENGTH)
        abort();
    for (int i = 0; i < LENGTH; i++)
        if (!(tokens[i] >= 0 && tokens[i] < (float)nn_tokenizer_count(t)))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_tokenizer *t, *again;
    char *text = nn_alloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    const char *texts[] = {text};
    nn_status status = nn_tokenizer_parse(&t, text, size, NULL);
    if (status != NN_OK) // words to learn from
        status = nn_tokenizer_learn(&t, texts, 1, NN_TOKENIZER_LEAST + 16, NULL);
    if (status == NN_OK) {
        check_word(t, data, size);
        check_text(t, text);
        const char *stored = nn_tokenizer_text(t);
        if (nn_tokenizer_parse(&again, stored, strlen(stored), NULL) != NN_OK ||
            nn_tokenizer_count(again) != nn_tokenizer_count(t) ||
            strcmp(nn_tokenizer_text(again), stored) != 0)
            abort();
        nn_tokenizer_free(again);
        nn_tokenizer_free(t);
    }
    nn_free(text);
    return 0;
}
