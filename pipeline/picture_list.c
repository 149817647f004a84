// SPDX-License-Identifier: MIT
// Lists the pictures of a folder, of a shell pattern and of a numbered sequence, in natural order.
#include "pipeline/picture_list.h"

#include "nn/io/image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 64 }; // bytes that are enough to recognise a picture

// Position and width of "%d", "%5d" or "%05d"; NULL when there is none or more than one.
static const char *find_number(const char *text, const char **end, int *width)
{
    const char *found = NULL;
    for (const char *p = strchr(text, '%'); p; p = strchr(p + 1, '%')) {
        const size_t digits = strspn(p + 1, "0123456789");
        if (p[1 + digits] != 'd' || digits > 3)
            continue;
        if (found)
            return NULL;
        found = p;
        *end = p + 2 + digits;
        *width = p[1] == '0' ? (int)g_ascii_strtoll(p + 1, NULL, 10) : 0;
    }
    return found;
}

bool vp_picture_list_is_sequence(const char *text)
{
    const char *end;
    int width;
    return find_number(text, &end, &width) != NULL;
}

bool vp_picture_list_is_pattern(const char *text)
{
    return strpbrk(text, "*?[") || vp_picture_list_is_sequence(text);
}

// Compares numbers by value, everything else by bytes.
static int compare_natural(const char *a, const char *b)
{
    while (*a && *b) {
        if (!g_ascii_isdigit(*a) || !g_ascii_isdigit(*b)) {
            if (*a != *b)
                return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
            a++;
            b++;
            continue;
        }
        a += strspn(a, "0");
        b += strspn(b, "0");
        const size_t m = strspn(a, "0123456789"), n = strspn(b, "0123456789");
        const int order = m != n ? (m < n ? -1 : 1) : strncmp(a, b, m);
        if (order != 0)
            return order;
        a += m;
        b += n;
    }
    return *a ? 1 : *b ? -1 : 0;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    const int order = compare_natural(x, y);
    return order ? order : strcmp(x, y); // a1 and a01
}

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool ends_as_picture(const char *name)
{
    const char *dot = strrchr(name, '.');
    g_autofree char *lower = dot ? g_ascii_strdown(dot, -1) : NULL;
    const char *at = lower ? strstr(NN_IMAGE_ENDINGS, lower) : NULL;
    const size_t length = at ? strlen(lower) : 0;
    return at && (at[length] == '.' || at[length] == '\0');
}

// By ending or by content: a damaged picture is reported, and one without an ending is found.
static bool is_picture(const char *path)
{
    uint8_t head[HEAD];
    if (!is_file(path))
        return false;
    if (ends_as_picture(path))
        return true;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof head);
    if (fd >= 0)
        close(fd);
    return n > 0 && nn_image_kind(head, (size_t)n);
}

static void add_folder(GPtrArray *found, const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        char *full = g_build_filename(path, name, NULL);
        if (name[0] != '.' && is_picture(full))
            g_ptr_array_add(found, full);
        else
            g_free(full);
    }
    if (dir)
        g_dir_close(dir);
}

static void add_shell_pattern(GPtrArray *found, const char *text)
{
    glob_t list = {0};
    if (glob(text, GLOB_NOSORT, NULL, &list) == 0)
        for (size_t i = 0; i < list.gl_pathc; i++)
            if (is_file(list.gl_pathv[i]))
                g_ptr_array_add(found, g_strdup(list.gl_pathv[i]));
    globfree(&list);
}

// Whether `name` is the pattern with `number` as printf would write it.
static bool fits(const char *name, const char *pattern, const char *number, const char *end,
                 int width)
{
    const size_t before = (size_t)(number - pattern), after = strlen(end);
    const size_t length = strlen(name);
    if (length <= before + after || strncmp(name, pattern, before) != 0 ||
        strcmp(name + length - after, end) != 0)
        return false;
    const size_t digits = length - before - after;
    return strspn(name + before, "0123456789") >= digits && (int)digits >= width &&
           ((int)digits == width || digits == 1 || name[before] != '0');
}

static void add_sequence(GPtrArray *found, const char *text)
{
    g_autofree char *folder = g_path_get_dirname(text), *pattern = g_path_get_basename(text);
    const char *end;
    int width;
    const char *number = find_number(pattern, &end, &width);
    GDir *dir = number ? g_dir_open(folder, 0, NULL) : NULL;
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        char *full = strchr(text, '/') ? g_build_filename(folder, name, NULL) : g_strdup(name);
        if (fits(name, pattern, number, end, width) && is_file(full))
            g_ptr_array_add(found, full);
        else
            g_free(full);
    }
    if (dir)
        g_dir_close(dir);
}

nn_status vp_picture_list_find(char ***names, const char *text, nn_error *err)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    const bool folder = g_file_test(text, G_FILE_TEST_IS_DIR);
    *names = NULL;
    if (folder) {
        g_autofree char *images = g_build_filename(text, "images", NULL);
        add_folder(found, text);
        if (found->len == 0)
            add_folder(found, images);
    } else if (vp_picture_list_is_sequence(text)) {
        add_sequence(found, text);
    } else {
        add_shell_pattern(found, text);
    }
    if (found->len == 0) {
        g_ptr_array_unref(found);
        return folder ? nn_fail(err, NN_ENOTFOUND,
                                "'%s' has no picture (" NN_IMAGE_KINDS ") in it; name a video file",
                                text)
                      : nn_fail(err, NN_ENOTFOUND, "no file matches '%s'", text);
    }
    g_ptr_array_sort(found, compare_names);
    g_ptr_array_add(found, NULL);
    *names = (char **)g_ptr_array_free(found, FALSE);
    return NN_OK;
}
