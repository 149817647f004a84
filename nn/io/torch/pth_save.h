// SPDX-License-Identifier: MIT
// Writes tensors as PyTorch's .pth: a state_dict that torch.load(weights_only=True) reads.
#ifndef NN_IO_TORCH_PTH_SAVE_H
#define NN_IO_TORCH_PTH_SAVE_H

#include "nn/base/api.h"
#include "nn/io/save_format.h"

#include <stddef.h>
#include <stdint.h>

// As nn_bundle_save (io.h), in PyTorch's format: an OrderedDict of tensors on the CPU. Metadata
// become entries "extra/KEY" of the archive, which PyTorch passes over and our reader finds.
nn_status nn_pth_save(const char *path, const char *const *names, const nn_tensor *tensors,
                      int count, const char *const *meta, int meta_count, nn_error *err);

NN_API extern const nn_save_format nn_pth_save_format;

// The pickle of that dict, protocol 2, which names the storage of tensors[i] by the number i.
// *bytes is freed with nn_free. NN_EINVAL: a name or a type that PyTorch cannot have.
nn_status nn_pth_pickle(uint8_t **bytes, size_t *size, const char *const *names,
                        const nn_tensor *tensors, int count, nn_error *err);

#endif
