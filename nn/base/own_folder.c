// SPDX-License-Identifier: MIT
// Asks the dynamic linker and the kernel which file the running code is in.
#include "nn/base/own_folder.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// The file that the code was loaded from. For the program itself the linker knows only the name
// that the shell gave.
static bool find_file(char file[PATH_MAX])
{
    Dl_info info;
    if (dladdr((const void *)(size_t)nn_own_folder, &info) && info.dli_fname &&
        info.dli_fname[0] == '/' && strstr(info.dli_fname, ".so"))
        return (size_t)snprintf(file, PATH_MAX, "%s", info.dli_fname) < PATH_MAX;
    const ssize_t n = readlink("/proc/self/exe", file, PATH_MAX - 1);
    if (n <= 0)
        return false;
    file[n] = '\0';
    return true;
}

bool nn_own_folder(const char *below, char *path, size_t size)
{
    char file[PATH_MAX];
    if (!find_file(file) || file[0] != '/')
        return false;
    *strrchr(file, '/') = '\0';
    return (size_t)snprintf(path, size, "%s/%s", file, below) < size;
}
