// SPDX-License-Identifier: MIT
// Searches the values of a pickle for the tensors of a model, and gives them their names.
#include "nn/io/torch/pth_state.h"

#include "nn/base/memory.h"
#include "nn/io/format.h"
#include "nn/io/json.h"

#include <string.h>

// Modules may share what they hold, so that a small file names a great many tensors.
enum {
    MAX_NESTING = 8,
    MAX_DEPTH = 48,
    MAX_MODULES = 1 << 16,
    MAX_TENSORS = 1 << 18,
    MAX_STEPS = 1 << 22, // items of modules and of their sets
    MAX_ATTRIBUTES = 1024
};

void nn_pth_state_release(nn_pth_state *s)
{
    for (size_t i = 0; i < s->count; i++)
        nn_free(s->entries[i].name);
    nn_free(s->entries);
    *s = (nn_pth_state){0};
}

// --- where the tensors are ---

// The attributes of an object, a dict itself, else NULL.
static const nn_pickle_value *contents(const nn_pickle_value *v)
{
    if (v && v->kind == NN_PICKLE_OBJECT)
        v = v->object.state;
    return v && v->kind == NN_PICKLE_DICT ? v : NULL;
}

static const nn_pickle_value *get_dict(const nn_pickle_value *dict, const char *key)
{
    const nn_pickle_value *v = nn_pickle_get(dict, key);
    return v && v->kind == NN_PICKLE_DICT ? v : NULL;
}

// Whether it is an object of torch.nn.Module.
static bool is_module(const nn_pickle_value *v)
{
    const nn_pickle_value *c = v->kind == NN_PICKLE_OBJECT ? contents(v) : NULL;
    return c && c->list.count <= 2 * MAX_ATTRIBUTES && get_dict(c, "_modules") &&
           get_dict(c, "_parameters");
}

// Whether it is an object of a TorchScript archive.
static bool is_script(const nn_pickle_value *v)
{
    const nn_pickle_value *of = v->kind == NN_PICKLE_OBJECT ? v->object.of : NULL;
    return of && of->kind == NN_PICKLE_OBJECT && of->object.class_name &&
           strncmp(of->object.class_name, "__torch__.", 10) == 0 && contents(v);
}

static size_t count_tensors(const nn_pickle_value *v)
{
    size_t n = 0;
    if (is_module(v))
        return get_dict(contents(v), "_modules")->list.count +
               get_dict(contents(v), "_parameters")->list.count;
    for (size_t i = 0; v->kind == NN_PICKLE_DICT && i + 1 < v->list.count; i += 2)
        n += v->list.items[i + 1]->kind == NN_PICKLE_TENSOR;
    return n;
}

// The inner value with the tensors of a trainer's checkpoint; averaged weights are preferred to the
// last ones.
static const nn_pickle_value *named_state(const nn_pickle_value *dict)
{
    static const char *const keys[] = {"state_dict_ema", "model_ema_state_dict", "model_ema",
                                       "ema_state_dict", "params_ema",           "ema",
                                       "state_dict",     "model_state_dict",     "model",
                                       "params"};
    for (size_t i = 0; dict && i < sizeof keys / sizeof *keys; i++) {
        const nn_pickle_value *inner = nn_pickle_get(dict, keys[i]);
        if (inner && (inner->kind == NN_PICKLE_DICT || is_module(inner)))
            return inner;
    }
    return NULL;
}

// The inner value with the most tensors, if it has more than `dict` itself.
static const nn_pickle_value *largest_state(const nn_pickle_value *dict)
{
    const nn_pickle_value *largest = NULL;
    size_t most = dict ? count_tensors(dict) : 0;
    for (size_t i = 0; dict && i + 1 < dict->list.count; i += 2) {
        const size_t n = count_tensors(dict->list.items[i + 1]);
        if (n > most) {
            most = n;
            largest = dict->list.items[i + 1];
        }
    }
    return largest;
}

// The most tensors that a dict in v holds, or v itself. Dicts may hold one another many times:
// `steps` of them are looked at.
static size_t most_tensors(const nn_pickle_value *v, int depth, int *steps)
{
    size_t most = count_tensors(v);
    if (v->kind != NN_PICKLE_DICT || most > 0 || depth == MAX_NESTING)
        return most;
    for (size_t i = 0; i + 1 < v->list.count && *steps > 0; i += 2, --*steps) {
        const size_t n = most_tensors(v->list.items[i + 1], depth + 1, steps);
        most = n > most ? n : most;
    }
    return most;
}

