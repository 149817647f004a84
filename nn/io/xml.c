// SPDX-License-Identifier: MIT
// XML through Expat.
#include "nn/io/xml.h"
#include "nn/io/xml_memory.h"

#include "nn/base/memory.h"

#include <stdint.h>
#include <string.h>

enum {
    MAX_DEPTH = 64,
    MAX_BYTES = 1 << 30,
    MAX_TEXT = 4096,
};

// Expat's memory comes from the engine's; the size in front serves nn_realloc.
static void *take(size_t bytes)
{
    char *p = bytes <= SIZE_MAX - NN_ALIGN ? nn_alloc(bytes + NN_ALIGN) : NULL;
    if (p)
        memcpy(p, &bytes, sizeof bytes);
    return p ? p + NN_ALIGN : NULL;
}

static void give_back(void *p)
{
    if (p)
        nn_free((char *)p - NN_ALIGN);
}

static void *resize(void *p, size_t bytes)
{
    if (!p)
        return take(bytes);
    size_t old;
    memcpy(&old, (char *)p - NN_ALIGN, sizeof old);
    if (bytes > SIZE_MAX - NN_ALIGN)
        return NULL;
    char *grown =
        nn_realloc((char *)p - NN_ALIGN, (old < bytes ? old : bytes) + NN_ALIGN, bytes + NN_ALIGN);
    if (!grown)
        return NULL;
    memcpy(grown, &bytes, sizeof bytes);
    return grown + NN_ALIGN;
}

const XML_Memory_Handling_Suite nn_xml_memory = {take, resize, give_back};

typedef struct walk {
    XML_Parser parser;
    const nn_xml_visitor *visitor;
    nn_error *err;
    nn_status status;
    int depth;
    size_t length;
    char text[MAX_TEXT];
} walk;

static void stop(walk *w, nn_status status)
{
    if (w->status == NN_OK)
        w->status = nn_fail_prefix(w->err, status, "line %lu",
                                   (unsigned long)XML_GetCurrentLineNumber(w->parser));
    XML_StopParser(w->parser, XML_FALSE);
}

static void on_start(void *data, const char *tag, const char **attributes)
{
    walk *w = data;
    nn_status status = NN_OK;
    w->length = 0;
    if (++w->depth > MAX_DEPTH)
        status = nn_fail(w->err, NN_EFORMAT, "elements lie too deep in each other");
    else if (w->visitor->start)
        status = w->visitor->start(w->visitor->ctx, tag, attributes, w->depth, w->err);
    if (status != NN_OK)
        stop(w, status);
}

static void on_text(void *data, const char *text, int length)
{
    walk *w = data;
    const size_t room = MAX_TEXT - 1 - w->length,
                 take = (size_t)length < room ? (size_t)length : room;
    memcpy(w->text + w->length, text, take);
    w->length += take;
}

static void on_end(void *data, const char *tag)
{
    walk *w = data;
    if (w->status != NN_OK)
        return;
    while (w->length > 0 && strchr(" \t\r\n", w->text[w->length - 1]))
        w->length--;
    w->text[w->length] = '\0';
    nn_status status = NN_OK;
    if (w->visitor->end)
        status = w->visitor->end(w->visitor->ctx, tag, w->text + strspn(w->text, " \t\r\n"),
                                 w->depth, w->err);
    w->depth--;
    w->length = 0;
    if (status != NN_OK)
        stop(w, status);
}

nn_status nn_xml_walk(const void *xml, size_t size, const nn_xml_visitor *visitor, nn_error *err)
{
    if (size > MAX_BYTES)
        return nn_fail(err, NN_EFORMAT, "%zu bytes are too many for XML", size);
    walk *w = nn_calloc(1, sizeof *w);
    if (w)
        w->parser = XML_ParserCreate_MM(NULL, &nn_xml_memory, NULL);
    if (!w || !w->parser) {
        nn_free(w);
        return nn_fail(err, NN_ENOMEM, "no memory for an XML parser");
    }
    w->visitor = visitor;
    w->err = err;
    XML_SetUserData(w->parser, w);
    XML_SetElementHandler(w->parser, on_start, on_end);
    XML_SetCharacterDataHandler(w->parser, on_text);
    if (XML_Parse(w->parser, xml ? xml : "", (int)size, XML_TRUE) != XML_STATUS_OK &&
        w->status == NN_OK) {
        const enum XML_Error why = XML_GetErrorCode(w->parser);
        w->status = nn_fail(
            err, why == XML_ERROR_NO_MEMORY ? NN_ENOMEM : NN_EFORMAT, "line %lu: not XML: %s",
            (unsigned long)XML_GetCurrentLineNumber(w->parser), XML_ErrorString(why));
    }
    const nn_status status = w->status;
    XML_ParserFree(w->parser);
    nn_free(w);
    return status;
}

const char *nn_xml_attribute(const char **attributes, const char *name)
{
    for (; *attributes; attributes += 2)
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    return NULL;
}
