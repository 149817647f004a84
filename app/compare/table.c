// SPDX-License-Identifier: MIT
// Writes the comparison as a table, CSV and JSON.
#include "app/cli/json_file.h"
#include "app/cli/output.h"
#include "app/compare/compare.h"
#include "nn/kernels/kernels.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

static const struct {
    const char *key, *word;
} metrics[] = {{"top1", "top-1"}, {"map", "mAP"}, {"ap50", "AP50"}, {"miou", "mIoU"}};

const char *compare_metric_word(const compare_table *t)
{
    const char *key = NULL;
    for (int i = 0; i < t->count; i++) {
        const char *one = t->list[i].metric;
        if (one && key && strcmp(one, key) != 0)
            return "accuracy";
        key = one ? one : key;
    }
    for (size_t i = 0; key && i < G_N_ELEMENTS(metrics); i++)
        if (strcmp(metrics[i].key, key) == 0)
            return metrics[i].word;
    return "accuracy";
}

// "AMD EPYC, 2 cores" (g_free).
char *compare_machine(void)
{
    g_autofree char *text = NULL;
    g_autoptr(GRegex) row = g_regex_new("^model name\\s*: (.*)$", G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    const guint cores = g_get_num_processors();
    g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL);
    const bool named = text && g_regex_match(row, text, 0, &match);
    g_autofree char *name = named ? g_match_info_fetch(match, 1) : NULL;
    return g_strdup_printf("%s, %u core%s, %s", name ? name : "a processor", cores,
                           cores == 1 ? "" : "s", nn_cpu_name(nn_kernels_level()));
}

// "  0.871", "      -", or nothing when no network was scored.
static void print_accuracy(const compare_table *t, const compare_network *n, FILE *out)
{
    if (!compare_has_accuracy(t))
        return;
    if (isfinite(n->accuracy))
        fprintf(out, " %8.3f", n->accuracy);
    else
        fprintf(out, " %8s", "-");
}

static void print_row(const compare_table *t, const compare_network *n, int wide, FILE *out)
{
    char size[32];
    const double work = isfinite(n->instructions) ? n->instructions : n->macs;
    snprintf(size, sizeof size, "%dx%d", n->width, n->height);
    fprintf(out, "%-*s %-1s %9s", wide, n->name, n->on_front ? "*" : "", size);
    print_accuracy(t, n, out);
    fprintf(out, " %9.3f %8.3f %9.1f %9.1f", n->parameters / 1e6, 2e-9 * n->macs, n->memory / 1e6,
            n->weights / 1e6);
    for (int p = 0; p < COMPARE_POOLS; p++)
        fprintf(out, " %9.3f %9.3f", n->latency[p].best_ms, n->latency[p].median_ms);
    fprintf(out, " %9.3f  %s\n", work / 1e9, n->precision);
}

void compare_print(const compare_table *t, FILE *out)
{
    int wide = 7;
    for (int i = 0; i < t->count; i++)
        wide = MAX(wide, (int)strlen(t->list[i].name));
    const bool scored = compare_has_accuracy(t);
    g_autofree char *machine = compare_machine();
    fprintf(out, "%s\n\n%*s  %9s", machine, wide + 1, "", "");
    fprintf(out, scored ? " %8s" : "%s", "");
    fprintf(out, " %9s %8s %9s %9s %19s %19s %9s\n", "", "", "memory", "weights", "ms, 1 thread",
            "ms, 2 threads", t->energy ? "multiply-" : "instruc-");
    fprintf(out, "%-*s %9s", wide + 2, "network", "input");
    fprintf(out, scored ? " %8s" : "%s", scored ? compare_metric_word(t) : "");
    fprintf(out, " %9s %8s %9s %9s %9s %9s %9s %9s %9s  precision\n", "params, M", "GFLOPs", "MB",
            "MB", "best", "median", "best", "median", t->energy ? "adds, G" : "tions, G");
    for (int i = 0; i < t->count; i++)
        print_row(t, &t->list[i], wide, out);
    fprintf(out,
            "\n* on the Pareto front: no other network is as fast (1 thread, best) and as %s.\n",
            compare_has_accuracy(t) ? "accurate" : "small");
    if (t->energy)
        fprintf(
            out,
            "Energy proxy: instructions are not measurable here (%s); multiply-adds stand in.\n",
            t->energy);
    else
        fputs("Energy proxy: instructions of one run with one thread.\n", out);
}