// The value of a dict without tensors in which those of a model are: of the inner dict with most.
static const nn_pickle_value *deep_state(const nn_pickle_value *dict)
{
    const nn_pickle_value *deepest = NULL;
    int steps = MAX_ATTRIBUTES;
    size_t most = 0;
    for (size_t i = 0; dict && i + 1 < dict->list.count && steps > 0; i += 2, steps--) {
        const size_t n = most_tensors(dict->list.items[i + 1], 0, &steps);
        if (n > most) {
            most = n;
            deepest = dict->list.items[i + 1];
        }
    }
    return deepest;
}

static const nn_pickle_value *find_state(const nn_pickle_value *root)
{
    for (int depth = 0; depth < MAX_NESTING && !is_module(root) && !is_script(root); depth++) {
        const nn_pickle_value *inner = named_state(contents(root));
        if (!inner)
            inner = largest_state(contents(root));
        if (!inner && count_tensors(root) == 0)
            inner = deep_state(contents(root));
        if (!inner)
            break;
        root = inner;
    }
    return root;
}

// --- their names ---

// The path to a tensor while modules are walked.
typedef struct walk {
    nn_pth_state *state;
    char path[NN_IO_MAX_NAME + 1];
    int depth, modules, steps; // steps: items that were looked at
    nn_error *err;
} walk;

// Appends ".KEY" to the first `length` bytes of the path; false when the name is unusable.
static bool extend_path(walk *w, size_t length, const nn_pickle_value *key)
{
    const size_t dot = length > 0, n = key->kind == NN_PICKLE_TEXT ? key->text.length : 0;
    if (n < 1 || n + dot > sizeof w->path - 1 - length)
        return false;
    w->path[length] = '.';
    memcpy(w->path + length + dot, key->text.bytes, n);
    w->path[length + dot + n] = '\0';
    return strlen(w->path) == length + dot + n && nn_json_plain_text(w->path);
}

static nn_status add_tensor(walk *w, size_t length, const nn_pickle_value *key,
                            const nn_pickle_value *tensor)
{
    nn_pth_state *s = w->state;
    if (!extend_path(w, length, key))
        return nn_fail(w->err, NN_EFORMAT, "a tensor has an unusable name");
    if (s->count == MAX_TENSORS)
        return nn_fail(w->err, NN_EUNSUPPORTED, "over %d tensors", MAX_TENSORS);
    if (s->count == s->capacity) {
        const size_t more = s->capacity ? 2 * s->capacity : 64, size = sizeof *s->entries;
        void *p = nn_realloc(s->entries, s->count * size, more * size);
        if (!p)
            return nn_fail(w->err, NN_ENOMEM, "out of memory");
        s->entries = p;
        s->capacity = more;
    }
    char *name = nn_strdup(w->path);
    if (!name)
        return nn_fail(w->err, NN_ENOMEM, "out of memory");
    s->entries[s->count++] = (nn_pth_entry){name, tensor->tensor};
    return NN_OK;
}

// The names of buffers that state_dict() leaves out. Sets are lists here, or an object made from a
// list.
static const nn_pickle_value *transient_names(const nn_pickle_value *module)
{
    const nn_pickle_value *set = nn_pickle_get(module, "_non_persistent_buffers_set");
    if (set && set->kind == NN_PICKLE_OBJECT)
        set = set->object.state;
    if (set && set->kind == NN_PICKLE_TUPLE && set->list.count == 1)
        set = set->list.items[0];
    return set && set->kind == NN_PICKLE_LIST && set->list.count <= MAX_STEPS ? set : NULL;
}

static bool is_transient(walk *w, const nn_pickle_value *names, const nn_pickle_value *key)
{
    if (!names || key->kind != NN_PICKLE_TEXT)
        return false;
    w->steps += (int)names->list.count;
    for (size_t i = 0; i < names->list.count; i++)
        if (names->list.items[i]->kind == NN_PICKLE_TEXT &&
            nn_pickle_compare_texts(names->list.items[i], key) == 0)
            return true;
    return false;
}

static nn_status walk_object(walk *w, size_t length, const nn_pickle_value *object);

