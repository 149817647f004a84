// SPDX-License-Identifier: MIT
// Chooses the units that go: the least ones of the whole network, in steps of whole blocks of a
// layer.
#include "nn/prune/pruner.h"

#include "nn/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct unit {
    int family, root;
    double score;
} unit;

// The units of a layer, or of layers whose units are the same, the least ones first.
typedef struct family {
    const unit *units;
    int count, gone;
    int size, least; // with those that are fixed; `least` stay
    bool closed;
} family;

typedef struct selection {
    nn_pruner *p;
    unit *units;
    family *families;
    int family_count;
    // The lists that each unit is in, and how many elements of each are left.
    int *first, *list;
    int *kept;
} selection;

static int compare(const void *a, const void *b)
{
    const unit *x = a, *y = b;
    if (x->family != y->family)
        return x->family < y->family ? -1 : 1;
    if (x->score != y->score)
        return x->score < y->score ? -1 : 1;
    return (x->root > y->root) - (x->root < y->root);
}

static int gather_units(selection *s)
{
    const nn_channels *c = &s->p->channels;
    bool *seen = s->p->removed; // all false now, and again afterwards
    int count = 0;
    for (int i = 0; i < c->layer_count; i++)
        for (int k = 0; k < c->layers[i].list->count; k++) {
            const int root = nn_channels_root(c, c->layers[i].list->atom[k]);
            if (c->fixed[root] || seen[root] || isinf(s->p->score[root]))
                continue;
            seen[root] = true;
            s->units[count++] = (unit){s->p->family[root], root, s->p->score[root]};
        }
    memset(seen, 0, (size_t)c->atom_count * sizeof *seen);
    qsort(s->units, (size_t)count, sizeof *s->units, compare);
    return count;
}

// Fixed units of a family count, too.
static int size_of(const nn_pruner *p, int family)
{
    int size = 0;
    for (int a = 0; a < p->channels.atom_count; a++)
        size += p->family[a] == family && nn_channels_root(&p->channels, a) == a;
    return size;
}

static void gather_families(selection *s, int unit_count)
{
    const nn_prune_options *o = &s->p->options;
    for (int i = 0, next; i < unit_count; i = next) {
        for (next = i; next < unit_count && s->units[next].family == s->units[i].family; next++)
            ;
        const int size = size_of(s->p, s->units[i].family);
        const int part = (int)ceilf(o->floor * (float)size);
        const int least = part > o->multiple ? part : o->multiple;
        s->families[s->family_count++] =
            (family){.units = s->units + i, .count = next - i, .size = size, .least = least};
    }
}

// --- lists ---

static void count_lists(selection *s)
{
    const nn_channels *c = &s->p->channels;
    for (int l = 0; l < c->list_count; l++) {
        s->kept[l] = c->lists[l]->count;
        for (int k = 0; k < c->lists[l]->count; k++)
            s->first[nn_channels_root(c, c->lists[l]->atom[k]) + 1]++;
    }
    for (int a = 0; a < c->atom_count; a++)
        s->first[a + 1] += s->first[a];
}

static void fill_lists(selection *s)
{
    const nn_channels *c = &s->p->channels;
    for (int l = 0; l < c->list_count; l++)
        for (int k = 0; k < c->lists[l]->count; k++)
            s->list[s->first[nn_channels_root(c, c->lists[l]->atom[k])]++] = l;
    for (int a = c->atom_count; a > 0; a--)
        s->first[a] = s->first[a - 1];
    s->first[0] = 0;
}

static int64_t list_elements(const nn_channels *c)
{
    int64_t n = 0;
    for (int l = 0; l < c->list_count; l++)
        n += c->lists[l]->count;
    return n;
}

// Takes a unit out of its lists, or puts it back; false: one of them is empty.
static bool take(selection *s, int root, int change)
{
    bool ok = true;
    for (int i = s->first[root]; i < s->first[root + 1]; i++) {
        s->kept[s->list[i]] += change;
        ok = ok && s->kept[s->list[i]] > 0;
    }
    s->p->removed[root] = change < 0;
    return ok;
}

// --- the walk from the least to the best ---

// How many units of the family go next: down to the next multiple.
static int next_count(const selection *s, const family *f)
{
    const int multiple = s->p->options.multiple, left = f->size - f->gone;
    const int n = left % multiple ? left % multiple : multiple;
    return !f->closed && left - n >= f->least && f->count - f->gone >= n ? n : 0;
}

static double next_score(const family *f, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += f->units[f->gone + i].score;
    return sum / n;
}

static void remove_next(selection *s, family *f, int n)
{
    bool ok = true;
    for (int i = 0; i < n; i++)
        ok = take(s, f->units[f->gone + i].root, -1) && ok;
    f->gone += ok ? n : 0;
    f->closed = !ok;
    for (int i = 0; i < n && !ok; i++)
        take(s, f->units[f->gone + i].root, 1);
}

static double macs_left(const nn_pruner *p)
{
    double sum = 0;
    for (int i = 0; i < nn_graph_node_count(p->model->graph); i++)
        sum += nn_prune_node_macs(p, i);
    return sum;
}

static void choose(selection *s, double macs, double *reached)
{
    for (*reached = macs_left(s->p); *reached > macs; *reached = macs_left(s->p)) {
        family *least = NULL;
        double score = 0;
        for (int i = 0; i < s->family_count; i++) {
            const int n = next_count(s, &s->families[i]);
            const double x = n ? next_score(&s->families[i], n) : 0;
            if (n && (!least || x < score)) {
                least = &s->families[i];
                score = x;
            }
        }
        if (!least)
            return;
        remove_next(s, least, next_count(s, least));
    }
}

nn_status nn_prune_select(nn_pruner *p, double macs, double *reached, nn_error *err)
{
    const nn_channels *c = &p->channels;
    const size_t atoms = (size_t)c->atom_count;
    selection s = {.p = p,
                   .units = nn_calloc(atoms, sizeof *s.units),
                   .families = nn_calloc(atoms, sizeof *s.families),
                   .first = nn_calloc(atoms + 1, sizeof *s.first),
                   .list = nn_calloc((size_t)list_elements(c), sizeof *s.list),
                   .kept = nn_calloc((size_t)c->list_count, sizeof *s.kept)};
    nn_status status = NN_OK;
    memset(p->removed, 0, atoms * sizeof *p->removed);
    if (!s.units || !s.families || !s.first || !s.list || !s.kept) {
        status = nn_fail(err, NN_ENOMEM, "no memory to prune");
    } else {
        gather_families(&s, gather_units(&s));
        count_lists(&s);
        fill_lists(&s);
        choose(&s, macs, reached);
    }
    nn_free(s.units);
    nn_free(s.families);
    nn_free(s.first);
    nn_free(s.list);
    nn_free(s.kept);
    return status;
}
