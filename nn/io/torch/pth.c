// SPDX-License-Identifier: MIT
// Reads PyTorch's .pth and .pt since version 1.6: a zip container with the pickle NAME/data.pkl and
// a stored entry NAME/data/KEY for each storage. Layout: torch/serialization.py. TorchScript
// archives are the same with code, which is not read.
#include "nn/base/memory.h"
#include "nn/io/format.h"
#include "nn/io/json.h"
#include "nn/io/torch/pth_save.h"
#include "nn/io/torch/pth_tensors.h"
#include "nn/io/zip_file.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 255 };

typedef struct archive {
    zip_t *zip;
    const nn_pickle_value *pickle;
    char folder[MAX_NAME + 1]; // "NAME/", or empty
    uint8_t *entry;            // the entry read last
    size_t entry_size;
} archive;

static bool probe_pth(const uint8_t *bytes, size_t size)
{
    return size >= 4 && memcmp(bytes, "PK\3\4", 4) == 0;
}

// Stored entries do not overlap, so together they are smaller than the file. (The code of a
// TorchScript archive is compressed and never read.)
static nn_status check_sizes(const archive *a, size_t size, nn_error *err)
{
    uint64_t total = 0;
    for (zip_int64_t i = 0; i < zip_get_num_entries(a->zip, 0); i++) {
        zip_stat_t st;
        if (zip_stat_index(a->zip, (zip_uint64_t)i, 0, &st) < 0 || !(st.valid & ZIP_STAT_SIZE) ||
            !(st.valid & ZIP_STAT_COMP_METHOD))
            return nn_fail(err, NN_EFORMAT, "zip: entry %lld is damaged", (long long)i);
        if (st.comp_method != ZIP_CM_STORE)
            continue;
        if (st.size > size - total)
            return nn_fail(err, NN_EFORMAT, "zip: the entries are larger than the file of %zu",
                           size);
        total += st.size;
    }
    return NN_OK;
}