static void put_number(FILE *out, double v)
{
    if (isfinite(v))
        fprintf(out, ",%.10g", v);
    else
        fputc(',', out);
}

// A cell, quoted where it must be (RFC 4180).
static void put_text(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

nn_status compare_write_csv(const compare_table *t, const char *path, nn_error *err)
{
    app_output o;
    const nn_status status = app_output_open(&o, path, err);
    if (status != NN_OK)
        return status;
    fputs("network,width,height,metric,accuracy,pictures,parameters,gflops,memory_bytes,"
          "weight_bytes,precision",
          o.file);
    for (int p = 1; p <= COMPARE_POOLS; p++)
        fprintf(o.file, ",best_ms_%d,median_ms_%d,runs_%d", p, p, p);
    fputs(",instructions,pareto\n", o.file);
    for (int i = 0; i < t->count; i++) {
        const compare_network *n = &t->list[i];
        put_text(o.file, n->name);
        fprintf(o.file, ",%d,%d,%s", n->width, n->height, n->metric ? n->metric : "");
        put_number(o.file, n->accuracy);
        put_number(o.file, n->metric ? n->pictures : NAN);
        put_number(o.file, n->parameters);
        put_number(o.file, 2e-9 * n->macs);
        put_number(o.file, n->memory);
        put_number(o.file, n->weights);
        fprintf(o.file, ",%s", n->precision);
        for (int p = 0; p < COMPARE_POOLS; p++) {
            put_number(o.file, n->latency[p].best_ms);
            put_number(o.file, n->latency[p].median_ms);
            put_number(o.file, n->latency[p].runs);
        }
        put_number(o.file, n->instructions);
        fprintf(o.file, ",%d\n", n->on_front);
    }
    return app_output_close(&o, NN_OK, err);
}

static cJSON *network_json(const compare_network *n)
{
    cJSON *item = cJSON_CreateObject(), *list = cJSON_CreateArray();
    cJSON_AddStringToObject(item, "network", n->name);
    cJSON_AddNumberToObject(item, "width", n->width);
    cJSON_AddNumberToObject(item, "height", n->height);
    if (n->metric) {
        cJSON_AddStringToObject(item, "metric", n->metric);
        app_json_add_number(item, "accuracy", n->accuracy);
        cJSON_AddNumberToObject(item, "pictures", n->pictures);
    }
    cJSON_AddNumberToObject(item, "parameters", n->parameters);
    cJSON_AddNumberToObject(item, "macs", n->macs);
    cJSON_AddNumberToObject(item, "gflops", 2e-9 * n->macs);
    cJSON_AddNumberToObject(item, "memory_bytes", n->memory);
    cJSON_AddNumberToObject(item, "weight_bytes", n->weights);
    cJSON_AddStringToObject(item, "precision", n->precision);
    app_json_add_number(item, "instructions", n->instructions);
    for (int p = 0; p < COMPARE_POOLS; p++) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddNumberToObject(one, "threads", p + 1);
        cJSON_AddNumberToObject(one, "best_ms", n->latency[p].best_ms);
        cJSON_AddNumberToObject(one, "median_ms", n->latency[p].median_ms);
        cJSON_AddNumberToObject(one, "runs", n->latency[p].runs);
        cJSON_AddItemToArray(list, one);
    }
    cJSON_AddItemToObject(item, "latency", list);
    cJSON_AddBoolToObject(item, "pareto", n->on_front);
    return item;
}

nn_status compare_write_json(const compare_table *t, const char *path, nn_error *err)
{
    cJSON *json = cJSON_CreateObject(), *list = cJSON_CreateArray();
    g_autofree char *machine = compare_machine();
    cJSON_AddStringToObject(json, "machine", machine);
    if (t->energy)
        cJSON_AddStringToObject(json, "instructions_missing", t->energy);
    for (int i = 0; i < t->count; i++)
        cJSON_AddItemToArray(list, network_json(&t->list[i]));
    cJSON_AddItemToObject(json, "networks", list);
    const nn_status status = app_json_write(json, path, err);
    cJSON_Delete(json);
    return status;
}
