// SPDX-License-Identifier: MIT
// Weights for Keras.
#ifndef NN_IO_KERAS_HDF5_H
#define NN_IO_KERAS_HDF5_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

// Writes the parameters of alexnet_flowers, vgg16 or vgg19 as Keras 2 does with save_weights, in
// its layouts and for vgg with the layer names of keras.applications, so that load_weights takes
// them. The card stands in the attribute "neroscale" of the root; a file without one is read as
// trained with Keras' own preprocessing. NN_EUNSUPPORTED for other networks.
NN_API nn_status nn_hdf5_save(const nn_model *m, const char *path, nn_error *err);

#endif
