// SPDX-License-Identifier: MIT
// Rows of CSV files: libcsv parses the quotes, this file collects the fields of a row.
#include "nn/io/csv_rows.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/text.h"

#include <csv.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { MAX_FIELDS = 1024, PART = 1 << 16 };

// The row in progress.
typedef struct gathering {
    nn_csv_visit *visit;
    void *ctx;
    nn_csv_row row;
    int capacity;
    int line;     // current line
    int line_end; // what ended the line before: CR LF ends one line
    nn_status status;
    nn_error *err;
} gathering;

static void fail(gathering *g, const char *what)
{
    if (g->status == NN_OK)
        g->status = nn_fail(g->err, NN_ENOMEM, "no memory for %s of a table", what);
}

static int count_lines(const char *text, size_t size)
{
    int n = 0;
    for (size_t i = 0; i < size; i++)
        n += text[i] == '\n' || (text[i] == '\r' && (i + 1 == size || text[i + 1] != '\n'));
    return n;
}

static void take_field(void *bytes, size_t size, void *ctx)
{
    gathering *g = ctx;
    nn_csv_row *row = &g->row;
    const int first = g->line;
    if (g->status != NN_OK)
        return;
    g->line += count_lines(bytes, size);
    g->line_end = 0;
    if (row->count == MAX_FIELDS)
        return;
    if (row->count == g->capacity) {
        const int larger = g->capacity ? 2 * g->capacity : 8;
        char **grown = nn_realloc(row->field, (size_t)g->capacity * sizeof *grown,
                                  (size_t)larger * sizeof *grown);
        if (!grown) {
            fail(g, "the fields");
            return;
        }
        row->field = grown;
        g->capacity = larger;
    }
    char *text = nn_alloc(size + 1);
    if (!text) {
        fail(g, "a field");
        return;
    }
    memcpy(text, bytes, size);
    text[size] = '\0';
    row->line = row->count ? row->line : first;
    row->field[row->count++] = text;
}

static void end_row(int end, void *ctx)
{
    gathering *g = ctx;
    nn_csv_row *row = &g->row;
    const bool blank = row->count == 0 || (row->count == 1 && !*row->field[0]);
    if (g->status == NN_OK && !blank)
        g->status = g->visit(g->ctx, row, g->err);
    for (int i = 0; i < row->count; i++)
        nn_free(row->field[i]);
    row->count = 0;
    if (end != '\n' || g->line_end != '\r')
        g->line++;
    g->line_end = end;
}

static unsigned char find_delimiter(const char *text, size_t size)
{
    static const char kinds[] = {',', ';', '\t'};
    int count[sizeof kinds] = {0}, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < size && (quoted || (text[i] != '\n' && text[i] != '\r')); i++) {
        quoted ^= text[i] == '"';
        for (int k = 0; k < (int)sizeof kinds && !quoted; k++)
            count[k] += text[i] == kinds[k];
    }
    for (int k = 1; k < (int)sizeof kinds; k++)
        best = count[k] > count[best] ? k : best;
    return (unsigned char)kinds[best];
}

static bool is_tabbed(const char *path)
{
    const char *point = strrchr(path, '.');
    return point && strcasecmp(point, ".tsv") == 0;
}

static nn_status walk(gathering *g, const char *text, size_t size, unsigned char delimiter)
{
    struct csv_parser parser;
    if (csv_init(&parser, CSV_REPALL_NL) != 0)
        return nn_fail(g->err, NN_ENOMEM, "no memory for a table");
    csv_set_delim(&parser, delimiter);
    // In parts: a visitor that has seen enough does not wait for the rest of a large table.
    for (size_t at = 0, n; at < size && g->status == NN_OK; at += n) {
        n = size - at < PART ? size - at : PART;
        if (csv_parse(&parser, text + at, n, take_field, end_row, g) != n)
            fail(g, "the rows");
    }
    if (g->status == NN_OK && csv_fini(&parser, take_field, end_row, g) != 0)
        fail(g, "the rows");
    csv_free(&parser);
    for (int i = 0; i < g->row.count; i++)
        nn_free(g->row.field[i]);
    nn_free(g->row.field);
    return g->status;
}

nn_status nn_csv_each(const char *path, nn_csv_visit *visit, void *ctx, nn_error *err)
{
    nn_file file;
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    gathering g = {.visit = visit, .ctx = ctx, .line = 1, .err = err};
    const char *text = file.size ? file.bytes : "";
    size_t size = file.size;
    status = nn_text_skip_mark(&text, &size, err);
    if (status != NN_OK)
        nn_fail_prefix(err, status, "%s", path);
    else
        status = walk(&g, text, size, is_tabbed(path) ? '\t' : find_delimiter(text, size));
    nn_file_unmap(&file);
    return status;
}
