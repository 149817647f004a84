// SPDX-License-Identifier: MIT
// A small detection model with random weights for tests that run the real engine.
#ifndef TESTS_PLUGINS_MODELS_H
#define TESTS_PLUGINS_MODELS_H

#include <gst/gst.h>

// Writes one with the classes person and car to `path`. Its threshold is low enough to box noise.
void model_write(const char *path);

// Gives an element with the property `model` that one, but where its own is no detector.
void model_give(GstElement *e, const char *path);

#endif