// Finds "data.pkl" or "NAME/data.pkl".
static nn_status find_pickle(archive *a, zip_uint64_t *index, nn_error *err)
{
    for (zip_int64_t i = 0; i < zip_get_num_entries(a->zip, 0); i++) {
        const char *name = zip_get_name(a->zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        const char *slash = name ? strchr(name, '/') : NULL;
        size_t folder = slash ? (size_t)(slash - name) + 1 : 0;
        if (!name || folder > MAX_NAME || strcmp(name + folder, "data.pkl") != 0)
            continue;
        memcpy(a->folder, name, folder);
        *index = (zip_uint64_t)i;
        return NN_OK;
    }
    return nn_fail(err, NN_EUNSUPPORTED, "zip: no data.pkl, so it is no PyTorch file");
}

// Reads a whole entry, which is stored: its size was checked against that of the file.
static nn_status read_entry(zip_t *zip, zip_uint64_t index, uint8_t **out, size_t *size,
                            nn_error *err)
{
    zip_stat_t st;
    *out = NULL;
    zip_file_t *file = NULL;
    if (zip_stat_index(zip, index, 0, &st) == 0)
        file = zip_fopen_index(zip, index, 0);
    if (!file)
        return nn_zip_fail("an entry cannot be read", zip_get_error(zip), err);
    if (st.comp_method != ZIP_CM_STORE) {
        zip_fclose(file);
        return nn_fail(err, NN_EUNSUPPORTED,
                       "zip: entry %llu is compressed, which PyTorch never does with tensors",
                       (unsigned long long)index);
    }
    nn_status status = NN_OK;
    uint8_t *bytes = nn_alloc((size_t)st.size);
    if (!bytes)
        status = nn_fail(err, NN_ENOMEM, "out of memory");
    else if (zip_fread(file, bytes, st.size) != (zip_int64_t)st.size)
        status = nn_zip_fail("an entry is cut short", zip_file_get_error(file), err);
    else if (zip_fread(file, &(char){0}, 1) != 0) // reads the checksum
        status = nn_zip_fail("an entry is damaged", zip_file_get_error(file), err);
    zip_fclose(file);
    if (status != NN_OK) {
        nn_free(bytes);
        return status;
    }
    *out = bytes;
    *size = (size_t)st.size;
    return NN_OK;
}

static nn_status open_storage(void *state, const nn_pickle_value *key, const uint8_t **bytes,
                              size_t *size, nn_error *err)
{
    archive *a = state;
    char name[2 * MAX_NAME + 16];
    const int length = key->text.length <= MAX_NAME ? (int)key->text.length : 0;
    snprintf(name, sizeof name, "%sdata/%.*s", a->folder, length, key->text.bytes);
    zip_int64_t index = zip_name_locate(a->zip, name, ZIP_FL_ENC_RAW);
    if (index < 0)
        return nn_fail(err, NN_EFORMAT, "the zip file has no entry for its storage");
    nn_free(a->entry);
    nn_status status = read_entry(a->zip, (zip_uint64_t)index, &a->entry, &a->entry_size, err);
    *bytes = a->entry;
    *size = a->entry_size;
    return status;
}

// Takes a text; what is none, of whatever program, is passed over.
static nn_status add_meta(nn_bundle *b, const char *key, const uint8_t *bytes, size_t size,
                          nn_error *err)
{
    enum { MOST = 64 };
    if (memchr(bytes, 0, size) || !nn_json_plain_text(key) || b->meta_count == MOST)
        return NN_OK;
    if (!b->meta)
        b->meta = nn_calloc(2 * MOST, sizeof *b->meta);
    char *text = b->meta ? nn_alloc(size + 1) : NULL, *name = text ? nn_strdup(key) : NULL;
    if (!name) {
        nn_free(text);
        return nn_fail(err, NN_ENOMEM, "out of memory");
    }
    memcpy(text, bytes, size);
    text[size] = '\0';
    if (!nn_json_plain_text(text)) {
        nn_free(text);
        nn_free(name);
        return NN_OK;
    }
    b->meta[2 * b->meta_count] = name;
    b->meta[2 * b->meta_count++ + 1] = text;
    return NN_OK;
}

// Metadata of ours: the texts in NAME/extra.
static nn_status read_meta(archive *a, nn_bundle *b, nn_error *err)
{
    static const char extra[] = "extra/";
    const size_t folder = strlen(a->folder), skip = folder + strlen(extra);
    const zip_int64_t entries = zip_get_num_entries(a->zip, 0);
    nn_status status = NN_OK;
    for (zip_int64_t i = 0; i < entries && status == NN_OK; i++) {
        const char *name = zip_get_name(a->zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        uint8_t *bytes;
        size_t size;
        if (!name || strlen(name) <= skip || strncmp(name, a->folder, folder) != 0 ||
            strncmp(name + folder, extra, strlen(extra)) != 0)
            continue;
        status = read_entry(a->zip, (zip_uint64_t)i, &bytes, &size, err);
        if (status == NN_OK)
            status = add_meta(b, name + skip, bytes, size, err);
        nn_free(bytes);
    }
    return status;
}

static nn_status read_archive(archive *a, nn_bundle *b, size_t size, nn_error *err)
{
    zip_uint64_t index = 0;
    uint8_t *bytes = NULL;
    size_t length, used;
    nn_pickle *pickle = NULL;
    nn_status status = check_sizes(a, size, err);
    if (status == NN_OK)
        status = find_pickle(a, &index, err);
    if (status == NN_OK)
        status = read_entry(a->zip, index, &bytes, &length, err);
    if (status == NN_OK)
        status = nn_pickle_read(&pickle, bytes, length, &used, err);
    if (status == NN_OK)
        status = nn_pth_read_tensors(b, pickle, &(nn_pth_store){open_storage, a}, size, err);
    if (status == NN_OK)
        status = read_meta(a, b, err);
    nn_pickle_free(pickle);
    nn_free(bytes);
    return status;
}

static nn_status parse_pth(nn_bundle *b, const uint8_t *bytes, size_t size, nn_error *err)
{
    archive a = {0};
    nn_status status = nn_zip_open(&a.zip, bytes, size, err);
    if (status != NN_OK)
        return status;
    status = read_archive(&a, b, size, err);
    nn_free(a.entry);
    zip_discard(a.zip);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "pth");
}

const nn_io_format nn_io_pth = {
    .name = "pth", .probe = probe_pth, .parse = parse_pth, .save = &nn_pth_save_format};
