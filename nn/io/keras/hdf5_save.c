// SPDX-License-Identifier: MIT
// Writes weights like Keras 2: "LAYER/LAYER/kernel:0", and attributes with the order of layers and
// weights.
#include "nn/io/keras/hdf5.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/io.h"
#include "nn/io/keras/keras.h"

#include "nn/late_hdf5.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

nn_late late_hdf5 = {.folder = "nn", .word = "hdf5", .list = LATE_HDF5_LIST};

enum { MAX_NAME = 96, MAX_LIST = 32 };

typedef struct names {
    char text[MAX_LIST][MAX_NAME];
    int count;
} names;

// libhdf5 is not thread-safe everywhere.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// The first entry is the innermost.
static herr_t take_first(unsigned n, const H5E_error2_t *e, void *to)
{
    if (n == 0 && e->desc)
        snprintf(to, 128, "%s", e->desc);
    return 0;
}

// An error with libhdf5's own message.
static nn_status fail_hdf5(nn_error *err, nn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static nn_status fail_hdf5(nn_error *err, nn_status status, const char *format, ...)
{
    char text[256], why[128] = "no reason given";
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, why);
    return nn_fail(err, status, "%s: %s", text, why);
}

// Writes an attribute of `count` strings of fixed length; a string longer than a name must be
// alone.
static bool write_strings(hid_t object, const char *attribute, const char *text, size_t each,
                          int count)
{
    const hsize_t dim = (hsize_t)count;
    hid_t type = H5Tcopy(H5T_C_S1);
    hid_t space = count > 1 ? H5Screate_simple(1, &dim, NULL) : H5Screate(H5S_SCALAR);
    hid_t a = type >= 0 && space >= 0 && H5Tset_size(type, each) >= 0
                  ? H5Acreate2(object, attribute, type, space, H5P_DEFAULT, H5P_DEFAULT)
                  : H5I_INVALID_HID;
    const bool written = a >= 0 && H5Awrite(a, type, text) >= 0;
    if (a >= 0)
        H5Aclose(a);
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return written;
}

static bool write_floats(hid_t group, const char *name, const nn_shape *shape, const float *data)
{
    hsize_t dims[NN_MAX_RANK];
    for (int i = 0; i < shape->rank; i++)
        dims[i] = (hsize_t)shape->dim[i];
    hid_t space = H5Screate_simple(shape->rank, dims, NULL);
    hid_t set = space >= 0 ? H5Dcreate2(group, name, H5T_IEEE_F32LE, space, H5P_DEFAULT,
                                        H5P_DEFAULT, H5P_DEFAULT)
                           : H5I_INVALID_HID;
    const bool written =
        set >= 0 && H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0;
    if (set >= 0)
        H5Dclose(set);
    if (space >= 0)
        H5Sclose(space);
    return written;
}

// The kernel in Keras' layout, which the caller frees. `channels` are those of the map that is
// flattened before a dense layer; 0: none.
static float *turn_kernel(const nn_tensor *t, int64_t channels, nn_shape *shape)
{
    const int64_t *dim = t->shape.dim;
    float *turned = nn_alloc(nn_tensor_bytes(t));
    if (!turned)
        return NULL;
    if (t->shape.rank == 4) {
        *shape = nn_shape_4d(dim[2], dim[3], dim[1], dim[0]);
        nn_keras_reverse(turned, t->data, dim[0], dim[1], dim[2] * dim[3]);
    } else {
        const int64_t pixels = channels ? dim[1] / channels : 1;
        *shape = nn_shape_2d(dim[1], dim[0]);
        nn_keras_reverse(turned, t->data, dim[0], dim[1] / pixels, pixels);
    }
    return turned;
}

static nn_status write_weight(hid_t group, const nn_tensor *t, const char *name, int64_t channels,
                              nn_error *err)
{
    nn_shape shape = t->shape;
    float *turned = NULL;
    if (shape.rank > 1 && !(turned = turn_kernel(t, channels, &shape)))
        return nn_fail(err, NN_ENOMEM, "out of memory");
    const bool written = write_floats(group, name, &shape, turned ? turned : nn_tensor_f32(t));
    nn_free(turned);
    return written ? NN_OK : fail_hdf5(err, NN_EIO, "'%s' cannot be written", name);
}

