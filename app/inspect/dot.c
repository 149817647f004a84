// SPDX-License-Identifier: MIT
// Writes the graph of a network for Graphviz: a box for each node, without parameters.
#include "app/inspect/dot.h"

#include "app/cli/output.h"

// Prints text in double quotes, with quotes inside escaped.
static void print_quoted(FILE *f, const char *text)
{
    fputc('"', f);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', f);
        fputc(*text, f);
    }
    fputc('"', f);
}

static void print_value(FILE *f, const nn_graph *g, const nn_plan *plan, nn_value v,
                        const char *type, const char *look)
{
    char shape[64];
    fprintf(f, "  v%d [%slabel=", v, look);
    print_quoted(f, nn_graph_value(g, v).name);
    // Graphviz joins the parts: name, operator, shape, one line each.
    fprintf(f, " + \"\\n%s%s%s\"];\n", type, *type ? "\\n" : "",
            nn_shape_text(nn_plan_shape(plan, v), shape, sizeof shape));
}

static void print_edges(FILE *f, const nn_graph *g, const nn_node_info *node)
{
    for (int k = 0; k < node->n_in; k++)
        if (node->in[k] >= 0 && nn_graph_value(g, node->in[k]).kind != NN_VALUE_PARAM)
            fprintf(f, "  v%d -> v%d;\n", node->in[k], node->out);
}

nn_status app_dot_write(const char *path, const nn_model *model, const nn_plan *plan, nn_error *err)
{
    const nn_graph *g = model->graph;
    app_output out;
    const nn_status status = app_output_open(&out, path, err);
    if (status != NN_OK)
        return status;
    FILE *f = out.file;
    fputs("digraph network {\n  node [shape=box, fontname=sans, fontsize=10];\n", f);
    for (int i = 0; i < nn_graph_input_count(g); i++)
        print_value(f, g, plan, nn_graph_input_at(g, i), "", "style=rounded, ");
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        nn_node_info node = nn_graph_node_at(g, i);
        print_value(f, g, plan, node.out, node.op->name, "");
        print_edges(f, g, &node);
    }
    for (int i = 0; i < nn_graph_output_count(g); i++) {
        fprintf(f, "  o%d [style=rounded, label=", i);
        print_quoted(f, nn_graph_output_name(g, i));
        fprintf(f, "];\n  v%d -> o%d;\n", nn_graph_output_at(g, i), i);
    }
    fputs("}\n", f);
    return app_output_close(&out, NN_OK, err);
}
