// SPDX-License-Identifier: MIT
// Takes class names from a list, or from a text file with one a line.
#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/io.h"
#include "nn/io/json.h"
#include "nn/io/text.h"

#include <string.h>

enum { MAX_LABELS = 100000, MAX_LABEL = 255, MAX_BYTES = 16 << 20 };

// Splits the text into lines without surrounding white space; *lines points into it.
static int split(char *text, const char **lines, int most)
{
    int count = 0, used = 0;
    for (char *line = text; line && count < most; count++) {
        char *end = strchr(line, '\n'), *next = end ? end + 1 : NULL;
        end = end ? end : line + strlen(line);
        while (end > line && strchr(" \t\r", end[-1]))
            end--;
        *end = '\0';
        lines[count] = line + strspn(line, " \t");
        if (*lines[count])
            used = count + 1;
        line = next;
    }
    return used; // without empty lines at the end
}

// The classes keep their thresholds when they are as many as before.
static nn_status rename_labels(nn_card *card, const char *const *names, int count, nn_error *err)
{
    float *thresholds = card->class_thresholds;
    const bool keep = thresholds && count == nn_card_classes(card) && card->rival_count == 0;
    if (keep)
        card->class_thresholds = NULL;
    nn_status status = nn_card_set_labels(card, names, count, err);
    if (keep)
        card->class_thresholds = thresholds;
    return status;
}

static nn_status set_lines(nn_card *card, char *text, nn_error *err)
{
    const char **lines = nn_calloc(MAX_LABELS + 1, sizeof *lines);
    if (!lines)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    const int count = split(text, lines, MAX_LABELS + 1);
    nn_status status = NN_OK;
    if (count < 1 || count > MAX_LABELS)
        status = nn_fail(err, NN_EFORMAT, "%s class names; wanted are 1 to %d, one a line",
                         count < 1 ? "no" : "too many", MAX_LABELS);
    for (int i = 0; i < count && status == NN_OK; i++)
        if (!*lines[i] || strlen(lines[i]) > MAX_LABEL || !nn_json_plain_text(lines[i]))
            status = nn_fail(err, NN_EFORMAT, "line %d is no printable name of 1 to %d bytes",
                             i + 1, MAX_LABEL);
    if (status == NN_OK)
        status = rename_labels(card, lines, count, err);
    nn_free(lines);
    return status;
}

// Names with commas between them, rather than the path of a file.
static bool is_list(const char *text)
{
    return strchr(text, ',') || !strpbrk(text, "./");
}

static nn_status take_list(nn_card *card, const char *list, nn_error *err)
{
    char *text = nn_strdup(list);
    if (!text)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    for (char *p = text; *p; p++)
        *p = *p == ',' ? '\n' : *p;
    const nn_status status = set_lines(card, text, err);
    nn_free(text);
    return status;
}

nn_status nn_card_read_labels(nn_card *card, const char *names, nn_error *err)
{
    nn_file file;
    nn_status status = nn_file_map(&file, names, err);
    if (status == NN_ENOTFOUND && is_list(names))
        return take_list(card, names, err);
    if (status != NN_OK)
        return status; // names the path
    char *text = NULL;
    const char *bytes = file.size ? file.bytes : "";
    size_t size = file.size;
    status = nn_text_skip_mark(&bytes, &size, err);
    if (status == NN_OK && (size > MAX_BYTES || memchr(bytes, '\0', size)))
        status = nn_fail(err, NN_EFORMAT, "this is not a text file of class names");
    else if (status == NN_OK && !(text = nn_calloc(1, size + 1)))
        status = nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK) {
        memcpy(text, bytes, size);
        status = set_lines(card, text, err);
    }
    nn_free(text);
    nn_file_unmap(&file);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", names);
}
