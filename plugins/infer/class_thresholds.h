// SPDX-License-Identifier: MIT
// Thresholds of single classes, as text.
#ifndef PLUGINS_INFER_CLASS_THRESHOLDS_H
#define PLUGINS_INFER_CLASS_THRESHOLDS_H

#include "plugins/meta/nerometa_internal.h"

// Reads "person=0.5,car=0.3". *thresholds gets one for each class (g_free); where the text names
// none it is that of `usual`, one for each class, or of `all` where that is NULL. *thresholds is
// NULL for an empty text without `usual`. A class that is not among the labels, or a number that is
// no score, gives NN_EINVAL and is left out; the error says which class may be meant.
nn_status nero_class_thresholds_parse(const char *text, const NeroLabels *labels, float all,
                                      const float *usual, float **thresholds, nn_error *err);

#endif
