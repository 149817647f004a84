// SPDX-License-Identifier: MIT
// neroscale diff: compares two models, or two formats of one, node by node.
#include "app/cli/arguments.h"
#include "app/cli/image_size.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "app/inspect/diff.h"
#include "nn/graph/quantized.h"
#include "po/translate.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_DIFFERENT = 1 };
#define TOLERANCE 2e-4

static const char SUMMARY[] = N_(
    "Runs two models on the same input, and names the first node whose values differ.\n"
    "\n"
    "A and B are model files, installed models, or networks of 'neroscale list' with\n"
    "--parameters. Without B, A as built is compared with A as inference runs it. Nodes are\n"
    "matched by name, outputs also by position. The error is max|a - b| / max|a|; NaN equals\n"
    "nothing.\n"
    "\n"
    "--run-a and --run-b choose how a model runs:\n"
    "  plain     the graph as built\n"
    "  fused     with norms and activations folded into other layers\n"
    "  compiled  as inference runs it\n"
    "  exact     compiled, without Winograd and float16\n"
    "  half      compiled, with float16 weights where that is faster\n"
    "\n"
    "The exit status is 0 when all are equal within the tolerance, 1 when not, 2 after an\n"
    "error.\n"
    "\n"
    "Examples:\n"
    "  neroscale diff person.safetensors person.onnx\n"
    "  neroscale diff resnet18 mine.onnx --parameters resnet18.pth --input x.safetensors --all\n"
    "  neroscale diff vgg16 vgg16 --parameters vgg16.pth --parameters-b vgg16.h5\n"
    "  neroscale diff person --run-b fused --size 384x288\n"
    "  neroscale diff person person-int8                    # what 8 bits change, layer by layer\n"
    "  neroscale diff vgg16.safetensors --run-b half        # what float16 weights change");

typedef struct diff_options {
    char *options, *parameters, *parameters_b, *input, *size, *run_a, *run_b;
    gboolean all;
    double tolerance;
    int height, width, threads;
} diff_options;

static nn_status check_options(diff_options *o, int argc, nn_error *err)
{
    app_diff_how how;
    if (argc < 2 || argc > 3)
        return nn_fail(err, NN_EINVAL, "%s (try --help)",
                       argc < 2 ? "which models?" : "more than two models");
    if ((o->run_a && !app_diff_how_find(o->run_a, &how)) ||
        (o->run_b && !app_diff_how_find(o->run_b, &how)))
        return nn_fail(err, NN_EINVAL,
                       "--run-a and --run-b must be plain, fused, compiled, exact or half");
    if (o->size && o->input && strcmp(o->input, "reference") != 0)
        return nn_fail(err, NN_EINVAL,
                       "--size cannot be used with an input file, which has a size");
    return app_parse_size("--size", o->size, &o->width, &o->height, err);
}

static nn_status parse(diff_options *o, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {
        APP_OPTION("input", &o->input, "reference"),
        APP_OPTION("size", &o->size, "A's"),
        APP_OPTION("tolerance", &o->tolerance, "2e-4"),
        APP_OPTION("all", &o->all, NULL),
        APP_OPTION("run-a", &o->run_a, "plain; fused when the other is quantised"),
        APP_OPTION("run-b", &o->run_b, "plain; compiled when there is only A"),
        APP_OPTION("options", &o->options, NULL),
        APP_OPTION("parameters", &o->parameters, NULL),
        APP_OPTION("parameters-b", &o->parameters_b, "those of A"),
        APP_OPTION("threads", &o->threads, "0"),
        APP_OPTIONS_END};
    const app_arguments what = {.synopsis = "A [B]", .summary = SUMMARY, .entries = entries};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    return status == NN_OK ? check_options(o, *argc, err) : status;
}

// Parameters and options are for networks given by name; a file has its own.
static nn_status open_side(app_diff_side *s, const diff_options *o, const app_model_input *in,
                           const char *name, const char *parameters, nn_error *err)
{
    const bool network = app_is_network(name);
    app_model_source from = {.name = name,
                             .options = network ? o->options : NULL,
                             .parameters = network ? parameters : NULL,
                             .input_h = o->height,
                             .input_w = o->width};
    app_model_input_suit(in, &from);
    return app_open_model(&s->model, &from, err);
}

