// SPDX-License-Identifier: MIT
// Decides which pictures belong together, and which are held back.
#include "nn/data/sequence_split.h"

#include "nn/base/memory.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRIES = 16,       // orders of the sequences that are tried; the best one is taken
    GAP_PART = 50,    // the gap is this part of a sequence (1/50)
    GAP_MOST = 25,    // largest gap, pictures
    GAP_FROM = 20,    // pictures that a sequence needs for a gap
    HASH_LETTERS = 8, // least length of the hash in a copy's name
};

typedef struct member {
    uint64_t sequence, picture; // picture: without the hash of a copy
    uint64_t number;            // of the frame
    int index;                  // of the sample
} member;

typedef struct group {
    uint64_t rank; // position in this try
    int first, count;
    bool held;
} group;

typedef struct division {
    const nn_dataset *data;
    member *members; // owned: sorted by sequence, number and picture
    group *groups;   // owned
    int count, group_count, wanted;
    int *all, *held;  // pictures of each class: in all; held back
    int *seen, stamp; // the stamp of the last sample with each class
    int classes;      // highest label + 1
} division;

// Length of a stem without the suffix of Roboflow's copies: "a" of "a_jpg.rf.0123abcd".
static size_t without_hash(const char *stem, size_t length)
{
    static const char mark[] = ".rf.";
    static const char *const endings[] = {"_jpg", "_jpeg", "_png", "_bmp", "_webp"};
    for (size_t at = 1; at + sizeof mark - 1 + HASH_LETTERS <= length; at++) {
        if (memcmp(stem + at, mark, sizeof mark - 1) != 0)
            continue;
        for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
            const size_t n = strlen(endings[i]);
            if (at > n && memcmp(stem + at - n, endings[i], n) == 0)
                return at - n;
        }
        return at;
    }
    return length;
}

static uint64_t hash_bytes(const char *text, size_t length)
{
    uint64_t hash = nn_hash_mix(length);
    for (size_t i = 0; i < length; i++)
        hash = nn_hash_mix(hash ^ (uint8_t)text[i]);
    return hash;
}

