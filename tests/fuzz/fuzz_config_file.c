// SPDX-License-Identifier: MIT
// Fuzz target: files of options. A file that can be read takes a new key, and reads it back.
#include "app/cli/config_file.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void change(const char *text)
{
    static const char *const values[] = {" a;b\\", "c"};
    app_config_file f;
    g_autofree char *edited = app_config_file_edit(text, "run", "zone", values, 2);
    const app_config_key *found = NULL;
    if (app_config_file_parse(&f, "edited", edited, strlen(edited), NULL) != NN_OK)
        abort();
    for (guint i = 0; i < f.keys->len && !found; i++) {
        const app_config_key *k = g_ptr_array_index(f.keys, i);
        if (strcmp(k->group, "run") == 0 && strcmp(k->key, "zone") == 0)
            found = k;
    }
    if (!found || g_strv_length(found->list) != 2 || strcmp(found->list[1], "c") != 0 ||
        strcmp(found->list[0], "a;b\\") != 0)
        abort();
    app_config_file_release(&f);
    g_autofree char *removed = app_config_file_edit(edited, "run", "zone", NULL, 0);
    if (app_config_file_parse(&f, "removed", removed, strlen(removed), NULL) != NN_OK)
        abort();
    app_config_file_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    app_config_file f;
    if (app_config_file_parse(&f, "file", (const char *)data, size, NULL) != NN_OK)
        return 0;
    app_config_file_release(&f);
    g_autofree char *text = g_strndup((const char *)data, size);
    change(text);
    return 0;
}