static bool is_quantized(const app_diff_side *s)
{
    return nn_graph_is_quantized(s->model->graph);
}

static nn_status open_sides(app_diff *d, const diff_options *o, const app_model_input *in,
                            const char *a, const char *b, nn_error *err)
{
    d->b.how = b ? APP_DIFF_PLAIN : APP_DIFF_COMPILED;
    if (o->run_a)
        app_diff_how_find(o->run_a, &d->a.how);
    if (o->run_b)
        app_diff_how_find(o->run_b, &d->b.how);
    nn_status status = open_side(&d->a, o, in, a, o->parameters, err);
    if (status == NN_OK)
        status = open_side(&d->b, o, in, b ? b : a,
                           o->parameters_b ? o->parameters_b : o->parameters, err);
    // A quantised model was fused before.
    if (status == NN_OK && !o->run_a && is_quantized(&d->b) && !is_quantized(&d->a))
        d->a.how = APP_DIFF_FUSED;
    if (status == NN_OK && b && !o->run_b && is_quantized(&d->a) && !is_quantized(&d->b))
        d->b.how = APP_DIFF_FUSED;
    return status;
}

// --- output ---

static const char *shape_text(const app_diff *d, const app_diff_row *row, char *buf, size_t size)
{
    return nn_shape_text(nn_plan_shape(d->a.plan, row->a), buf, size);
}

static const char *op_name(const app_diff *d, const app_diff_row *row)
{
    return row->node < 0 ? "output" : nn_graph_node_at(d->a.model->graph, row->node).op->name;
}

// "[0,3,17,5]", the index of an element.
static char *place_text(const nn_shape *shape, int64_t at, char *buf, size_t size)
{
    int64_t index[NN_MAX_RANK];
    size_t used = 0;
    for (int i = shape->rank - 1; i >= 0; i--) {
        index[i] = at % shape->dim[i];
        at /= shape->dim[i];
    }
    for (int i = 0; i < shape->rank && used < size; i++)
        used +=
            (size_t)snprintf(buf + used, size - used, "%s%lld", i ? "," : "[", (long long)index[i]);
    if (used < size)
        snprintf(buf + used, size - used, "%s", shape->rank ? "]" : "[]");
    return buf;
}

static void print_row(const app_diff *d, const app_diff_row *row, double tolerance)
{
    char shape[96];
    const char *mark = row->relative <= tolerance ? "" : "  <--";
    if (row->same_shape)
        printf("%-38s %-16s %-18s %10.3g %10.3g %7.1f%s\n", row->name, op_name(d, row),
               shape_text(d, row, shape, sizeof shape), row->error, row->relative, row->decibels,
               mark);
    else
        printf("%-38s %-16s %-18s %29s%s\n", row->name, op_name(d, row),
               shape_text(d, row, shape, sizeof shape), "other shape", mark);
}

static void print_all(const app_diff *d, double tolerance)
{
    printf("%-38s %-16s %-18s %10s %10s %7s\n", "node", "type", "shape", "max|a-b|", "of max|a|",
           "dB");
    for (int i = 0; i < d->count; i++)
        print_row(d, &d->rows[i], tolerance);
    printf("\n");
}

static int compare_noise(const void *a, const void *b)
{
    const app_diff_row *const *x = a, *const *y = b;
    return ((*x)->decibels > (*y)->decibels) - ((*x)->decibels < (*y)->decibels);
}

// One side is quantised: the nodes with the most noise, and what the quantised side computes with.
static void print_noise(const app_diff *d)
{
    enum { MOST = 12 };
    const app_diff_side *narrow = is_quantized(&d->b) ? &d->b : &d->a;
    g_autofree const app_diff_row **rows = g_new0(const app_diff_row *, d->count);
    int count = 0;
    for (int i = 0; i < d->count; i++)
        if (d->rows[i].same_shape && d->rows[i].node >= 0)
            rows[count++] = &d->rows[i];
    qsort(rows, (size_t)count, sizeof(*rows), compare_noise);
    printf("\nSignal to noise, the noisiest nodes first:\n");
    for (int i = 0; i < count && i < MOST; i++) {
        const nn_value v = narrow == &d->b ? rows[i]->b : rows[i]->a;
        const nn_value_info info = nn_graph_value(narrow->model->graph, v);
        const char *with =
            info.kind == NN_VALUE_NODE ? nn_node_precision(narrow->model->graph, info.index) : "";
        printf("  %-38s %-16s %7.1f dB  %s\n", rows[i]->name, op_name(d, rows[i]),
               rows[i]->decibels, with);
    }
}

