// SPDX-License-Identifier: MIT
// Splits a sparse assignment into its connected parts.
#include "nn/vision/track_match.h"

#include "nn/base/memory.h"
#include "nn/vision/linear_assignment.h"

#include <string.h>

// Nodes are the rows, then the columns. A part is known by its root.
typedef struct parts {
    nn_track_matcher *m;
    int rows, columns;
    int *parent;        // of a node
    int *begin, *order; // edges of a root: order[begin[root]] to order[begin[root + 1] - 1]
    int *place;         // of a node in its part
    int *row, *column;  // nodes of the current part
    int *to;            // its solution
    char *rest;         // matrix and work space of the assignment
} parts;

void nn_track_matcher_release(nn_track_matcher *m)
{
    nn_free(m->edges);
    nn_free(m->room);
    *m = (nn_track_matcher){0};
}

void nn_track_matcher_clear(nn_track_matcher *m)
{
    m->count = 0;
}

bool nn_track_matcher_add(nn_track_matcher *m, int row, int column, float cost)
{
    if (m->count == m->capacity) {
        const size_t larger = m->capacity ? 2 * m->capacity : 64;
        nn_track_edge *edges =
            nn_realloc(m->edges, m->count * sizeof *edges, larger * sizeof *edges);
        if (!edges)
            return false;
        m->edges = edges;
        m->capacity = larger;
    }
    m->edges[m->count++] = (nn_track_edge){row, column, cost};
    return true;
}

static int root_of(int *parent, int node)
{
    while (parent[node] != node)
        node = parent[node] = parent[parent[node]];
    return node;
}

static bool reserve(nn_track_matcher *m, size_t need)
{
    if (need <= m->room_size)
        return true;
    void *larger = nn_alloc(2 * need);
    if (!larger)
        return false;
    nn_free(m->room);
    m->room = larger;
    m->room_size = 2 * need;
    return true;
}

// Joins the nodes of every edge, and sorts the edges by part.
static void split(parts *p)
{
    const int nodes = p->rows + p->columns, edges = (int)p->m->count;
    const nn_track_edge *e = p->m->edges;
    for (int i = 0; i < nodes; i++)
        p->parent[i] = i;
    for (int i = 0; i < edges; i++)
        p->parent[root_of(p->parent, e[i].row)] = root_of(p->parent, p->rows + e[i].column);
    memset(p->begin, 0, ((size_t)nodes + 2) * sizeof *p->begin);
    for (int i = 0; i < edges; i++)
        p->begin[root_of(p->parent, e[i].row) + 2]++;
    for (int i = 0; i < nodes; i++)
        p->begin[i + 2] += p->begin[i + 1];
    for (int i = 0; i < edges; i++)
        p->order[p->begin[root_of(p->parent, e[i].row) + 1]++] = i;
}

static void list_nodes(parts *p, int root, int *rows, int *columns)
{
    *rows = *columns = 0;
    for (int i = p->begin[root]; i < p->begin[root + 1]; i++) {
        const nn_track_edge *e = &p->m->edges[p->order[i]];
        if (p->place[e->row] < 0) {
            p->place[e->row] = *rows;
            p->row[(*rows)++] = e->row;
        }
        if (p->place[p->rows + e->column] < 0) {
            p->place[p->rows + e->column] = *columns;
            p->column[(*columns)++] = e->column;
        }
    }
}

// The bytes for the matrix of the largest part and for its solution.
static bool find_room(parts *p, size_t *most)
{
    *most = 0;
    for (int i = 0; i < p->rows + p->columns; i++) {
        int rows, columns;
        size_t matrix;
        list_nodes(p, i, &rows, &columns);
        if (rows == 0)
            continue;
        for (int k = 0; k < rows; k++)
            p->place[p->row[k]] = -1;
        for (int k = 0; k < columns; k++)
            p->place[p->rows + p->column[k]] = -1;
        if (!nn_mul_size((size_t)rows * sizeof(float), (size_t)columns, &matrix))
            return false;
        matrix = (matrix + 15) / 16 * 16 + (size_t)nn_linear_assignment_room(rows, columns);
        *most = matrix > *most ? matrix : *most;
    }
    return true;
}

static void solve_part(parts *p, int root, float limit, int *to)
{
    int rows, columns;
    list_nodes(p, root, &rows, &columns);
    if (rows == 0)
        return;
    const size_t size = (size_t)rows * (size_t)columns;
    float *cost = (float *)(void *)p->rest;
    for (size_t i = 0; i < size; i++)
        cost[i] = limit;
    for (int i = p->begin[root]; i < p->begin[root + 1]; i++) {
        const nn_track_edge *e = &p->m->edges[p->order[i]];
        cost[(size_t)p->place[e->row] * (size_t)columns + (size_t)p->place[p->rows + e->column]] =
            e->cost;
    }
    nn_linear_assignment(cost, rows, columns, limit, p->to,
                         p->rest + (size * sizeof(float) + 15) / 16 * 16);
    for (int i = 0; i < rows; i++)
        if (p->to[i] >= 0)
            to[p->row[i]] = p->column[p->to[i]];
}

bool nn_track_matcher_solve(nn_track_matcher *m, int rows, int columns, float limit, int *to)
{
    const size_t nodes = (size_t)rows + (size_t)columns;
    const size_t lists = (5 * nodes + 2 + m->count + (size_t)rows) * sizeof(int);
    const size_t head = (lists + 15) / 16 * 16;
    size_t most;
    for (int i = 0; i < rows; i++)
        to[i] = -1;
    if (m->count == 0)
        return true;
    for (bool ready = false;; ready = true) { // the second time there is room for the matrix, too
        if (!ready && !reserve(m, head))
            return false;
        parts p = {.m = m, .rows = rows, .columns = columns, .parent = m->room};
        p.begin = p.parent + nodes;
        p.place = p.begin + nodes + 2;
        p.row = p.place + nodes;
        p.column = p.row + rows;
        p.to = p.column + columns;
        p.order = p.to + rows;
        p.rest = (char *)m->room + head;
        split(&p);
        for (size_t i = 0; i < nodes; i++)
            p.place[i] = -1;
        if (!ready && (!find_room(&p, &most) || !reserve(m, head + most)))
            return false;
        if (ready) {
            for (int i = 0; i < (int)nodes; i++)
                solve_part(&p, i, limit, to);
            return true;
        }
    }
}
