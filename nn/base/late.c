// SPDX-License-Identifier: MIT
// Finds and loads modules.
#include "nn/base/late.h"

#include "nn/base/own_folder.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDERS = 5 };

// The path of the module in a folder, by number; false: there is no such folder. Installed modules
// are in neroscale/ beside the library, wherever that was moved to. In a build tree the libraries
// and the program lie beside the modules' folder, tests one deeper.
static bool place(int i, const char *folder, const char *word, char path[PATH_MAX])
{
    static const char *const up[FOLDERS] = {NULL, "", "../", "../../", NULL};
    char relative[64], own[PATH_MAX] = "";
    const char *in = i == 0 ? secure_getenv("NEROSCALE_MODULES") : NN_MODULE_DIR;
    if (up[i]) {
        snprintf(relative, sizeof relative, "%s%s", up[i], *up[i] ? folder : "neroscale");
        in = nn_own_folder(relative, own, sizeof own) ? own : NULL;
    }
    return in && *in &&
           (size_t)snprintf(path, PATH_MAX, "%s/libneroscale-%s.so", in, word) < PATH_MAX;
}

bool nn_late_is_there(const nn_late *late)
{
    char path[PATH_MAX];
    for (int i = 0; i < FOLDERS; i++)
        if (place(i, late->folder, late->word, path) && access(path, R_OK) == 0)
            return true;
    return false;
}

// `why` gets the reason of the first file that is there and does not load, else that of the last
// folder.
static void *load(const char *folder, const char *word, bool shared, nn_error *why)
{
    char path[PATH_MAX];
    bool found = false;
    void *library = NULL;
    for (int i = 0; i < FOLDERS && !library; i++) {
        if (!place(i, folder, word, path))
            continue;
        library = dlopen(path, RTLD_NOW | (shared ? RTLD_GLOBAL : RTLD_LOCAL));
        const char *reason = library || found ? NULL : dlerror();
        if (reason)
            nn_fail(why, NN_EUNSUPPORTED, "%s", reason);
        found = found || access(path, F_OK) == 0;
    }
    return library;
}

const void *nn_late_module(const char *folder, const char *word, const char *symbol, bool shared,
                           nn_error *err)
{
    nn_error why = {.text = "unknown reason"};
    void *library = load(folder, word, shared, &why);
    const void *table = library ? dlsym(library, symbol) : NULL;
    const char *reason = library && !table ? dlerror() : why.text;
    if (!table)
        nn_fail(err, NN_EUNSUPPORTED,
                "the module libneroscale-%s.so cannot be loaded: %s (it is installed with the "
                "program; NEROSCALE_MODULES names another folder)",
                word, reason ? reason : "unknown reason");
    return table;
}

// A table of other functions would be called by the wrong places.
static bool is_listed(const nn_late *late, const void *table, nn_error *err)
{
    const char *const list = late->list ? *(const char *const *)table : NULL;
    if (!late->list || (list && strcmp(list, late->list) == 0))
        return true;
    nn_fail(err, NN_EUNSUPPORTED,
            "the module libneroscale-%s.so is of another version: install the program, its library "
            "and its modules from one build",
            late->word);
    return false;
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
    if (table && !is_listed(late, table, err))
        table = NULL;
    atomic_store_explicit(&late->table, table, memory_order_release);
    pthread_mutex_unlock(&lock);
    return table ? NN_OK : NN_EUNSUPPORTED;
}
