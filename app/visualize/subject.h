// SPDX-License-Identifier: MIT
// Private to app/visualize: a model with the picture that it sees, and the question to it.
#ifndef APP_VISUALIZE_SUBJECT_H
#define APP_VISUALIZE_SUBJECT_H

#include "app/visualize/figure.h"
#include "app/visualize/question.h"

// Methods beside those of nn/explain/methods.
#define APP_METHOD_FEATURES "features"
#define APP_METHOD_FILTERS "filters"
#define APP_METHOD_MAXIMIZE "maximize"

typedef struct app_subject {
    const app_visualize *job;
    nn_explainer *e;
    const char *method;           // its word
    const nn_explain_method *how; // NULL: one of the words above
    int layer;                    // -1: none was named
    int label;                    // the class; -1: none was named
    const nn_image *picture;      // borrowed: the last one
    const char *name;             // of the picture
    nn_letterbox placed;
    app_seen seen;
} app_subject;

// Opens the model and finds layer, class and method; each failure is one line.
nn_status app_subject_open(app_subject *s, const app_visualize *job, nn_error *err);
void app_subject_close(app_subject *s);

// Looks at a picture, which is borrowed until the next one.
nn_status app_subject_see(app_subject *s, const nn_image *picture, const char *name, nn_error *err);

// Explains by the question: of `layer` and `channel` (-1: as asked), the `strongest` activations.
// `by_class`: of a detector all boxes of the strongest class, and not the strongest one.
nn_status app_subject_explain(app_subject *s, int layer, int channel, int strongest, bool by_class,
                              nn_explain_map *map, nn_error *err);

// What was explained, "tulip" or "block3.gelu, channel 17" (g_free).
char *app_subject_target(const app_subject *s, const nn_explain_map *map);
// The box or class of the result that was explained; NULL: none.
const nn_box *app_subject_box(const app_subject *s, const nn_explain_map *map);
const char *app_subject_label(const app_subject *s, int label); // "?" when it has none

// "Grad-CAM" for "gradcam".
const char *app_method_title(const char *word);
// "128 x 12 x 12" (g_free).
char *app_layer_shape(const nn_explain_layer *layer);

// Model, picture and the best classes as facts of a figure.
void app_subject_facts(const app_subject *s, app_figure *f);
// Sets the size of a figure's cells: about `side` pixels squared, in the shape of what is seen.
void app_subject_size(const app_subject *s, app_figure *f, double side);
// Adds the picture, as far as it is seen, as a cell.
nn_status app_subject_add_picture(const app_subject *s, app_figure *f, nn_error *err);

// Paints a map over what is seen, and adds it to a figure as a cell: heat over the picture, or a
// picture of its own. `bar`: with its scale. *used (may be NULL) gets the scale.
nn_status app_subject_add_map(const app_subject *s, app_figure *f, const nn_explain_map *map,
                              bool bar, app_scale *used, nn_error *err);

#endif
