// SPDX-License-Identifier: MIT
// Fuzz target: zip archives of data. Whatever they hold, nothing appears beside their folder.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/label_folder.h"

#include "nn/io/archive.h"

#include <dirent.h>
#include <ftw.h>

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static void remove_all(void)
{
    nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

// Entries of the root: the archive, and its folder when that was made.
static int count_entries(void)
{
    int n = 0;
    DIR *dir = opendir(root);
    for (struct dirent *e; dir && (e = readdir(dir));)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[PATH_MAX], folder[PATH_MAX];
    nn_error err;
    if (!*root) {
        make_root();
        atexit(remove_all);
    }
    write_file("in.zip", data, size);
    snprintf(path, sizeof path, "%s/in.zip", root);
    snprintf(folder, sizeof folder, "%s/out", root);
    const nn_status status = nn_archive_unpack(path, folder, NULL, NULL, &err);
    if (count_entries() != (status == NN_OK ? 2 : 1))
        abort();
    if (status == NN_OK)
        nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
