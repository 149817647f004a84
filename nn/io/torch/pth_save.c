// SPDX-License-Identifier: MIT
// Writes PyTorch's .pth: a zip container of stored entries, like that of torch.save since version
// 1.6 (torch/serialization.py).
#include "nn/io/torch/pth_save.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/save_format.h"

#include "nn/late_zip.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "archive/"
enum { MAX_KEY = 255, FIRST_DAY = 1 << 5 | 1 }; // 1980-01-01: the same model gives the same bytes

static nn_status fail_zip(zip_error_t *error, nn_error *err)
{
    return nn_fail(err, zip_error_code_zip(error) == ZIP_ER_MEMORY ? NN_ENOMEM : NN_EIO, "zip: %s",
                   zip_error_strerror(error));
}

// Adds an entry; the bytes stay where they are until the archive is closed.
static nn_status add(zip_t *zip, const char *name, const void *bytes, size_t size, nn_error *err)
{
    zip_source_t *source = zip_source_buffer(zip, bytes, size, 0);
    const zip_int64_t at = source ? zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (at >= 0 && zip_set_file_compression(zip, (zip_uint64_t)at, ZIP_CM_STORE, 0) == 0 &&
        zip_file_set_dostime(zip, (zip_uint64_t)at, 0, FIRST_DAY, 0) == 0)
        return NN_OK;
    if (at < 0)
        zip_source_free(source);
    return fail_zip(zip_get_error(zip), err);
}

static nn_status add_all(zip_t *zip, const uint8_t *pickle, size_t size, const nn_tensor *tensors,
                         int count, const char *const *meta, int meta_count, nn_error *err)
{
    char name[sizeof FOLDER "extra/" + MAX_KEY];
    nn_status status = add(zip, FOLDER "data.pkl", pickle, size, err);
    if (status == NN_OK)
        status = add(zip, FOLDER "byteorder", "little", strlen("little"), err);
    for (int i = 0; i < count && status == NN_OK; i++) {
        snprintf(name, sizeof name, FOLDER "data/%d", i);
        status = add(zip, name, tensors[i].data, nn_tensor_bytes(&tensors[i]), err);
    }
    for (int i = 0; i < meta_count && status == NN_OK; i++) {
        const char *key = meta[2 * i], *text = meta[2 * i + 1];
        if (!*key || strlen(key) > MAX_KEY || strchr(key, '/'))
            return nn_fail(err, NN_EINVAL, "metadata '%.40s' cannot be in a file of PyTorch", key);
        snprintf(name, sizeof name, FOLDER "extra/%s", key);
        status = add(zip, name, text, strlen(text), err);
    }
    return status == NN_OK ? add(zip, FOLDER "version", "3\n", strlen("3\n"), err) : status;
}

static nn_status write_bytes(int fd, const uint8_t *bytes, size_t size, nn_error *err)
{
    while (size > 0) {
        const ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return nn_fail(err, NN_EIO, "cannot write: %s", strerror(n < 0 ? errno : EIO));
        bytes += n;
        size -= (size_t)n;
    }
    return NN_OK;
}

// Writes what libzip has put together in memory.
static nn_status copy_out(zip_source_t *archive, int fd, nn_error *err)
{
    enum { BLOCK = 1 << 20 };
    uint8_t *block = nn_alloc(BLOCK);
    nn_status status = block ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK && zip_source_open(archive) != 0)
        status = fail_zip(zip_source_error(archive), err);
    for (zip_int64_t n = 1; n > 0 && status == NN_OK;) {
        n = zip_source_read(archive, block, BLOCK);
        status = n < 0 ? fail_zip(zip_source_error(archive), err)
                       : write_bytes(fd, block, (size_t)n, err);
    }
    zip_source_close(archive);
    nn_free(block);
    return status;
}

static nn_status write_file(const char *path, zip_source_t *archive, nn_error *err)
{
    char *temporary;
    int fd;
    nn_status status = nn_file_begin(path, &temporary, &fd, err);
    if (status != NN_OK)
        return status;
    status = copy_out(archive, fd, err);
    if (status != NN_OK)
        nn_fail_prefix(err, status, "%s", path);
    return nn_file_end(path, temporary, fd, status, err);
}

nn_status nn_pth_save(const char *path, const char *const *names, const nn_tensor *tensors,
                      int count, const char *const *meta, int meta_count, nn_error *err)
{
    uint8_t *pickle = NULL;
    size_t size;
    zip_error_t error;
    nn_status status = nn_late_open(&late_zip, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", path);
    zip_error_init(&error);
    zip_source_t *archive = zip_source_buffer_create(NULL, 0, 0, &error);
    status = nn_save_check(names, tensors, count, meta, meta_count, err);
    if (status == NN_OK)
        status = nn_pth_pickle(&pickle, &size, names, tensors, count, err);
    if (archive)
        zip_source_keep(archive); // zip_close frees one of two
    zip_t *zip = archive ? zip_open_from_source(archive, ZIP_TRUNCATE, &error) : NULL;
    if (archive && !zip)
        zip_source_free(archive);
    if (status == NN_OK)
        status = zip ? add_all(zip, pickle, size, tensors, count, meta, meta_count, err)
                     : fail_zip(&error, err);
    if (status == NN_OK && zip_close(zip) != 0)
        status = fail_zip(zip_get_error(zip), err);
    else if (status == NN_OK)
        zip = NULL;
    if (zip)
        zip_discard(zip);
    if (status != NN_OK)
        nn_fail_prefix(err, status, "%s", path);
    else
        status = write_file(path, archive, err);
    zip_source_free(archive);
    zip_error_fini(&error);
    nn_free(pickle);
    return status;
}

static nn_status save(const nn_model *m, const char *path, const nn_save_options *o, nn_error *err)
{
    return nn_model_save_tensors(m, path, o->half, nn_pth_save, err);
}

const nn_save_format nn_pth_save_format = {.name = "PyTorch",
                                           .endings = {".pth", ".pt"},
                                           .half = true,
                                           .tensors = nn_pth_save,
                                           .save = save};