static void print_values(const app_diff *d, const app_diff_row *row)
{
    char place[96], sa[96], sb[96];
    if (!row->same_shape) {
        printf("  the shape is %s in A and %s in B\n", shape_text(d, row, sa, sizeof sa),
               nn_shape_text(nn_plan_shape(d->b.plan, row->b), sb, sizeof sb));
        return;
    }
    const nn_tensor *a = nn_plan_value(d->a.plan, row->a), *b = nn_plan_value(d->b.plan, row->b);
    if (isinf(row->error)) {
        printf("  at %s A has %.6g, B %.6g\n", place_text(&a->shape, row->at, place, sizeof place),
               (double)nn_tensor_f32(a)[row->at], (double)nn_tensor_f32(b)[row->at]);
        return;
    }
    printf("  max|a-b| %.3g, which is %.3g of the largest value %.3g; at %s A has %.6g, B %.6g\n",
           row->error, row->relative, row->largest,
           place_text(&a->shape, row->at, place, sizeof place), (double)nn_tensor_f32(a)[row->at],
           (double)nn_tensor_f32(b)[row->at]);
}

// Compares the parameters of two nodes by position.
static int print_parameters(const app_diff *d, const nn_node_info *a, const nn_node_info *b,
                            double tolerance)
{
    int different = 0;
    for (int i = 0; i < a->n_in && i < b->n_in; i++) {
        if (a->in[i] < 0 || b->in[i] < 0)
            continue;
        const nn_value_info va = nn_graph_value(d->a.model->graph, a->in[i]);
        const nn_value_info vb = nn_graph_value(d->b.model->graph, b->in[i]);
        if (va.kind != NN_VALUE_PARAM || vb.kind != NN_VALUE_PARAM)
            continue;
        const nn_tensor *ta = &d->a.model->params[va.index], *tb = &d->b.model->params[vb.index];
        app_diff_row row = {0};
        char sa[96], sb[96];
        if (!nn_shape_equal(&ta->shape, &tb->shape)) {
            printf("  parameter %s is %s in A and %s in B\n", va.name,
                   nn_shape_text(&ta->shape, sa, sizeof sa),
                   nn_shape_text(&tb->shape, sb, sizeof sb));
            different++;
            continue;
        }
        app_diff_compare(ta, tb, &row);
        if (row.relative <= tolerance)
            continue;
        printf("  parameter %s differs: max|a-b| %.3g, %.3g of the largest\n", va.name, row.error,
               row.relative);
        different++;
    }
    return different;
}

// Whether all inputs of the node agree; prints those that do not or are unknown.
static bool print_inputs(const app_diff *d, const nn_node_info *node)
{
    bool agree = true;
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i] < 0)
            continue;
        const nn_value_info info = nn_graph_value(d->a.model->graph, node->in[i]);
        const app_diff_row *row = app_diff_find(d, node->in[i]);
        if (info.kind == NN_VALUE_PARAM)
            continue;
        if (info.kind == NN_VALUE_INPUT) {
            printf("  input %s: the same\n", info.name);
        } else if (row) {
            printf("  input %s: agrees, %.3g\n", info.name, row->relative);
        } else {
            printf("  input %s: B has no such node\n", info.name);
            agree = false;
        }
    }
    return agree;
}

// Prints the last row before `row` that agrees: the place to look when nodes between have no
// partner.
static void print_bracket(const app_diff *d, const app_diff_row *row)
{
    if (row == d->rows)
        printf("  nothing before it could be compared\n");
    else
        printf("  the last that agrees is %s (%.3g): look between it and here\n", row[-1].name,
               row[-1].relative);
}