static nn_status write_weights(hid_t group, const nn_model *m, const nn_keras_layer *l,
                               int64_t channels, nn_error *err)
{
    static const char *const norm[] = {"gamma", "beta", "moving_mean", "moving_variance"};
    static const char *const other[] = {"kernel", "bias"};
    names list = {.count = 0};
    hid_t inner = H5Gcreate2(group, l->name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    nn_status status = inner >= 0 ? NN_OK : fail_hdf5(err, NN_EIO, "no group can be written");
    const char *ours;
    for (int i = 0; status == NN_OK && (ours = nn_keras_weight_name((nn_keras_kind)l->kind, i));
         i++) {
        char param[MAX_NAME], name[32];
        snprintf(param, sizeof param, "%s.%s", l->module, ours);
        snprintf(name, sizeof name, "%s:0", l->kind == NN_KERAS_NORM ? norm[i] : other[i]);
        snprintf(list.text[list.count++], MAX_NAME, "%s/%s", l->name, name);
        const int index = nn_graph_find_param(m->graph, param);
        status = index < 0 ? nn_fail(err, NN_EUNSUPPORTED, "the model has no '%s'", param)
                           : write_weight(inner, &m->params[index], name, channels, err);
    }
    if (inner >= 0)
        H5Gclose(inner);
    if (status == NN_OK &&
        !write_strings(group, "weight_names", list.text[0], MAX_NAME, list.count))
        status = fail_hdf5(err, NN_EIO, "'weight_names' cannot be written");
    return status;
}

static nn_status write_layers(hid_t file, const nn_model *m, const nn_keras_network *network,
                              nn_error *err)
{
    names list = {.count = 0};
    nn_status status = NN_OK;
    int64_t channels = 0;
    for (int i = 0; i < network->count && status == NN_OK; i++) {
        const nn_keras_layer *l = &network->layers[i];
        hid_t group = H5Gcreate2(file, l->name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        status = group >= 0 ? write_weights(group, m, l, i == network->features ? channels : 0, err)
                            : fail_hdf5(err, NN_EIO, "'%s' cannot be written", l->name);
        if (group >= 0)
            H5Gclose(group);
        snprintf(list.text[list.count++], MAX_NAME, "%s", l->name);
        if (l->kind == NN_KERAS_CONV && status == NN_OK) {
            char param[MAX_NAME];
            snprintf(param, sizeof param, "%s.weight", l->module);
            channels = m->params[nn_graph_find_param(m->graph, param)].shape.dim[0];
        }
    }
    if (status == NN_OK &&
        (!write_strings(file, "layer_names", list.text[0], MAX_NAME, list.count) ||
         !write_strings(file, "backend", "tensorflow", 10, 1) ||
         !write_strings(file, "keras_version", "2.9.0", 5, 1)))
        status = fail_hdf5(err, NN_EIO, "'layer_names' cannot be written");
    return status;
}

static nn_status write_file(const nn_model *m, const nn_keras_network *network, const char *path,
                            const char *card, nn_error *err)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (file < 0)
        return fail_hdf5(err, NN_EIO, "the file cannot be made");
    nn_status status = write_layers(file, m, network, err);
    if (status == NN_OK && !write_strings(file, "neroscale", card, strlen(card), 1))
        status = fail_hdf5(err, NN_EIO, "the card cannot be written");
    if (H5Fclose(file) < 0 && status == NN_OK)
        status = fail_hdf5(err, NN_EIO, "the file cannot be finished");
    return status;
}

// Suppresses libhdf5's messages on stderr.
static nn_status write_silently(const nn_model *m, const nn_keras_network *network,
                                const char *path, const char *card, nn_error *err)
{
    H5E_auto2_t report;
    void *report_to;
    pthread_mutex_lock(&lock);
    H5open();
    H5Eget_auto2(H5E_DEFAULT, &report, &report_to);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    nn_status status = write_file(m, network, path, card, err);
    H5Eset_auto2(H5E_DEFAULT, report, report_to);
    pthread_mutex_unlock(&lock);
    return status;
}

nn_status nn_hdf5_save(const nn_model *m, const char *path, nn_error *err)
{
    const nn_keras_network *network = nn_keras_find(m->card.network);
    char *card = NULL, *temporary = NULL;
    int fd;
    if (!network)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "%s: only alexnet_flowers, vgg16 and vgg19 can be written for Keras", path);
    nn_status status = nn_late_open(&late_hdf5, err);
    if (status == NN_OK)
        status = nn_card_to_json(&m->card, &card, err);
    if (status == NN_OK)
        status = nn_file_begin(path, &temporary, &fd, err);
    if (status == NN_OK) {
        status = write_silently(m, network, temporary, card, err);
        if (status != NN_OK)
            nn_fail_prefix(err, status, "%s", path);
        status = nn_file_end(path, temporary, fd, status, err);
    }
    nn_free(card);
    return status;
}
