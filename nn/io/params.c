// SPDX-License-Identifier: MIT
// Matches the tensors of a file with the parameters of a network.
#include "nn/io/params.h"

#include "nn/io/file.h"

#include "nn/zoo/zoo.h"

#include <stdio.h>
#include <string.h>

static bool has_ending(const char *name, const char *ending)
{
    size_t n = strlen(name), m = strlen(ending);
    return n >= m && strcmp(name + n - m, ending) == 0;
}

// torchvision's DenseNet files have older names: "denselayer1.norm.1.weight" is
// "denselayer1.norm1.weight" in the module. Writes `name` without these dots; false when it has
// none.
static bool rename_old(const char *name, char *to, size_t size)
{
    static const char *const parts[] = {".norm.", ".conv."};
    const char *layer = strstr(name, ".denselayer");
    for (size_t i = 0; layer && i < 2; i++) {
        const char *at = strstr(layer, parts[i]);
        if (!at || (at[6] != '1' && at[6] != '2') || at[7] != '.')
            continue;
        return (size_t)snprintf(to, size, "%.*s%s", (int)(at + 5 - name), name, at + 6) < size;
    }
    return false;
}

// The reverse.
static bool rename_new(const char *name, char *to, size_t size)
{
    static const char *const parts[] = {".norm1.", ".norm2.", ".conv1.", ".conv2."};
    const char *layer = strstr(name, ".denselayer");
    for (size_t i = 0; layer && i < 4; i++) {
        const char *at = strstr(layer, parts[i]);
        if (at)
            return (size_t)snprintf(to, size, "%.*s.%s", (int)(at + 5 - name), name, at + 5) < size;
    }
    return false;
}

// OpenMMLab's classifiers: all but the last layer is in "backbone.", that in "head.".
static const nn_tensor *find_in_head(const nn_params_source *s, const char *name)
{
    static const char body[] = "backbone.";
    const size_t n = strlen(s->prefix), m = sizeof body - 1;
    char whole[512];
    if (!has_ending(s->prefix, body) ||
        (size_t)snprintf(whole, sizeof whole, "%.*shead.%s", (int)(n - m), s->prefix, name) >=
            sizeof whole)
        return NULL;
    return nn_bundle_find(s->bundle, whole);
}

const nn_tensor *nn_params_find(const nn_params_source *s, const char *name)
{
    char whole[512], old[512];
    if ((size_t)snprintf(whole, sizeof whole, "%s%s", s->prefix, name) >= sizeof whole)
        return NULL;
    const nn_tensor *t = nn_bundle_find(s->bundle, whole);
    if (!t && rename_new(whole, old, sizeof old))
        t = nn_bundle_find(s->bundle, old);
    return t ? t : find_in_head(s, name);
}

static int count_found(const nn_graph *graph, const nn_params_source *s)
{
    int n = 0;
    for (int i = 0; i < nn_graph_param_count(graph); i++)
        n += nn_params_find(s, nn_graph_value(graph, nn_graph_param_at(graph, i)).name) != NULL;
    return n;
}

// The part before ".NAME" at the end of a tensor's name, with the dot.
static bool read_prefix(char *prefix, size_t size, const char *tensor, const char *name)
{
    const size_t n = strlen(tensor), m = strlen(name);
    return n > m + 1 && tensor[n - m - 1] == '.' && has_ending(tensor, name) &&
           (size_t)snprintf(prefix, size, "%.*s", (int)(n - m), tensor) < size;
}

nn_params_source nn_params_source_of(const nn_graph *graph, const nn_bundle *b)
{
    enum { TRIED = 4 }; // number of parameters that are tried
    nn_params_source best = {.bundle = b}, s = best;
    const int count = nn_graph_param_count(graph);
    int most = count_found(graph, &best);
    for (int i = 0; i < TRIED && i < count && most < count; i++) {
        const char *name = nn_graph_value(graph, nn_graph_param_at(graph, i)).name;
        for (int t = 0; t < b->count; t++) {
            if (!read_prefix(s.prefix, sizeof s.prefix, b->tensors[t].name, name))
                continue;
            const int found = count_found(graph, &s);
            if (found > most) {
                most = found;
                best = s;
            }
        }
    }
    return best;
}