static member describe(const nn_sample *s, int index)
{
    const char *name = s->name ? s->name : "", *slash = strrchr(name, '/'),
               *file = slash ? slash + 1 : name, *dot = strrchr(file, '.');
    const size_t above = (size_t)(file - name);
    const size_t stem = above + without_hash(file, dot ? (size_t)(dot - file) : strlen(file));
    size_t prefix = stem;
    while (prefix > above && isdigit((unsigned char)name[prefix - 1]))
        prefix--;
    member m = {.picture = hash_bytes(name, stem), .index = index};
    for (size_t i = stem - prefix > 18 ? stem - 18 : prefix; i < stem; i++)
        m.number = 10 * m.number + (uint64_t)(name[i] - '0');
    const bool numbered = prefix < stem;
    while (prefix > above && strchr("_-. ", name[prefix - 1]))
        prefix--;
    m.sequence = s->sequence ? nn_hash_mix(s->sequence)
                 : numbered  ? hash_bytes(name, prefix) + 1
                             : m.picture;
    return m;
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_members(const void *a, const void *b)
{
    const member *x = a, *y = b;
    int order = compare(x->sequence, y->sequence);
    order = order ? order : compare(x->number, y->number);
    order = order ? order : compare(x->picture, y->picture);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static int compare_ranks(const void *a, const void *b)
{
    const group *x = a, *y = b;
    const int order = compare(x->rank, y->rank);
    return order ? order : (x->first > y->first) - (x->first < y->first);
}

// Adds `by` to the count of each class of a sample, once per class.
static void count_classes(division *v, int index, int *counts, int by)
{
    const nn_sample *s = &v->data->samples[index];
    v->stamp++;
    for (int i = 0; i < s->class_count + s->truth_count; i++) {
        const nn_truth *t = i < s->class_count ? NULL : &s->truths[i - s->class_count];
        const int32_t label = !t ? s->classes[i] : t->ignore == NN_IGNORE_NOT ? t->label : -1;
        if (label < 0 || label >= NN_CLASS_MAX || v->seen[label] == v->stamp)
            continue;
        v->seen[label] = v->stamp;
        counts[label] += by;
        v->classes = label < v->classes ? v->classes : label + 1;
    }
}

static void count_group(division *v, const group *g, int by)
{
    for (int i = 0; i < g->count; i++)
        count_classes(v, v->members[g->first + i].index, v->held, by);
}

// Whether every class keeps enough pictures to train on.
static bool leaves_enough(const division *v)
{
    for (int c = 0; c < v->classes; c++)
        if (2 * v->held[c] > v->all[c])
            return false;
    return true;
}

// Holds back whole sequences in the order of this try. Returns the distance from the wanted split;
// INFINITY: not acceptable.
static double try_groups(division *v, uint64_t seed)
{
    int held = 0;
    memset(v->held, 0, NN_CLASS_MAX * sizeof *v->held);
    for (int g = 0; g < v->group_count; g++)
        v->groups[g].rank = nn_hash_mix(v->members[v->groups[g].first].sequence ^ seed);
    qsort(v->groups, (size_t)v->group_count, sizeof *v->groups, compare_ranks);
    for (int g = 0; g < v->group_count; g++) {
        group *one = &v->groups[g];
        one->held = held < v->wanted && held + one->count <= v->wanted + v->wanted / 4;
        if (!one->held)
            continue;
        count_group(v, one, 1);
        one->held = leaves_enough(v);
        if (one->held)
            held += one->count;
        else
            count_group(v, one, -1);
    }
    double far = fabs((double)held - v->wanted);
    for (int c = 0; c < v->classes; c++)
        far += fabs(v->held[c] - (double)v->all[c] * v->wanted / v->count);
    return 2 * held < v->wanted ? INFINITY : far;
}

// Holds back the whole sequences of the best try; false when there is none.
static bool hold_groups(division *v, uint64_t seed)
{
    double best = INFINITY;
    uint64_t chosen = 0;
    for (int i = 0; i < TRIES && v->group_count > 1; i++) {
        const uint64_t one = nn_hash_mix(seed + (uint64_t)i);
        const double far = try_groups(v, one);
        if (far < best) {
            best = far;
            chosen = one;
        }
    }
    return isfinite(best) && isfinite(try_groups(v, chosen));
}

static void find_groups(division *v)
{
    for (int i = 0; i < v->count; i++) {
        if (i == 0 || v->members[i].sequence != v->members[i - 1].sequence)
            v->groups[v->group_count++] = (group){.first = i};
        v->groups[v->group_count - 1].count++;
    }
}

// Holds back the end of a sequence; copies of one picture stay together.
static void hold_end(const division *v, const group *g, double part, uint8_t *fate)
{
    const member *m = v->members + g->first;
    int from = g->count - (int)lround(part * g->count);
    while (from > 0 && from < g->count && m[from].picture == m[from - 1].picture)
        from--;
    if (from == 0) // all its pictures are copies of one
        return;
    int gap = g->count < GAP_FROM || from == g->count ? 0 : g->count / GAP_PART;
    gap = gap < 1 && g->count >= GAP_FROM && from < g->count ? 1 : gap > GAP_MOST ? GAP_MOST : gap;
    for (int i = from - gap; i < g->count; i++)
        fate[m[i].index] = i < from ? NN_SAMPLE_GOES : NN_SAMPLE_MOVES;
}

static nn_status begin(division *v, const nn_dataset *d, int first, double part, nn_error *err)
{
    *v = (division){.data = d, .count = d->count - first};
    v->wanted = (int)lround(part * v->count);
    v->members = nn_calloc((size_t)v->count, sizeof *v->members);
    v->groups = nn_calloc((size_t)v->count, sizeof *v->groups);
    v->all = nn_calloc(NN_CLASS_MAX, sizeof *v->all);
    v->held = nn_calloc(NN_CLASS_MAX, sizeof *v->held);
    v->seen = nn_calloc(NN_CLASS_MAX, sizeof *v->seen);
    if (!v->members || !v->groups || !v->all || !v->held || !v->seen)
        return nn_fail(err, NN_ENOMEM, "no memory to hold pictures back");
    for (int i = 0; i < v->count; i++) {
        v->members[i] = describe(&d->samples[first + i], first + i);
        count_classes(v, first + i, v->all, 1);
    }
    qsort(v->members, (size_t)v->count, sizeof *v->members, compare_members);
    find_groups(v);
    return NN_OK;
}

static void end(division *v)
{
    nn_free(v->members);
    nn_free(v->groups);
    nn_free(v->all);
    nn_free(v->held);
    nn_free(v->seen);
}

static void choose(division *v, double part, uint64_t seed, uint8_t *fate, nn_sequence_split *how)
{
    const bool whole = hold_groups(v, seed);
    how->sequences = v->group_count;
    for (int g = 0; g < v->group_count; g++) {
        const group *one = &v->groups[g];
        if (!whole)
            hold_end(v, one, part, fate);
        how->held_sequences += whole && one->held;
        for (int i = 0; i < one->count && whole && one->held; i++)
            fate[v->members[one->first + i].index] = NN_SAMPLE_MOVES;
    }
}

nn_status nn_dataset_split_sequences(nn_dataset *d, int first, double part, uint64_t seed,
                                     nn_dataset *to, nn_sequence_split *how, nn_error *err)
{
    division v;
    *how = (nn_sequence_split){.pictures = d->count - first};
    if (how->pictures < NN_SEQUENCE_LEAST || !(part > 0))
        return NN_OK;
    uint8_t *fate = nn_calloc((size_t)d->count, 1);
    nn_status status = begin(&v, d, first, part, err);
    if (status == NN_OK && !fate)
        status = nn_fail(err, NN_ENOMEM, "no memory to hold pictures back");
    if (status == NN_OK)
        choose(&v, part, seed ^ nn_hash_name("held back"), fate, how);
    for (int i = first; i < d->count && status == NN_OK; i++) {
        how->held += fate[i] == NN_SAMPLE_MOVES;
        how->left_out += fate[i] == NN_SAMPLE_GOES;
    }
    if (status == NN_OK)
        status = nn_dataset_move(d, first, fate, to, err);
    end(&v);
    nn_free(fate);
    return status;
}
