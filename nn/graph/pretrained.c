// SPDX-License-Identifier: MIT
// What a card says of a training without labels.
#include "nn/graph/pretrained.h"

#include <string.h>

bool nn_card_is_pretrained(const nn_card *card)
{
    return strcmp(card->task, "pretrain") == 0;
}