// Whether files of this network may contain the tensor although its graph has no such parameter.
static bool may_be_left(const nn_card *card, const char *name)
{
    static const char *const aux[] = {"aux1.", "aux2.", "AuxLogits."};
    if (has_ending(name, ".num_batches_tracked"))
        return true;
    const nn_zoo_net *net = nn_zoo_find(card->network);
    nn_zoo_options o;
    if (!net || !strstr(net->option_names, "aux") ||
        nn_zoo_parse_options(net, NULL, card->options, &o, NULL) != NN_OK || o.aux)
        return false;
    for (size_t i = 0; i < sizeof aux / sizeof *aux; i++)
        if (strncmp(name, aux[i], strlen(aux[i])) == 0)
            return true;
    return false;
}

static bool is_known(const nn_graph *graph, const nn_card *card, const char *name)
{
    char now[512];
    return nn_graph_find_param(graph, name) >= 0 || may_be_left(card, name) ||
           (rename_old(name, now, sizeof now) && nn_graph_find_param(graph, now) >= 0);
}

static nn_status check_strangers(const nn_graph *graph, const nn_card *card,
                                 const nn_params_source *s, nn_error *err)
{
    const nn_bundle *b = s->bundle;
    const size_t prefix = strlen(s->prefix);
    const char *first = NULL;
    int count = 0;
    for (int i = 0; i < b->count; i++) {
        const char *name = b->tensors[i].name;
        if (strncmp(name, s->prefix, prefix) != 0 || is_known(graph, card, name + prefix))
            continue;
        first = first ? first : b->tensors[i].name;
        count++;
    }
    if (count == 0)
        return NN_OK;
    return nn_fail(err, NN_EFORMAT, "the tensor '%s'%s no parameter of %s", first,
                   count > 1 ? " (and others) is" : " is",
                   card->network[0] ? card->network : "the model");
}

nn_status nn_params_check(const nn_graph *graph, const nn_card *card, const nn_bundle *b,
                          nn_error *err)
{
    const nn_params_source source = nn_params_source_of(graph, b);
    for (int i = 0; i < nn_graph_param_count(graph); i++) {
        nn_value_info info = nn_graph_value(graph, nn_graph_param_at(graph, i));
        const nn_tensor *t = nn_params_find(&source, info.name);
        const char *keras = nn_bundle_meta(b, "keras");
        if (!t && keras)
            return nn_fail(err, NN_EFORMAT, "the parameter '%s' is missing: the file is Keras' %s",
                           info.name, keras);
        if (!t)
            return nn_fail(err, NN_EFORMAT, "the parameter '%s' is missing", info.name);
        char want[96], have[96];
        if (!nn_shape_equal(&t->shape, info.shape))
            return nn_fail(err, NN_ESHAPE, "the parameter '%s' is %s, the network's is %s",
                           info.name, nn_shape_text(&t->shape, have, sizeof have),
                           nn_shape_text(info.shape, want, sizeof want));
    }
    return check_strangers(graph, card, &source, err);
}

nn_status nn_model_set_params(nn_model *m, const nn_bundle *b, nn_error *err)
{
    nn_status status = nn_params_check(m->graph, &m->card, b, err);
    const nn_params_source source = nn_params_source_of(m->graph, b);
    for (int i = 0; status == NN_OK && i < nn_graph_param_count(m->graph); i++) {
        const nn_tensor *t =
            nn_params_find(&source, nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name);
        nn_convert(NN_F32, m->params[i].data, t->dtype, t->data, nn_shape_count(&t->shape));
        m->half = m->half || t->dtype == NN_F16;
        nn_file_forget(&(nn_file){b->map, b->map_bytes}, t->data, nn_tensor_bytes(t));
    }
    return status;
}

int nn_model_take_params(nn_model *m, const nn_bundle *b)
{
    const nn_params_source source = nn_params_source_of(m->graph, b);
    int taken = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        nn_value_info info = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
        const nn_tensor *t = nn_params_find(&source, info.name);
        if (!t || !nn_shape_equal(&t->shape, info.shape))
            continue;
        nn_convert(NN_F32, m->params[i].data, t->dtype, t->data, nn_shape_count(&t->shape));
        taken++;
    }
    return taken;
}
