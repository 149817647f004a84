// SPDX-License-Identifier: MIT
// Private to pipeline/: where the lines of JSON of a run go: a file, MQTT, Kafka.
#ifndef PIPELINE_PUBLISH_H
#define PIPELINE_PUBLISH_H

#include "pipeline/pipeline.h"

#include <gst/gst.h>
#include <stdbool.h>

// Appends " ! neropublish ..." for each place to a gst-launch text.
void vp_publish_append(GString *text, const vp_options *o);
// Sets the properties of these elements. NN_EINVAL when a URL has settings that do not exist.
nn_status vp_publish_set_up(GstElement *pipeline, const vp_options *o, nn_error *err);
// Whether a message is from one of them.
bool vp_publish_is_from(GstMessage *message);
// To be called after the end: NN_EIO when lines did not reach their place.
nn_status vp_publish_check(GstElement *pipeline, nn_error *err);

#endif
