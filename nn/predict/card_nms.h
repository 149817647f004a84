// SPDX-License-Identifier: MIT
// How the boxes of a model are suppressed, as its card has it.
#ifndef NN_PREDICT_CARD_NMS_H
#define NN_PREDICT_CARD_NMS_H

#include "nn/graph/card.h"
#include "nn/vision/nms.h"

static inline nn_nms_options nn_card_nms(const nn_card *card, int max_detections)
{
    return (nn_nms_options){.iou = card->iou_threshold, .max_detections = max_detections};
}

#endif
