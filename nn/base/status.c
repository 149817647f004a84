// SPDX-License-Identifier: MIT
// Status names and error texts.
#include "nn/base/status.h"

#include "nn/base/credentials.h"
#include "nn/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *nn_status_name(nn_status status)
{
    switch (status) {
    case NN_OK:
        return "ok";
    case NN_ENOMEM:
        return "out of memory";
    case NN_EINVAL:
        return "invalid argument";
    case NN_ESHAPE:
        return "shape mismatch";
    case NN_EIO:
        return "input/output error";
    case NN_EFORMAT:
        return "damaged or foreign file";
    case NN_EUNSUPPORTED:
        return "not supported";
    case NN_ENOTFOUND:
        return "not found";
    }
    return "unknown status";
}

static const char *(*translator)(const char *format);

void nn_set_translator(const char *(*translate)(const char *format))
{
    translator = translate;
}

static void set_text(nn_error *err, nn_status status, const char *format, va_list args)
{
    vsnprintf(err->text, sizeof err->text, format, args);
    nn_mask_credentials(err->text, sizeof err->text);
    err->status = status;
}

nn_status nn_fail(nn_error *err, nn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (err)
        set_text(err, status, translator ? translator(format) : format, args);
    va_end(args);
    return status;
}

nn_status nn_fail_prefix(nn_error *err, nn_status status, const char *format, ...)
{
    if (!err)
        return status;
    char old[sizeof err->text];
    memcpy(old, err->text, sizeof old);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof err->text)
        snprintf(err->text + n, sizeof err->text - (size_t)n, ": %.*s", (int)sizeof old - 4, old);
    nn_mask_credentials(err->text, sizeof err->text);
    err->status = status;
    return status;
}
