// SPDX-License-Identifier: MIT
// Finds and loads modules.
#include "nn/base/late.h"

#include "nn/base/own_folder.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

// In a build tree the libraries and the program lie beside the modules' folder, tests one deeper.
// Installed modules are in neroscale/ beside the library, wherever that was moved to.
static void *load(const char *folder, const char *word, bool shared)
{
    char above[PATH_MAX] = "", far[PATH_MAX] = "", beside[PATH_MAX] = "", path[PATH_MAX], below[64];
    snprintf(below, sizeof below, "../%s", folder);
    nn_own_folder(below, above, sizeof above);
    snprintf(below, sizeof below, "../../%s", folder);
    nn_own_folder(below, far, sizeof far);
    nn_own_folder("neroscale", beside, sizeof beside);
    const char *const folders[] = {getenv("NEROSCALE_MODULES"), above, far, beside, NN_MODULE_DIR};
    void *library = NULL;
    for (size_t i = 0; i < sizeof folders / sizeof *folders && !library; i++)
        if (folders[i] && *folders[i] &&
            (size_t)snprintf(path, sizeof path, "%s/libneroscale-%s.so", folders[i], word) <
                sizeof path)
            library = dlopen(path, RTLD_NOW | (shared ? RTLD_GLOBAL : RTLD_LOCAL));
    return library;
}

const void *nn_late_module(const char *folder, const char *word, const char *symbol, bool shared,
                           nn_error *err)
{
    void *library = load(folder, word, shared);
    const void *table = library ? dlsym(library, symbol) : NULL;
    if (!table) {
        const char *why = dlerror();
        nn_fail(err, NN_EUNSUPPORTED, "the module libneroscale-%s.so cannot be loaded: %s", word,
                why ? why : "unknown reason");
    }
    return table;
}

nn_status nn_late_open(nn_late *late, nn_error *err)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    if (atomic_load_explicit(&late->table, memory_order_acquire))
        return NN_OK;
    char symbol[64];
    snprintf(symbol, sizeof symbol, "neroscale_late_%s", late->word);
    pthread_mutex_lock(&lock);
    const void *table = atomic_load_explicit(&late->table, memory_order_relaxed);
    if (!table)
        table = nn_late_module(late->folder, late->word, symbol, false, err);
    atomic_store_explicit(&late->table, table, memory_order_release);
    pthread_mutex_unlock(&lock);
    return table ? NN_OK : NN_EUNSUPPORTED;
}
