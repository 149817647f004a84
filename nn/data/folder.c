// SPDX-License-Identifier: MIT
// Shared by the readers of data formats.
#include "nn/data/folder.h"

#include "nn/base/memory.h"
#include "nn/io/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_BOXES = 1 << 20 }; // of one picture; far above any real file

const char nn_folder_pictures[] = NN_IMAGE_ENDINGS;

bool nn_folder_has(const char *path, const char *name)
{
    char full[PATH_MAX];
    return nn_folder_join(full, NULL, "%s/%s", path, name) == NN_OK && access(full, F_OK) == 0;
}

nn_status nn_folder_join(char *out, nn_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(out, PATH_MAX, format, args);
    va_end(args);
    if (length < 0 || length >= PATH_MAX)
        return nn_fail(err, NN_EINVAL, "%.100s...: path too long", out);
    return NN_OK;
}

// Appends to a list of file names, which no other function has appended to; `text` need not end
// after `length` bytes.
static nn_status append_name(nn_names *list, const char *text, size_t length, nn_error *err)
{
    // Grows by doubling: the capacity is the power of two that holds the count.
    if ((list->count & (list->count - 1)) == 0) {
        size_t now = list->count * sizeof(char *);
        char **grown = nn_realloc(list->name, now, now ? 2 * now : sizeof(char *));
        if (!grown)
            return nn_fail(err, NN_ENOMEM, "no memory for %d names", list->count + 1);
        list->name = grown;
    }
    char *copy = nn_alloc(length + 1);
    if (!copy)
        return nn_fail(err, NN_ENOMEM, "no memory for %d names", list->count + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    list->name[list->count++] = copy;
    return NN_OK;
}

bool nn_folder_ends(const char *name, const char *endings)
{
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name)
        return false;
    size_t length = strlen(dot);
    for (const char *e = endings; *e; e += 1 + strcspn(e + 1, "."))
        if (1 + strcspn(e + 1, ".") == length && strncasecmp(e, dot, length) == 0)
            return true;
    return false;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_folder(const char *path, const char *name)
{
    char full[PATH_MAX];
    struct stat info;
    return name[0] != '.' && nn_folder_join(full, NULL, "%s/%s", path, name) == NN_OK &&
           stat(full, &info) == 0 && S_ISDIR(info.st_mode);
}

bool nn_folder_has_folders(const char *path)
{
    DIR *handle = opendir(path);
    bool any = false;
    for (struct dirent *e; handle && !any && (e = readdir(handle));)
        any = is_folder(path, e->d_name);
    if (handle)
        closedir(handle);
    return any;
}

nn_status nn_folder_list(nn_names *list, const char *path, const char *endings, nn_error *err)
{
    *list = (nn_names){0};
    DIR *handle = opendir(path);
    if (!handle)
        return nn_fail(err, errno == ENOENT || errno == ENOTDIR ? NN_ENOTFOUND : NN_EIO, "%s: %s",
                       path, strerror(errno));
    nn_status status = NN_OK;
    for (struct dirent *e; status == NN_OK && (e = readdir(handle));)
        if (strncmp(e->d_name, "._", 2) == 0) // what macOS keeps beside files
            continue;
        else if (endings ? nn_folder_ends(e->d_name, endings)
                         : e->d_type != DT_REG && is_folder(path, e->d_name))
            status = append_name(list, e->d_name, strlen(e->d_name), err);
    closedir(handle);
    if (status != NN_OK)
        nn_names_release(list);
    else if (list->count > 1)
        qsort(list->name, list->count, sizeof(char *), compare_names);
    return status;
}

bool nn_folder_is_below(const char *name)
{
    bool below = name[0] != '/' && name[0] != '\\';
    for (size_t n; below && *name; name += n + (name[n] != '\0')) {
        n = strcspn(name, "/\\");
        below = n != 2 || memcmp(name, "..", 2) != 0;
    }
    return below;
}

nn_status nn_folder_read_stems(nn_names *stems, const char *path, nn_error *err)
{
    char line[1024];
    nn_text text;
    *stems = (nn_names){0};
    nn_status status = nn_text_open(&text, path, err);
    if (status != NN_OK)
        return status;
    while (status == NN_OK && nn_text_next(&text, line, sizeof line)) {
        char *name = line + strspn(line, " \t\r\n");
        name[strcspn(name, " \t\r\n")] = '\0';
        if (*name && !nn_folder_is_below(name))
            status = nn_fail(err, NN_EFORMAT, "%s: line %d: '%.200s' leads out of the folder", path,
                             text.number, name);
        else if (*name)
            status = append_name(stems, name, strlen(name), err);
    }
    const nn_status closed = nn_text_close(&text, path, status == NN_OK ? err : NULL);
    status = status == NN_OK ? closed : status;
    if (status != NN_OK)
        nn_names_release(stems);
    return status;
}

bool nn_folder_find_picture(char *name, size_t size, const char *dir, const char *stem)
{
    for (int upper = 0; upper < 2; upper++)
        for (const char *e = nn_folder_pictures; *e; e += 1 + strcspn(e + 1, ".")) {
            const int length = (int)(1 + strcspn(e + 1, "."));
            const int used = snprintf(name, size, "%s%.*s", stem, length, e);
            for (int i = used - length; upper && i < used && used < (int)size; i++)
                name[i] = (char)toupper((unsigned char)name[i]);
            if (nn_folder_has(dir, name))
                return true;
        }
    snprintf(name, size, "%s.jpg", stem);
    return false;
}

nn_status nn_folder_open_picture(nn_dataset *d, nn_sample *s, const char *path, nn_error *err)
{
    nn_error why;
    nn_status loaded = nn_image_load_at_least(&s->image, path, d->enough_w, d->enough_h, &s->width,
                                              &s->height, &why);
    if (loaded == NN_ENOMEM) // says nothing about the picture
        return nn_fail(err, loaded, "%s", why.text);
    if (loaded != NN_OK) {
        s->image = (nn_image){0};
        nn_dataset_note(d, 1, "%s, picture skipped", why.text);
        return NN_EFORMAT;
    }
    if (d->cache_used + (size_t)3 * s->image.width * s->image.height > d->cache_limit)
        nn_image_release(&s->image);
    s->name = nn_strdup(path);
    return s->name ? NN_OK : nn_fail(err, NN_ENOMEM, "%s: no memory for its name", path);
}

nn_status nn_folder_add_truth(nn_sample *s, int *capacity, const nn_truth *t, nn_error *err)
{
    if (s->truth_count == *capacity) {
        int larger = *capacity ? *capacity * 2 : 16;
        nn_truth *grown = larger > MAX_BOXES ? NULL
                                             : nn_realloc(s->truths, *capacity * sizeof(nn_truth),
                                                          larger * sizeof(nn_truth));
        if (!grown)
            return nn_fail(err, NN_ENOMEM, "%s: too many boxes", s->name ? s->name : "a picture");
        s->truths = grown;
        *capacity = larger;
    }
    s->truths[s->truth_count++] = *t;
    return NN_OK;
}

nn_status nn_folder_add_class(nn_sample *s, int32_t label, nn_error *err)
{
    for (int i = 0; i < s->class_count; i++)
        if (s->classes[i] == label)
            return NN_OK;
    size_t now = s->class_count * sizeof *s->classes;
    int32_t *grown = nn_realloc(s->classes, now, now + sizeof *s->classes);
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for the classes of a picture");
    s->classes = grown;
    grown[s->class_count++] = label;
    return NN_OK;
}

nn_status nn_folder_each_picture(const nn_folder *f,
                                 nn_status (*add)(void *ctx, const char *name, nn_error *err),
                                 void *ctx, nn_error *err)
{
    char images[PATH_MAX];
    nn_names list;
    int wanted = 0;
    if (f->list)
        return nn_fail(err, NN_EINVAL,
                       "%s: this layout has no list '%s'; choose pictures by --match", f->path,
                       f->list);
    nn_status status = nn_folder_join(images, err, "%s/images", f->path);
    if (status == NN_OK)
        status = nn_folder_list(&list, images, nn_folder_pictures, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < list.count && status == NN_OK; i++) {
        if (f->filter && !f->filter(f->filter_ctx, list.name[i]))
            continue;
        wanted++;
        status = add(ctx, list.name[i], err);
    }
    nn_names_release(&list);
    if (status == NN_OK && wanted == 0)
        return nn_fail(err, NN_ENOTFOUND, "%s: no picture%s", images,
                       f->filter ? " that is asked for" : "");
    return status;
}

nn_status nn_folder_finish(nn_dataset *d, const nn_folder *f, int wanted, int left_out,
                           nn_error *err)
{
    if (wanted == 0)
        return nn_fail(err, NN_ENOTFOUND, "%s: no picture%s", f->path,
                       f->filter ? " that is asked for" : "");
    if (left_out > 0)
        nn_dataset_note(d, 0, "%s: %d pictures of classes that the model does not have left out",
                        f->path, left_out);
    return NN_OK;
}

nn_status nn_folder_drop(nn_sample *s, nn_status status)
{
    nn_image_release(&s->image);
    nn_free(s->grey);
    nn_free(s->truths);
    nn_details_release(&s->details);
    nn_free(s->classes);
    for (int i = 0; i < s->text_count; i++)
        nn_free(s->texts[i]);
    nn_free(s->texts);
    nn_mask_release(&s->mask);
    nn_free(s->name);
    nn_free(s->id);
    *s = (nn_sample){0};
    return status == NN_EFORMAT ? NN_OK : status;
}
