// SPDX-License-Identifier: MIT
// Runs two models and compares the values with the same name.
#include "app/inspect/diff.h"

#include <glib.h>
#include <math.h>
#include <string.h>

static const char *const hows[] = {"plain", "fused", "compiled", "exact", "half"};

const char *app_diff_how_name(app_diff_how how)
{
    return hows[how];
}

bool app_diff_how_find(const char *name, app_diff_how *how)
{
    for (int i = 0; i < (int)G_N_ELEMENTS(hows); i++) {
        if (strcmp(name, hows[i]) != 0)
            continue;
        *how = (app_diff_how)i;
        return true;
    }
    return false;
}

// Makes the plan of a side.
static nn_status make_plan(app_diff_side *s, const nn_shape *shapes, nn_pool *pool, nn_error *err)
{
    nn_status status = NN_OK;
    if (s->how != APP_DIFF_PLAIN)
        status = nn_model_fuse(&s->model, 0, err);
    const nn_plan_options options = {.keep_values = true,
                                     .pool = pool,
                                     .compiled = s->how >= APP_DIFF_COMPILED,
                                     .exact = s->how == APP_DIFF_EXACT,
                                     .half = s->how == APP_DIFF_HALF ||
                                             (s->how == APP_DIFF_COMPILED && s->model->half)};
    return status == NN_OK ? nn_plan_new(&s->plan, s->model, shapes,
                                         nn_graph_input_count(s->model->graph), &options, err)
                           : status;
}

static nn_status find_shapes(const app_diff *d, const app_model_input *in, int height, int width,
                             nn_shape *shapes, nn_error *err)
{
    const nn_model *a = d->a.model, *b = d->b.model;
    const int count = nn_graph_input_count(a->graph);
    char ta[96], tb[96];
    if (count != nn_graph_input_count(b->graph))
        return nn_fail(err, NN_ESHAPE, "A has %d inputs, B has %d", count,
                       nn_graph_input_count(b->graph));
    // A model for one fixed size decides the size.
    const nn_model *rigid = a->fixed_inputs || !b->fixed_inputs ? a : b;
    nn_status status = app_model_input_shapes(in, rigid, height, width, shapes, err);
    for (int i = 0; i < count && status == NN_OK; i++)
        if (b->fixed_inputs && !nn_shape_equal(&shapes[i], &b->fixed_inputs[i]))
            status = nn_fail(err, NN_ESHAPE, "A accepts %s, B accepts %s only; try --size",
                             nn_shape_text(&shapes[i], ta, sizeof ta),
                             nn_shape_text(&b->fixed_inputs[i], tb, sizeof tb));
    return status;
}

// Copies A's inputs to B by position: their names may differ.
static void copy_inputs(const app_diff *d)
{
    for (int i = 0; i < nn_graph_input_count(d->a.model->graph); i++)
        memcpy(nn_plan_input(d->b.plan, i)->data, nn_plan_input(d->a.plan, i)->data,
               nn_tensor_bytes(nn_plan_input(d->a.plan, i)));
}

void app_diff_compare(const nn_tensor *a, const nn_tensor *b, app_diff_row *row)
{
    const float *x = nn_tensor_f32(a), *y = nn_tensor_f32(b);
    double signal = 0, noise = 0;
    row->error = row->largest = 0;
    row->at = 0;
    for (int64_t i = 0, n = nn_shape_count(&a->shape); i < n; i++) {
        const double u = (double)x[i], v = (double)y[i];
        double e = u == v ? 0 : fabs(u - v);
        e = isnan(e) ? INFINITY : e; // NaN equals nothing, not even NaN
        if (e > row->error) {
            row->error = e;
            row->at = i;
        }
        if (fabs(u) > row->largest)
            row->largest = fabs(u);
        signal += u * u;
        noise += e * e;
    }
    row->decibels = noise > 0 ? 10 * log10(signal / noise) : INFINITY;
    row->relative = row->error == 0 ? 0 : row->largest > 0 ? row->error / row->largest : INFINITY;
    if (isnan(row->relative)) // both infinite
        row->relative = INFINITY;
}

