// SPDX-License-Identifier: MIT
// Which values of rank 4 are images, whose channels lie side by side, and which lie in the order of
// their dims. What moves numbers writes the order that its readers take.
#include "nn/base/memory.h"
#include "nn/export_c/writer.h"

typedef struct order_run {
    nn_c_writer *w;
    bool *image; // values that cannot be anything else
    bool *rows;  // values that all readers take as rows
} order_run;

static bool reads(const nn_c_writer *w, const nn_c_node *n, int k, int rank)
{
    return nn_c_has(n, k) && !(n->info.op->shape_only >> k & 1) &&
           nn_c_shape(w, n->in[k])->rank == rank;
}

// Whether input k is data of rank 4, which a program has somewhere.
static bool reads_four(const nn_c_writer *w, const nn_c_node *n, int k)
{
    return reads(w, n, k, 4) && !w->values[n->in[k]].constant;
}

static void find_images(const order_run *r)
{
    const nn_c_writer *w = r->w;
    r->image[nn_graph_input_at(w->graph, 0)] = r->image[w->input] = true;
    for (int i = 0; i < w->node_count; i++) {
        const nn_c_node *n = &w->nodes[i];
        if (!n->runs)
            continue;
        bool image = !n->op || n->op->order == NN_C_IMAGES;
        for (int k = 0; !image && n->op->order == NN_C_ALIKE && k < n->info.n_in; k++)
            image = reads_four(w, n, k) && r->image[n->in[k]];
        r->image[n->out] = image;
    }
}

static void find_wanted_rows(const order_run *r)
{
    const nn_c_writer *w = r->w;
    for (nn_value v = 0; v < w->value_count; v++)
        r->rows[v] = true;
    for (int i = 0; i < nn_graph_output_count(w->graph); i++)
        r->rows[nn_graph_output_at(w->graph, i)] = false;
    for (int i = w->node_count - 1; i >= 0; i--) {
        const nn_c_node *n = &w->nodes[i];
        if (!n->runs)
            continue;
        const nn_c_order order = n->op ? n->op->order : NN_C_IMAGES;
        const bool rows = order == NN_C_ROWS || order == NN_C_MOVES ||
                          (order == NN_C_ALIKE && r->rows[n->out] && !r->image[n->out]);
        for (int k = 0; k < n->info.n_in; k++)
            if (reads_four(w, n, k))
                r->rows[n->in[k]] = r->rows[n->in[k]] && rows;
    }
}

static void set_rows(const order_run *r)
{
    const nn_c_writer *w = r->w;
    for (int i = 0; i < w->node_count; i++) {
        const nn_c_node *n = &w->nodes[i];
        if (!n->runs || !n->op || nn_c_shape(w, n->out)->rank != 4)
            continue;
        bool rows = n->op->order == NN_C_ROWS || (n->op->order == NN_C_MOVES && r->rows[n->out]);
        for (int k = 0; n->op->order == NN_C_ALIKE && k < n->info.n_in; k++)
            rows = rows || (reads_four(w, n, k) && w->values[n->in[k]].rows);
        w->values[n->out].rows = rows;
        for (int k = 0; rows && n->op->order != NN_C_MOVES && k < n->info.n_in; k++)
            if (reads(w, n, k, 4) && w->values[n->in[k]].constant)
                w->values[n->in[k]].rows = true;
    }
}

nn_status nn_c_find_order(nn_c_writer *w, nn_error *err)
{
    const size_t count = (size_t)w->value_count + 1;
    const order_run r = {w, nn_calloc(count, sizeof(bool)), nn_calloc(count, sizeof(bool))};
    if (r.image && r.rows) {
        find_images(&r);
        find_wanted_rows(&r);
        set_rows(&r);
    }
    const bool done = r.image && r.rows;
    nn_free(r.image);
    nn_free(r.rows);
    return done ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory to write a program");
}

bool nn_c_order_fits(const nn_c_writer *w, const nn_c_node *n)
{
    const bool any = n->op->order == NN_C_MOVES, alike = n->op->order == NN_C_ALIKE;
    const bool rows = alike ? w->values[n->out].rows : n->op->order == NN_C_ROWS;
    for (int k = 0; !any && k < n->info.n_in; k++)
        if (reads_four(w, n, k) && w->values[n->in[k]].rows != rows)
            return false;
    return true;
}
