// SPDX-License-Identifier: MIT
// Unpacks zip archives through libzip.
#include "nn/io/archive.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/zip_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    MAX_ENTRIES = 1 << 23,
    CHUNK = 1 << 16,
    BLOCK = 4096,     // bytes that a file takes at least
    SPARE = 64 << 20, // bytes that are left free on the disk
    RATIO = 200,      // unpacked bytes for one of the archive; labels and drawings have about 20
    HARMLESS = 256 << 20, // that may be unpacked from any archive
};

static const uint64_t MOST_BYTES = (uint64_t)1 << 50; // so that sums do not overflow
static const char partial_mark[] = ".partial-";

typedef struct unpacking {
    const char *path, *folder;
    char above[PATH_MAX], partial[PATH_MAX]; // where it is unpacked before it gets its name
    zip_t *zip;
    zip_int64_t count;
    uint64_t done, total, space; // bytes: unpacked, of all entries, that these take on the disk
    size_t size;                 // of the archive
    nn_archive_progress *progress;
    void *ctx;
    uint8_t *chunk;
} unpacking;

// Entries that file managers add.
static bool is_litter(const char *name, size_t length)
{
    static const char *const litter[] = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"};
    for (size_t i = 0; i < sizeof litter / sizeof *litter; i++)
        if (strlen(litter[i]) == length && strncasecmp(litter[i], name, length) == 0)
            return true;
    return length > 2 && name[0] == '.' && name[1] == '_';
}

// The path of an entry below the folder, with slashes; *wanted: it is a file or folder of the data.
// False: it leads out.
static bool tidy(char *out, size_t size, const char *name, bool *wanted)
{
    size_t n = 0;
    *wanted = true;
    if (name[0] == '/' || name[0] == '\\' || (name[0] && name[1] == ':'))
        return false;
    while (*name) {
        const size_t length = strcspn(name, "/\\");
        if (length == 2 && memcmp(name, "..", 2) == 0)
            return false;
        *wanted = *wanted && !is_litter(name, length);
        for (size_t i = 0; i < length; i++)
            if ((unsigned char)name[i] < 32)
                return false;
        if (n + length + 2 > size)
            return false;
        if (length > 0 && !(length == 1 && name[0] == '.')) {
            memcpy(out + n, name, length);
            n += length;
            if (name[length] != '\0')
                out[n++] = '/';
        }
        name += length + (name[length] != '\0');
    }
    out[n] = '\0';
    *wanted = *wanted && n > 0;
    return true;
}

static bool is_link(zip_t *zip, zip_uint64_t i)
{
    zip_uint8_t system;
    zip_uint32_t attributes;
    return zip_file_get_external_attributes(zip, i, 0, &system, &attributes) == 0 &&
           system == ZIP_OPSYS_UNIX && S_ISLNK(attributes >> 16);
}

// Reads what the directory of the archive says about an entry. `relative` has room for PATH_MAX.
static nn_status look(const unpacking *u, zip_uint64_t i, zip_stat_t *st, char *relative,
                      bool *wanted, nn_error *err)
{
    const zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE;
    if (zip_stat_index(u->zip, i, 0, st) < 0 || (st->valid & needed) != needed)
        return nn_fail(err, NN_EFORMAT, "%s: entry %llu is damaged", u->path,
                       (unsigned long long)i + 1);
    if (!tidy(relative, PATH_MAX, st->name, wanted))
        return nn_fail(err, NN_EFORMAT, "%s: entry %llu, '%.200s', leads out of the archive",
                       u->path, (unsigned long long)i + 1, st->name);
    *wanted = *wanted && !is_link(u->zip, i);
    if ((st->valid & ZIP_STAT_ENCRYPTION_METHOD) && st->encryption_method != ZIP_EM_NONE)
        return nn_fail(err, NN_EUNSUPPORTED, "%s: '%.200s' is encrypted: unpack it yourself",
                       u->path, st->name);
    return NN_OK;
}