static void add_row(app_diff *d, const char *name, int node, nn_value a, nn_value b)
{
    const nn_tensor *ta = nn_plan_value(d->a.plan, a), *tb = nn_plan_value(d->b.plan, b);
    if (!ta || !tb)
        return;
    app_diff_row *row = &d->rows[d->count++];
    *row = (app_diff_row){.name = name, .node = node, .a = a, .b = b};
    row->same_shape = nn_shape_equal(&ta->shape, &tb->shape);
    if (row->same_shape)
        app_diff_compare(ta, tb, row);
    else
        row->error = row->relative = INFINITY;
}

const app_diff_row *app_diff_find(const app_diff *d, nn_value a)
{
    for (int i = 0; i < d->count; i++)
        if (d->rows[i].a == a)
            return &d->rows[i];
    return NULL;
}

static void compare_nodes(app_diff *d)
{
    const nn_graph *a = d->a.model->graph, *b = d->b.model->graph;
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (int i = 0; i < nn_graph_node_count(b); i++) {
        const nn_node_info node = nn_graph_node_at(b, i);
        g_hash_table_insert(names, (void *)node.name, GINT_TO_POINTER(node.out + 1));
    }
    for (int i = 0; i < nn_graph_node_count(a); i++) {
        const nn_node_info node = nn_graph_node_at(a, i);
        const int other = GPOINTER_TO_INT(g_hash_table_lookup(names, node.name));
        if (other)
            add_row(d, node.name, i, node.out, other - 1);
    }
}

// Compares outputs by name, or by position when there is none of the name.
static void compare_outputs(app_diff *d)
{
    const nn_graph *a = d->a.model->graph, *b = d->b.model->graph;
    for (int i = 0; i < nn_graph_output_count(a); i++) {
        const char *name = nn_graph_output_name(a, i);
        int other = nn_graph_find_output(b, name);
        if (other < 0 && i < nn_graph_output_count(b) &&
            nn_graph_find_output(a, nn_graph_output_name(b, i)) < 0)
            other = i;
        if (other >= 0 && !app_diff_find(d, nn_graph_output_at(a, i)))
            add_row(d, name, -1, nn_graph_output_at(a, i), nn_graph_output_at(b, other));
    }
}

nn_status app_diff_run(app_diff *d, const app_model_input *in, int height, int width, nn_pool *pool,
                       nn_error *err)
{
    nn_shape shapes[APP_MAX_INPUTS];
    nn_status status = find_shapes(d, in, height, width, shapes, err);
    if (status == NN_OK)
        status = make_plan(&d->a, shapes, pool, err);
    if (status == NN_OK)
        status = make_plan(&d->b, shapes, pool, err);
    if (status != NN_OK)
        return status;
    app_model_input_fill(in, d->a.model, d->a.plan);
    copy_inputs(d);
    nn_plan_run(d->a.plan);
    nn_plan_run(d->b.plan);
    d->nodes = nn_graph_node_count(d->a.model->graph);
    d->rows = g_new0(app_diff_row, d->nodes + nn_graph_output_count(d->a.model->graph));
    compare_nodes(d);
    compare_outputs(d);
    return d->count > 0 ? NN_OK : nn_fail(err, NN_ENOTFOUND, "no node or output of A is also in B");
}

void app_diff_release(app_diff *d)
{
    nn_plan_free(d->a.plan);
    nn_plan_free(d->b.plan);
    nn_model_free(d->a.model);
    nn_model_free(d->b.model);
    g_free(d->rows);
    *d = (app_diff){0};
}

const app_diff_row *app_diff_first(const app_diff *d, double tolerance)
{
    for (int i = 0; i < d->count; i++)
        if (!(d->rows[i].relative <= tolerance))
            return &d->rows[i];
    return NULL;
}
