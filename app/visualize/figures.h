// SPDX-License-Identifier: MIT
// Private to app/visualize: the kinds of figures. Each fills a zeroed figure, and adds its numbers
// to `raw`, which may be NULL.
#ifndef APP_VISUALIZE_FIGURES_H
#define APP_VISUALIZE_FIGURES_H

#include "app/visualize/raw.h"
#include "app/visualize/subject.h"

// One explanation of the picture that the subject sees.
nn_status app_figure_single(app_subject *s, app_figure *f, app_raw *raw, nn_error *err);
// The strongest channels of the layer, each by itself.
nn_status app_figure_channels(app_subject *s, app_figure *f, app_raw *raw, nn_error *err);
// Every layer.
nn_status app_figure_layers(app_subject *s, app_figure *f, app_raw *raw, nn_error *err);
// The maps of the layer, or of every layer.
nn_status app_figure_features(app_subject *s, app_figure *f, app_raw *raw, nn_error *err);
// How the network changes when the picture is moved, scaled and rotated.
nn_status app_figure_invariance(app_subject *s, app_figure *f, app_raw *raw, nn_error *err);

// What a grey square does to the class and to the strongest feature map.
nn_status app_figure_occlusion(app_subject *s, app_figure *f, app_raw *raw, nn_error *err);

// Without a picture: the strongest patches of `data` for each channel; filters; pictures that
// excite a class or channel most.
nn_status app_figure_top_over(app_subject *s, const char *data, app_figure *f, app_raw *raw,
                              nn_error *err);
nn_status app_figure_filters(app_subject *s, app_figure *f, app_raw *raw, nn_error *err);
nn_status app_figure_maximize(app_subject *s, app_figure *f, app_raw *raw, nn_error *err);

#endif