// Checks all entries and adds their sizes up.
static nn_status check(unpacking *u, nn_error *err)
{
    u->count = zip_get_num_entries(u->zip, 0);
    if (u->count > MAX_ENTRIES)
        return nn_fail(err, NN_EFORMAT, "%s: %lld files are too many", u->path,
                       (long long)u->count);
    for (zip_int64_t i = 0; i < u->count; i++) {
        zip_stat_t st;
        char relative[PATH_MAX];
        bool wanted;
        const nn_status status = look(u, (zip_uint64_t)i, &st, relative, &wanted, err);
        if (status != NN_OK)
            return status;
        u->total += wanted && st.size <= MOST_BYTES ? st.size : 0;
        u->space += wanted && st.size <= MOST_BYTES ? st.size + BLOCK : 0;
        if (st.size > MOST_BYTES || u->space > MOST_BYTES)
            return nn_fail(err, NN_EFORMAT, "%s: its files claim more bytes than any disk has",
                           u->path);
    }
    if (u->space == 0)
        return nn_fail(err, NN_EFORMAT, "%s: holds no file", u->path);
    if (u->total > HARMLESS && u->total / RATIO > u->size)
        return nn_fail(err, NN_EFORMAT,
                       "%s: unpacks to %llu MB, more than %d times its size: unpack it yourself if "
                       "that is right",
                       u->path, (unsigned long long)(u->total >> 20), RATIO);
    return NN_OK;
}

static nn_status check_room(const unpacking *u, nn_error *err)
{
    struct statvfs disk;
    if (statvfs(u->above, &disk) != 0)
        return nn_fail(err, NN_EIO, "%s: %s", u->above, strerror(errno));
    const uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (u->space + SPARE > room)
        return nn_fail(err, NN_EIO, "%s: unpacks to %llu MB, %s has room for %llu MB", u->path,
                       (unsigned long long)(u->space >> 20), u->above,
                       (unsigned long long)(room >> 20));
    return NN_OK;
}

