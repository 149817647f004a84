// SPDX-License-Identifier: MIT
// Asks before a file is replaced, or refuses.
#include "app/cli/claim.h"

#include "app/cli/folder.h"
#include "app/cli/output.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Whether a user at a terminal says yes.
static bool is_wanted(const char *path)
{
    char answer[16];
    fprintf(stderr, "%s exists. Replace it? [y/N] ", path);
    fflush(stderr);
    return fgets(answer, sizeof answer, stdin) && (*answer == 'y' || *answer == 'Y');
}

// `path` is what the user named, `there` the file that is in the way: itself or one in it.
static nn_status ask(const char *what, const char *path, const char *there, bool force,
                     nn_error *err)
{
    if (force)
        return NN_OK;
    if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
        return is_wanted(there) ? NN_OK : nn_fail(err, NN_EINVAL, "%s stays as it is", there);
    if (strcmp(there, path) == 0)
        return nn_fail(err, NN_EINVAL, "%s %s exists already; --force replaces it", what, path);
    return nn_fail(err, NN_EINVAL, "%s %s: %s exists already; --force replaces it", what, path,
                   there);
}

nn_status app_claim(const char *what, const char *path, bool force, nn_error *err)
{
    struct stat st;
    nn_status status = NN_OK;
    if (strcmp(path, "-") == 0)
        return NN_OK;
    if (!*path)
        return nn_fail(err, NN_EINVAL, "%s: the name of the file is empty", what);
    if (stat(path, &st) != 0) {
        g_autofree char *folder = g_path_get_dirname(path);
        nn_error why = {0};
        if (app_folder_make(NULL, folder, &why) != NN_OK)
            status = nn_fail(err, why.status, "%s %s: %s", what, path, why.text);
    } else if (S_ISREG(st.st_mode) && st.st_size > 0) {
        status = ask(what, path, path, force, err);
    }
    return status == NN_OK ? app_output_check(path, err) : status;
}

nn_status app_claim_folder(const char *what, const char *path, const char *mark, bool force,
                           nn_error *err)
{
    g_autofree char *there = g_build_filename(path, mark, NULL);
    const nn_status status =
        g_file_test(there, G_FILE_TEST_EXISTS) ? ask(what, path, there, force, err) : NN_OK;
    return status == NN_OK ? app_folder_make(what, path, err) : status;
}
