// SPDX-License-Identifier: MIT
// Outlines, keypoints and rotated boxes of annotations as details of true boxes.
#ifndef NN_DATA_TRUTH_DETAIL_H
#define NN_DATA_TRUTH_DETAIL_H

#include "nn/data/folder.h"

// Adds what is wanted (NN_DETAIL_ flags) of an annotation to `details`, scaled by w and h to
// pixels, and sets t->detail and t->area. An object without a wanted outline becomes an ignore box,
// because its pixels are unknown. One without keypoints has them all unlabelled; an upright box is
// a rotated one of angle 0. Leaves `details` as it was for objects that have nothing.
nn_status nn_truth_detail_take(nn_truth *t, nn_details *details, const nn_annotated_picture *p,
                               const nn_annotation *a, unsigned wanted, float w, float h,
                               nn_error *err);

// After a folder was read: records in *d what it has. NN_EFORMAT when it has nothing of what was
// wanted; NN_EINVAL when its keypoints are not those of the folders before.
nn_status nn_truth_detail_judge(nn_dataset *d, const nn_data_survey *s, const nn_folder *f,
                                nn_error *err);

#endif