static void print_first(const app_diff *d, const app_diff_row *row, double tolerance)
{
    char shape[96];
    printf("First difference: %s (%s, %s)\n", row->name, op_name(d, row),
           shape_text(d, row, shape, sizeof shape));
    print_values(d, row);
    if (row->node < 0) {
        print_bracket(d, row);
        return;
    }
    const nn_node_info a = nn_graph_node_at(d->a.model->graph, row->node);
    const nn_value_info vb = nn_graph_value(d->b.model->graph, row->b);
    const nn_node_info b = nn_graph_node_at(d->b.model->graph, vb.index);
    const bool agree = print_inputs(d, &a);
    if (a.op != b.op)
        printf("  it is %s in A and %s in B\n", a.op->name, b.op->name);
    const int parameters = a.op == b.op ? print_parameters(d, &a, &b, tolerance) : 0;
    if (!agree)
        print_bracket(d, row);
    else if (a.op == b.op && parameters == 0 && row->same_shape)
        printf("  inputs and parameters are the same: its settings (stride, padding, eps, ...) or "
               "its kernel differ\n");
}

static void print_outputs(const app_diff *d, double tolerance)
{
    for (int i = 0; i < nn_graph_output_count(d->a.model->graph); i++) {
        const char *name = nn_graph_output_name(d->a.model->graph, i);
        const app_diff_row *row = app_diff_find(d, nn_graph_output_at(d->a.model->graph, i));
        if (!row)
            printf("output %s: B has none like it\n", name);
        else if (!row->same_shape)
            printf("output %s: other shape\n", name);
        else
            printf("output %s: %.3g%s\n", name, row->relative,
                   row->relative <= tolerance ? "" : " (differs)");
    }
}

// Prints the summary; returns whether all values agree.
static bool print_report(const app_diff *d, const diff_options *o)
{
    const app_diff_row *first = app_diff_first(d, o->tolerance), *worst = d->rows;
    int different = 0, nodes = 0;
    for (int i = 0; i < d->count; i++) {
        different += !(d->rows[i].relative <= o->tolerance);
        nodes += d->rows[i].node >= 0;
        if (d->rows[i].relative > worst->relative)
            worst = &d->rows[i];
    }
    if (o->all)
        print_all(d, o->tolerance);
    if (first)
        print_first(d, first, o->tolerance);
    printf(
        "%s%d of %d nodes compared, %d values differ by more than %g; largest error %.3g in %s\n",
        first ? "\n" : "Equal within the tolerance.\n", nodes, d->nodes, different, o->tolerance,
        worst->relative, worst->name);
    if (nodes == 0)
        printf("No node has the same name in both: only outputs were compared.\n");
    print_outputs(d, o->tolerance);
    return !first;
}

static nn_status diff(const diff_options *o, const char *a, const char *b, bool *same,
                      nn_error *err)
{
    app_diff d = {0};
    app_model_input in;
    nn_status status = app_model_input_open(&in, o->input, err);
    if (status != NN_OK)
        return status;
    nn_pool *pool = nn_pool_new(o->threads);
    if (!pool)
        status = nn_fail(err, NN_ENOMEM, "no memory or threads");
    if (status == NN_OK)
        status = open_sides(&d, o, &in, a, b, err);
    if (status == NN_OK)
        status = app_diff_run(&d, &in, o->height, o->width, pool, err);
    if (status == NN_OK) {
        printf("A: %s, %s\nB: %s, %s\n\n", a, app_diff_how_name(d.a.how), b ? b : a,
               app_diff_how_name(d.b.how));
        *same = print_report(&d, o);
        if (is_quantized(&d.a) != is_quantized(&d.b))
            print_noise(&d);
    }
    app_diff_release(&d);
    nn_pool_free(pool);
    app_model_input_release(&in);
    return status;
}

int app_cmd_diff(int argc, char **argv)
{
    diff_options o = {.tolerance = TOLERANCE};
    nn_error err = {0};
    bool same = false;
    nn_status status = parse(&o, &argc, &argv, &err);
    if (status == NN_OK)
        status = diff(&o, argv[1], argc > 2 ? argv[2] : NULL, &same, &err);
    g_free(o.options);
    g_free(o.parameters);
    g_free(o.parameters_b);
    g_free(o.input);
    g_free(o.size);
    g_free(o.run_a);
    g_free(o.run_b);
    return status == NN_OK && !same ? EXIT_DIFFERENT : app_end(status, &err);
}