// The tensors and modules of a dict, as those of the first `length` bytes of the path, without the
// tensors that `transient` names, or NULL.
static nn_status walk_dict(walk *w, size_t length, const nn_pickle_value *dict,
                           const nn_pickle_value *transient)
{
    nn_status status = NN_OK;
    for (size_t i = 0; i + 1 < dict->list.count && status == NN_OK; i += 2) {
        const nn_pickle_value *key = dict->list.items[i], *v = dict->list.items[i + 1];
        if (w->steps++ >= MAX_STEPS)
            return nn_fail(w->err, NN_EUNSUPPORTED, "modules hold over %d values", MAX_STEPS);
        if (v->kind == NN_PICKLE_TENSOR && !is_transient(w, transient, key)) {
            status = add_tensor(w, length, key, v);
        } else if (is_module(v) || is_script(v)) {
            if (!extend_path(w, length, key))
                return nn_fail(w->err, NN_EFORMAT, "a module has an unusable name");
            status = walk_object(w, strlen(w->path), v);
        }
    }
    return status;
}

static nn_status walk_object(walk *w, size_t length, const nn_pickle_value *object)
{
    static const char *const parts[] = {"_parameters", "_buffers", "_modules"};
    const nn_pickle_value *c = contents(object);
    if (w->depth == MAX_DEPTH || w->modules++ == MAX_MODULES)
        return nn_fail(w->err, NN_EUNSUPPORTED, "over %d modules, or over %d in each other",
                       MAX_MODULES, MAX_DEPTH);
    w->depth++;
    nn_status status = NN_OK;
    if (!is_module(object))
        status = walk_dict(w, length, c, NULL);
    for (size_t i = 0; i < 3 && status == NN_OK && is_module(object); i++) {
        const nn_pickle_value *part = get_dict(c, parts[i]);
        if (part)
            status = walk_dict(w, length, part, transient_names(c));
    }
    w->depth--;
    return status;
}

// Averaged models count beside their "module." how often they were averaged: MMEngine's and
// torch.optim.swa_utils'.
static bool is_counter(const char *name)
{
    return strcmp(name, "steps") == 0 || strcmp(name, "n_averaged") == 0;
}

// The state without the counters, where all else has the prefix.
static void drop_counters(nn_pth_state *s)
{
    static const char prefix[] = "module.";
    size_t counters = 0, kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        counters += is_counter(s->entries[i].name);
        if (!is_counter(s->entries[i].name) &&
            strncmp(s->entries[i].name, prefix, sizeof prefix - 1) != 0)
            return;
    }
    if (counters == 0 || counters == s->count)
        return;
    for (size_t i = 0; i < s->count; i++) {
        if (is_counter(s->entries[i].name))
            nn_free(s->entries[i].name);
        else
            s->entries[kept++] = s->entries[i];
    }
    s->count = kept;
}

// DataParallel puts "module." before all names, torch.compile "_orig_mod."; one may be inside of
// the other. (Other prefixes are found from the names of the network, nn_params_source_of.)
static void drop_prefixes(nn_pth_state *s)
{
    static const char *const prefixes[] = {"module.", "_orig_mod."};
    enum { PREFIXES = sizeof prefixes / sizeof *prefixes };
    size_t skip = 0;
    for (int p = 0; p < 2 * PREFIXES; p++) {
        const char *prefix = prefixes[p % PREFIXES];
        const size_t n = strlen(prefix);
        bool all = s->count > 0;
        for (size_t i = 0; i < s->count && all; i++)
            all =
                strncmp(s->entries[i].name + skip, prefix, n) == 0 && s->entries[i].name[skip + n];
        skip += all ? n : 0;
    }
    for (size_t i = 0; skip && i < s->count; i++)
        memmove(s->entries[i].name, s->entries[i].name + skip,
                strlen(s->entries[i].name + skip) + 1);
}

// `stranger` is the unknown class of an object in the file, or NULL.
static nn_status fail_empty(const char *stranger, nn_error *err)
{
    if (!stranger)
        return nn_fail(err, NN_EUNSUPPORTED, "the pickle holds no dict of tensors");
    return nn_fail(err, NN_EUNSUPPORTED,
                   "the pickle holds no dict of tensors and no module but objects of '%s': save "
                   "the model's state_dict() instead",
                   stranger);
}

nn_status nn_pth_state_find(nn_pth_state *s, const nn_pickle *pickle, nn_error *err)
{
    const nn_pickle_value *from = find_state(nn_pickle_root(pickle));
    walk w = {.state = s, .err = err};
    nn_status status = NN_OK;
    if (is_module(from) || is_script(from))
        status = walk_object(&w, 0, from);
    else if (from->kind == NN_PICKLE_DICT)
        status = walk_dict(&w, 0, from, NULL);
    drop_counters(s);
    drop_prefixes(s);
    return status == NN_OK && s->count == 0 ? fail_empty(nn_pickle_stranger(pickle), err) : status;
}
