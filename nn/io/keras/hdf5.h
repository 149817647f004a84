// SPDX-License-Identifier: MIT
// Writes weights for Keras.
#ifndef NN_IO_KERAS_HDF5_H
#define NN_IO_KERAS_HDF5_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

// Writes the parameters of alexnet_flowers, vgg16 or vgg19 like save_weights of Keras 2, in Keras'
// layouts, with the layer names of keras.applications for vgg, so that load_weights accepts them.
// The attribute "neroscale" of the root holds the card; a file without one is read with the
// preprocessing of Keras. NN_EUNSUPPORTED for other networks.
NN_API nn_status nn_hdf5_save(const nn_model *m, const char *path, nn_error *err);

#endif
