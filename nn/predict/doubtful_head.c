// SPDX-License-Identifier: MIT
// What else the outputs of a model may be.
#include "nn/predict/doubtful_head.h"

#include <string.h>
#include <strings.h>

// Whether maps of classes have the size and a usual number of maps of keypoints.
static bool may_be_keypoints(const nn_head_output *outputs, int n, int h, int w, int classes)
{
    static const int usual[] = {14, 16, 17, 21, 26, 68, 98, 106, 133};
    const nn_decoder *d = nn_decoder_find("heatmaps");
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (classes == usual[i])
            return d && d->classes(d, outputs, n, h, w) > 0;
    return false;
}

// Whether networks have that many channels: then it may be the length of an embedding.
static bool is_width(int64_t n)
{
    return n >= 64 && n % 32 == 0;
}

// Whether it is x and y of a usual number of landmarks of a face: 68, 98, 106 or 478.
static bool is_landmarks(int64_t n)
{
    return n == 2 * 68 || n == 2 * 98 || n == 2 * 106 || n == 2 * 478 || n == 3 * 478;
}

static bool has_word(const char *name, const char *const *words)
{
    for (; *words; words++)
        for (const char *p = name; *p; p++)
            if (strncasecmp(p, *words, strlen(*words)) == 0)
                return true;
    return false;
}

// Whether the first output is that of a softmax.
static bool ends_in_softmax(const nn_graph *g)
{
    const nn_value out = nn_graph_output_count(g) > 0 ? nn_graph_output_at(g, 0) : NN_NO_VALUE;
    for (int i = nn_graph_node_count(g) - 1; i >= 0; i--) {
        const nn_node_info node = nn_graph_node_at(g, i);
        if (node.out == out)
            return strcmp(node.op->name, "softmax") == 0;
    }
    return false;
}

// Whether a vector may be an embedding or landmarks instead of the scores of classes.
static bool may_be_vector(const nn_model *m, const nn_head_output *output, int classes)
{
    static const char *const other[] = {"embed",  "feat", "landm", "vector", "descriptor",
                                        "hidden", "pool", "token", "latent", NULL};
    static const char *const scores[] = {"prob",  "softmax", "logit", "class", "score",
                                         "categ", "predict", "label", NULL};
    const char *name = output->name ? output->name : "";
    if (strcmp(m->card.exporter_task, "classify") == 0 || m->card.label_count == classes ||
        (!m->tail && ends_in_softmax(m->graph)))
        return false;
    if (has_word(name, other))
        return true;
    return !has_word(name, scores) && (is_width(classes) || is_landmarks(classes));
}

// Whether columns that a detector takes for classes are as many as in features of a network.
static bool may_be_features(const nn_model *m, const nn_decoder *d, int classes)
{
    static const struct {
        const char *head;
        int more; // columns beside the classes
    } of[] = {{"rtdetr", 4}, {"fastestdet", 5}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (strcmp(d->name, of[i].head) == 0)
            return m->card.label_count != classes && is_width(classes + of[i].more);
    return false;
}

// Whether columns behind the classes may be keypoints or an angle: boxes followed by the keypoints
// of COCO's people or the landmarks of a face, by the angle of DOTA's boxes.
static bool may_have_more(const nn_card *card, const char *head, int classes)
{
    enum { POSE = 1 + 17 * 3, DOTA = 15 + 1, FACE = 1 + 5 * 2, SCORED_FACE = 1 + 5 * 3 };
    const bool columns = strcmp(head, "yolov8") == 0, rows = strcmp(head, "yolov5") == 0;
    if (card->exporter_task[0] || (!columns && !rows))
        return false;
    if (card->label_count > 0)
        return card->label_count == 1 && classes > 1;
    return classes == POSE || (columns && classes == DOTA) ||
           (rows && (classes == FACE || classes == SCORED_FACE));
}

bool nn_head_is_doubtful(const nn_model *m, const nn_decoder *d, const nn_head_output *outputs,
                         int n, int h, int w, int classes)
{
    if (strcmp(d->name, "yolov10") == 0) // or queries of RT-DETR
        return m->card.label_count == 2;
    if (d->paint)
        return m->card.label_count == 0 && may_be_keypoints(outputs, n, h, w, classes);
    if (d->whole_frame) // a row for each picture, else it is a list
        return outputs->tensor.shape.dim[0] != 1 || may_be_vector(m, outputs, classes);
    return may_be_features(m, d, classes) || may_have_more(&m->card, d->name, classes);
}
