// SPDX-License-Identifier: MIT
// Splits and checks the words of --train-options.
#include "app/train/train_words.h"

#include <glib.h>
#include <string.h>

static nn_status check(char *const *words, const char *const *refused, const char *why,
                       nn_error *err)
{
    for (int i = 0; words && words[i]; i++) {
        const char *word = strcmp(words[i], "-o") == 0 ? "--out" : words[i];
        for (int k = 0; refused[k] && g_str_has_prefix(word, "--"); k++)
            if (strcspn(word + 2, "=") == strlen(refused[k]) &&
                g_str_has_prefix(word + 2, refused[k]))
                return nn_fail(err, NN_EINVAL,
                               "--train-options: --%s is not for the trainings of %s", refused[k],
                               why);
    }
    return NN_OK;
}

nn_status app_train_words(char ***out, const char *words, const char *const *refused,
                          const char *why, nn_error *err)
{
    GError *error = NULL;
    *out = NULL;
    if (words && *words && !g_shell_parse_argv(words, NULL, out, &error)) {
        nn_fail(err, NN_EINVAL, "--train-options: %s", error->message);
        g_clear_error(&error);
        return NN_EINVAL;
    }
    const nn_status status = check(*out, refused, why, err);
    if (status != NN_OK)
        g_clear_pointer(out, g_strfreev);
    return status;
}