// Makes the folders on the way to a file below u->partial.
static nn_status make_folders(const unpacking *u, char *path, nn_error *err)
{
    for (char *slash = strchr(path + strlen(u->partial) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        const bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
        if (!made)
            nn_fail(err, NN_EIO, "%s: %s", path, strerror(errno));
        *slash = '/';
        if (!made)
            return NN_EIO;
    }
    return NN_OK;
}

static nn_status write_all(const unpacking *u, int to, size_t n, nn_error *err)
{
    for (size_t at = 0; at < n;) {
        const ssize_t w = write(to, u->chunk + at, n - at);
        if (w < 0 && errno != EINTR)
            return nn_fail(err, NN_EIO, "%s: %s", u->partial, strerror(errno));
        at += w > 0 ? (size_t)w : 0;
    }
    return NN_OK;
}

// Not more than the directory tells: that was checked.
static nn_status copy(unpacking *u, zip_file_t *from, int to, const zip_stat_t *st, nn_error *err)
{
    uint64_t copied = 0;
    nn_status status = NN_OK;
    for (zip_int64_t n = 1; n > 0 && status == NN_OK;) {
        n = zip_fread(from, u->chunk, CHUNK); // at the end it checks the sum
        if (n < 0 || copied + (uint64_t)n > st->size || (n == 0 && copied < st->size))
            return nn_fail(err, NN_EFORMAT, "%s: '%.200s' is damaged", u->path, st->name);
        status = write_all(u, to, (size_t)n, err);
        copied += (uint64_t)n;
        u->done += (uint64_t)n;
        if (u->progress)
            u->progress(u->ctx, u->done, u->total);
    }
    return status;
}

static nn_status join(char *out, const char *a, const char *between, const char *b, nn_error *err)
{
    const int n = snprintf(out, PATH_MAX, "%s%s%s", a, between, b);
    return n > 0 && n < PATH_MAX ? NN_OK : nn_fail(err, NN_EINVAL, "%.100s...: path too long", a);
}

static nn_status write_entry(unpacking *u, zip_uint64_t i, const zip_stat_t *st, const char *path,
                             nn_error *err)
{
    zip_file_t *from = zip_fopen_index(u->zip, i, 0);
    if (!from)
        return nn_fail(err,
                       zip_error_code_zip(zip_get_error(u->zip)) == ZIP_ER_MEMORY ? NN_ENOMEM
                                                                                  : NN_EFORMAT,
                       "%s: '%.200s': %s", u->path, st->name, zip_strerror(u->zip));
    // The last of several with one name counts.
    const int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    nn_status status = to < 0
                           ? nn_fail(err, errno == EISDIR || errno == ENOTDIR ? NN_EFORMAT : NN_EIO,
                                     "%s: '%.200s': %s", u->path, st->name, strerror(errno))
                           : copy(u, from, to, st, err);
    if (to >= 0 && close(to) != 0 && status == NN_OK)
        status = nn_fail(err, NN_EIO, "%s: %s", path, strerror(errno));
    zip_fclose(from);
    return status;
}

static nn_status unpack_entry(unpacking *u, zip_uint64_t i, nn_error *err)
{
    zip_stat_t st;
    char relative[PATH_MAX], path[PATH_MAX];
    bool wanted;
    nn_status status = look(u, i, &st, relative, &wanted, err);
    if (status != NN_OK || !wanted)
        return status;
    status = join(path, u->partial, "/", relative, err);
    if (status == NN_OK)
        status = make_folders(u, path, err);
    if (status != NN_OK || path[strlen(path) - 1] == '/')
        return status;
    return write_entry(u, i, &st, path, err);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    remove(path);
    return 0;
}

static void remove_folder(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

// Removes what killed processes left of this archive.
static void remove_leftovers(const unpacking *u)
{
    const char *slash = strrchr(u->folder, '/'), *name = slash ? slash + 1 : u->folder;
    const size_t length = strlen(name);
    DIR *dir = opendir(u->above);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[PATH_MAX];
        if (strncmp(e->d_name, name, length) != 0 ||
            strncmp(e->d_name + length, partial_mark, sizeof partial_mark - 1) != 0)
            continue;
        const long id = strtol(e->d_name + length + sizeof partial_mark - 1, NULL, 10);
        const bool dead = id == (long)getpid() || (kill((pid_t)id, 0) != 0 && errno == ESRCH);
        if (id > 0 && dead && join(path, u->above, "/", e->d_name, NULL) == NN_OK)
            remove_folder(path);
    }
    if (dir)
        closedir(dir);
}

static nn_status unpack_all(unpacking *u, nn_error *err)
{
    nn_status status = mkdir(u->partial, 0777) == 0
                           ? NN_OK
                           : nn_fail(err, NN_EIO, "%s: %s", u->partial, strerror(errno));
    for (zip_int64_t i = 0; i < u->count && status == NN_OK; i++)
        status = unpack_entry(u, (zip_uint64_t)i, err);
    if (status == NN_OK && rename(u->partial, u->folder) == 0)
        return NN_OK;
    // Another process may have been faster.
    if (status == NN_OK && errno != EEXIST && errno != ENOTEMPTY)
        status = nn_fail(err, NN_EIO, "%s: %s", u->folder, strerror(errno));
    remove_folder(u->partial);
    return status;
}

static nn_status find_places(unpacking *u, nn_error *err)
{
    char own[32];
    const char *slash = strrchr(u->folder, '/');
    snprintf(u->above, sizeof u->above, "%.*s", slash ? (int)(slash - u->folder) : 1,
             slash ? u->folder : ".");
    snprintf(own, sizeof own, "%ld", (long)getpid());
    return join(u->partial, u->folder, partial_mark, own, err);
}

nn_status nn_archive_unpack(const char *path, const char *folder, nn_archive_progress *progress,
                            void *ctx, nn_error *err)
{
    unpacking u = {.path = path, .folder = folder, .progress = progress, .ctx = ctx};
    nn_file file;
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    u.size = file.size;
    status = find_places(&u, err);
    if (status == NN_OK && !(u.chunk = nn_alloc(CHUNK)))
        status = nn_fail(err, NN_ENOMEM, "no memory to unpack %s", path);
    if (status == NN_OK &&
        (status = nn_zip_open(&u.zip, file.bytes ? file.bytes : "", file.size, err)) != NN_OK)
        nn_fail_prefix(err, status, "%s", path);
    if (status == NN_OK)
        status = check(&u, err);
    if (status == NN_OK)
        status = check_room(&u, err);
    if (status == NN_OK) {
        remove_leftovers(&u);
        status = unpack_all(&u, err);
    }
    if (u.zip)
        zip_discard(u.zip);
    nn_free(u.chunk);
    nn_file_unmap(&file);
    return status;
}
