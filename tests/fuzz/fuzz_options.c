// SPDX-License-Identifier: MIT
// Fuzz target: options of networks as text. Bytes: network, head (0: none), then the text. Accepted
// options must build a network, and their printed form the same one.
#include "nn/zoo/heads.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static nn_graph *build(const nn_card *card)
{
    nn_graph *g;
    nn_error err = {0};
    const nn_status status = nn_zoo_graph(&g, card, &err);
    if (status != NN_OK && !err.text[0])
        abort();
    return g;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_card card = {0};
    nn_zoo_options options;
    nn_error err;
    if (size < 2)
        return 0;
    const nn_zoo_net *net = nn_zoo_at(data[0] % nn_zoo_count());
    const int which = data[1] % (nn_zoo_head_count() + 1);
    const nn_zoo_head *head = which ? nn_zoo_head_at(which - 1) : NULL;
    snprintf(card.network, sizeof card.network, "%s", net->name);
    snprintf(card.task, sizeof card.task, "%s", head ? head->task : nn_zoo_own_task(net));
    snprintf(card.head, sizeof card.head, "%s", head ? head->name : "");
    const size_t length = size - 2 < sizeof card.options ? size - 2 : sizeof card.options - 1;
    memcpy(card.options, data + 2, length);
    if (nn_zoo_parse_options(net, head, card.options, &options, &err) != NN_OK)
        return 0;
    nn_graph *first = build(&card);
    nn_zoo_format_options(net, head, &options, card.options, sizeof card.options);
    nn_graph *again = build(&card);
    if (!first != !again || (first && !nn_graph_equal(first, again)))
        abort();
    nn_graph_free(first);
    nn_graph_free(again);
    return 0;
}
