// SPDX-License-Identifier: MIT
// Lines of text files, and byte order marks (Unicode 15, section 23.8).
#include "nn/io/text.h"

#include <errno.h>
#include <string.h>

enum { MARK = 4 }; // bytes of the longest mark

static const struct {
    const char *bytes;
    size_t size;
    const char *name; // of an encoding that is not supported
} marks[] = {{"\xff\xfe\0\0", 4, "UTF-32"},
             {"\0\0\xfe\xff", 4, "UTF-32"},
             {"\xff\xfe", 2, "UTF-16"},
             {"\xfe\xff", 2, "UTF-16"},
             {"\xef\xbb\xbf", 3, NULL}};

nn_status nn_text_skip_mark(const char **text, size_t *size, nn_error *err)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (*size < marks[i].size || memcmp(*text, marks[i].bytes, marks[i].size) != 0)
            continue;
        if (marks[i].name)
            return nn_fail(err, NN_EUNSUPPORTED, "%s text: save it as UTF-8", marks[i].name);
        *text += marks[i].size;
        *size -= marks[i].size;
        break;
    }
    return NN_OK;
}

nn_status nn_text_open(nn_text *t, const char *path, nn_error *err)
{
    char start[MARK];
    *t = (nn_text){.file = fopen(path, "r")};
    if (!t->file)
        return nn_fail(err, errno == ENOENT || errno == ENOTDIR ? NN_ENOTFOUND : NN_EIO, "%s: %s",
                       path, strerror(errno));
    const size_t all = fread(start, 1, sizeof start, t->file);
    const char *text = start;
    size_t size = all;
    nn_status status = ferror(t->file) ? nn_fail(err, NN_EIO, "%s: %s", path, strerror(errno))
                                       : nn_text_skip_mark(&text, &size, err);
    if (status == NN_EUNSUPPORTED)
        nn_fail_prefix(err, status, "%s", path);
    else if (status == NN_OK && fseek(t->file, (long)(all - size), SEEK_SET) != 0)
        status = nn_fail(err, NN_EIO, "%s: %s", path, strerror(errno));
    if (status != NN_OK) {
        fclose(t->file);
        t->file = NULL;
    }
    return status;
}

bool nn_text_next(nn_text *t, char *line, size_t size)
{
    size_t length = 0;
    int c = getc(t->file);
    if (c == EOF)
        return false;
    t->cut = false;
    for (; c != EOF && c != '\n' && c != '\r'; c = getc(t->file)) {
        if (length + 1 < size)
            line[length++] = (char)c;
        else
            t->cut = true;
    }
    if (c == '\r' && (c = getc(t->file)) != '\n' && c != EOF)
        ungetc(c, t->file);
    line[length] = '\0';
    t->number++;
    return true;
}

nn_status nn_text_close(nn_text *t, const char *path, nn_error *err)
{
    const bool failed = ferror(t->file) != 0;
    const int why = errno;
    fclose(t->file);
    t->file = NULL;
    return failed ? nn_fail(err, NN_EIO, "%s: %s", path, strerror(why)) : NN_OK;
}
