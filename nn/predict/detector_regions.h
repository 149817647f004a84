// SPDX-License-Identifier: MIT
// A detector that looks at areas and tiles of a frame.
#ifndef NN_PREDICT_DETECTOR_REGIONS_H
#define NN_PREDICT_DETECTOR_REGIONS_H

#include "nn/predict/detector.h"
#include "nn/vision/regions.h"

// What the model of a card is for, as far as tiles depend on it.
NN_API nn_object_sizes nn_card_object_sizes(const nn_card *card);

// As nn_detector_run, in the parts of the frame that `r` chooses; at most `most` boxes. `seconds`
// is the time of the frame. Frames that are read by rows (nn_frame.read_row) are NN_EUNSUPPORTED.
NN_API nn_status nn_detector_run_regions(nn_detector *d, nn_regions *r, const nn_frame *frame,
                                         double seconds, int most, nn_result *result,
                                         nn_error *err);

#endif
