// SPDX-License-Identifier: MIT
// Stands for the writer of Keras files in a build without HDF5; hdf5.c reads them all the same.
#include "nn/base/features.h"
#include "nn/io/keras/hdf5.h"

nn_status nn_hdf5_save(const nn_model *m, const char *path, nn_error *err)
{
    (void)m;
    return nn_fail_prefix(err, nn_fail_without(err, "keras"), "%s", path);
}
