// SPDX-License-Identifier: MIT
// Cards of networks that enlarge pictures.
#ifndef NN_PREDICT_UPSCALER_CARD_H
#define NN_PREDICT_UPSCALER_CARD_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

// Whether the network of the card enlarges pictures.
NN_API bool nn_upscaler_suits(const nn_card *card);
// Sets task, channels and factor of a card that names no task, when the only output of the graph
// shows that it enlarges its only input, a picture of 1 or 3 planes. Leaves other cards as they
// are.
nn_status nn_upscaler_guess(nn_model *model, nn_error *err);

#endif
