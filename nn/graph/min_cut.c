// SPDX-License-Identifier: MIT
// Minimum cut by shortest augmenting paths.
#include "nn/graph/min_cut.h"

#include "nn/base/memory.h"

#include <math.h>

// Edge e and its opposite e ^ 1 share what may still flow.
typedef struct edge {
    int to, next;
    double room;
} edge;

struct nn_min_cut {
    int places, edges, most_edges;
    edge *edge;
    int *first; // edge of each place; -1: none
    int *by;    // the edge by which a place was reached; -1: it was not
    int *queue;
};

nn_min_cut *nn_min_cut_new(int places, int edges)
{
    nn_min_cut *c = nn_calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->places = places;
    c->most_edges = 2 * edges;
    c->edge = nn_calloc((size_t)c->most_edges + 1, sizeof *c->edge);
    c->first = nn_calloc((size_t)places, sizeof *c->first);
    c->by = nn_calloc((size_t)places, sizeof *c->by);
    c->queue = nn_calloc((size_t)places, sizeof *c->queue);
    if (!c->edge || !c->first || !c->by || !c->queue) {
        nn_min_cut_free(c);
        return NULL;
    }
    for (int i = 0; i < places; i++)
        c->first[i] = -1;
    return c;
}

void nn_min_cut_free(nn_min_cut *c)
{
    if (!c)
        return;
    nn_free(c->edge);
    nn_free(c->first);
    nn_free(c->by);
    nn_free(c->queue);
    nn_free(c);
}

static void add(nn_min_cut *c, int from, int to, double room)
{
    c->edge[c->edges] = (edge){.to = to, .next = c->first[from], .room = room};
    c->first[from] = c->edges++;
}

void nn_min_cut_edge(nn_min_cut *c, int from, int to, double cost)
{
    if (c->edges + 2 > c->most_edges || !(cost > 0))
        return;
    add(c, from, to, cost);
    add(c, to, from, 0);
}

// Breadth first from the source, until the sink is reached.
static bool reach_sink(nn_min_cut *c)
{
    int head = 0, tail = 0;
    for (int i = 0; i < c->places; i++)
        c->by[i] = -1;
    c->queue[tail++] = NN_CUT_SOURCE;
    while (head < tail && c->by[NN_CUT_SINK] < 0) {
        const int at = c->queue[head++];
        for (int e = c->first[at]; e >= 0; e = c->edge[e].next) {
            const int to = c->edge[e].to;
            if (to == NN_CUT_SOURCE || c->by[to] >= 0 || !(c->edge[e].room > 0))
                continue;
            c->by[to] = e;
            c->queue[tail++] = to;
        }
    }
    return c->by[NN_CUT_SINK] >= 0;
}

double nn_min_cut_solve(nn_min_cut *c)
{
    double all = 0;
    while (reach_sink(c)) {
        double least = INFINITY;
        for (int at = NN_CUT_SINK; at != NN_CUT_SOURCE; at = c->edge[c->by[at] ^ 1].to)
            least = fmin(least, c->edge[c->by[at]].room);
        for (int at = NN_CUT_SINK; at != NN_CUT_SOURCE; at = c->edge[c->by[at] ^ 1].to) {
            c->edge[c->by[at]].room -= least;
            c->edge[c->by[at] ^ 1].room += least;
        }
        all += least;
    }
    return all;
}

bool nn_min_cut_at_source(const nn_min_cut *c, int place)
{
    return place == NN_CUT_SOURCE || c->by[place] >= 0;
}
