// SPDX-License-Identifier: MIT
// The table of foreign formats.
#include "nn/io/foreign.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { HEAD = 512 }; // bytes that are looked at

// A file is of a format when everything that its row gives is true.
typedef struct foreign {
    const char *name;   // NULL: it is read here, though a later row looks like it
    const char *ending; // of the path, in any case
    const char *magic;  // bytes at `at`
    int length, at;
    const char *word;   // somewhere in the first bytes
    const char *inside; // a file in this folder; "" for any folder
    const char *advice;
} foreign;

#define MAGIC(text) .magic = (text), .length = sizeof(text) - 1
#define FROM_TENSORFLOW                                                                            \
    "'python3 -m tf2onnx.convert --saved-model FOLDER --output model.onnx' makes an ONNX file of " \
    "it (pip install tf2onnx)"
#define FROM_KERAS "save it with model.export('FOLDER'); then " FROM_TENSORFLOW
#define FROM_SOURCE                                                                                \
    "it is compiled for one runtime and cannot be taken apart: use the ONNX file that it was "     \
    "made "                                                                                        \
    "of, or export the original model to ONNX"
#define FROM_PADDLE                                                                                \
    "'paddle2onnx --model_dir FOLDER --model_filename NAME.pdmodel --params_filename "             \
    "NAME.pdiparams --save_file model.onnx' makes an ONNX file of it"
#define FROM_PICKLE                                                                                \
    "it may need Python code to be read: load it there and save the dict of tensors with "         \
    "torch.save() or safetensors"

#define FROM_THE_WEB                                                                               \
    "it came in the place of a download: fetch the file itself (of a page of GitHub or Hugging "   \
    "Face its 'raw' or 'resolve' address)"

static const foreign formats[] = {
    {.name = "a pointer of Git LFS",
     MAGIC("version https://git-lfs"),
     .advice = "the file itself is elsewhere: 'git lfs pull' in its repository fetches it"},
    {.name = "a web page", MAGIC("<!DOCTYPE html"), .advice = FROM_THE_WEB},
    {.name = "a web page", MAGIC("<!doctype html"), .advice = FROM_THE_WEB},
    {.name = "a web page", MAGIC("<html"), .advice = FROM_THE_WEB},
    {.name = "a compressed file",
     MAGIC("\x1f\x8b"),
     .advice = "unpack it first, with 'tar -xf' or 'gunzip'"},
    {.name = "TensorFlow Lite",
     MAGIC("TFL3"),
     .at = 4,
     .advice = "'python3 -m tf2onnx.convert --tflite model.tflite --output model.onnx' makes an "
               "ONNX file of it (pip install tf2onnx)"},
    {.name = "ONNX Runtime's .ort", MAGIC("ORTM"), .at = 4, .advice = FROM_SOURCE},
    {.name = "a TensorRT engine", MAGIC("ptrt"), .advice = FROM_SOURCE},
    {.name = "a TensorRT engine", MAGIC("ftrt"), .advice = FROM_SOURCE},
    {.name = "a TensorRT engine", .ending = ".engine", .advice = FROM_SOURCE},
    {.name = "a TensorRT engine", .ending = ".plan", .advice = FROM_SOURCE},
    {.name = "a TensorRT engine", .ending = ".trt", .advice = FROM_SOURCE},
    {.name = "RKNN", MAGIC("RKNN"), .advice = FROM_SOURCE},
    {.name = "RKNN", .ending = ".rknn", .advice = FROM_SOURCE},
    {.name = "Hailo's .hef", .ending = ".hef", .advice = FROM_SOURCE},
    {.name = "Qualcomm's .dlc", .ending = ".dlc", .advice = FROM_SOURCE},
    {.name = "GGUF",
     MAGIC("GGUF"),
     .advice = "it holds weights of ggml's programs, which are no vision networks of ours"},
    {.name = "OpenVINO's IR",
     .ending = ".xml",
     .word = "<net ",
     .advice = "OpenVINO writes no ONNX: export the original model to ONNX "
               "(Ultralytics: 'yolo export model=NAME.pt format=onnx')"},
    {.name = "an OpenVINO folder",
     .ending = "_openvino_model",
     .inside = "",
     .advice = "OpenVINO writes no ONNX: export the original model to ONNX "
               "(Ultralytics: 'yolo export model=NAME.pt format=onnx')"},
    {.name = "Core ML",
     .ending = ".mlmodel",
     .advice = "export the original model to ONNX; Core ML writes none"},
    {.name = "Core ML",
     .ending = ".mlpackage",
     .inside = "",
     .advice = "export the original model to ONNX; Core ML writes none"},
    {.name = "Core ML", .ending = ".mlmodelc", .inside = "", .advice = FROM_SOURCE},
    {.name = "TensorFlow's SavedModel", .inside = "saved_model.pb", .advice = FROM_TENSORFLOW},
    {.name = "TensorFlow's SavedModel", .ending = "saved_model.pb", .advice = FROM_TENSORFLOW},
    {.name = "TensorFlow's frozen graph",
     .ending = ".pb",
     MAGIC("\n"),
     .advice = "'python3 -m tf2onnx.convert --graphdef model.pb --inputs NAME:0 --outputs NAME:0 "
               "--output model.onnx' makes an ONNX file of it (pip install tf2onnx)"},
    {.name = "Keras' .keras", .ending = ".keras", .advice = FROM_KERAS},
    {.name = "PaddlePaddle", .ending = ".pdmodel", .advice = FROM_PADDLE},
    {.name = "PaddlePaddle's weights", .ending = ".pdiparams", .advice = FROM_PADDLE},
    {.name = "PaddlePaddle's weights",
     .ending = ".pdparams",
     .advice = "export the model with PaddleDetection's tools/export_model.py, then with "
               "paddle2onnx to ONNX"},
    {.name = "MNN",
     .ending = ".mnn",
     .advice = "export the original model to ONNX; MNN writes none"},
    {.name = "TNN",
     .ending = ".tnnproto",
     .advice = "export the original model to ONNX; TNN writes none"},
    {.name = "TNN",
     .ending = ".tnnmodel",
     .advice = "export the original model to ONNX; TNN writes none"},
    {.name = "Caffe",
     .ending = ".caffemodel",
     .advice = "caffe2ncnn of ncnn makes a .param and a .bin of it and its .prototxt, which are "
               "read"},
    {.name = "Caffe",
     .ending = ".prototxt",
     .advice = "caffe2ncnn of ncnn makes a .param and a .bin of it and its .caffemodel, which are "
               "read"},
    {.name = "NumPy", MAGIC("\x93NUMPY"), .advice = "save the tensors with safetensors"},
    {.name = "a tar archive, as PyTorch wrote before version 0.1.10",
     MAGIC("ustar"),
     .at = 257,
     .advice = "load it with a PyTorch of up to 1.13 and save it again with torch.save()"},
    {.name = NULL, MAGIC("\x8a\x0a\x6c\xfc\x9c\x46"), .at = 11}, // PyTorch's own, protocols 4 and 5
    {.name = "a Python pickle", MAGIC("\x80\2}"), .advice = FROM_PICKLE},
    {.name = "a Python pickle", MAGIC("\x80\3}"), .advice = FROM_PICKLE},
    {.name = "a Python pickle", MAGIC("\x80\4\x95"), .advice = FROM_PICKLE},
    {.name = "a Python pickle", MAGIC("\x80\5\x95"), .advice = FROM_PICKLE},
};

static bool ends_with(const char *path, const char *ending)
{
    size_t n = strlen(path);
    const size_t m = strlen(ending);
    while (n > 1 && path[n - 1] == '/')
        n--;
    return n > m && strncasecmp(path + n - m, ending, m) == 0;
}

static bool has_file(const char *folder, const char *name)
{
    char path[4096];
    struct stat st;
    return (size_t)snprintf(path, sizeof path, "%s/%s", folder, name) < sizeof path &&
           stat(path, &st) == 0;
}

static bool matches(const foreign *f, const char *path, bool folder, const char *head, size_t size)
{
    if (folder != (f->inside != NULL) || (f->ending && !ends_with(path, f->ending)))
        return false;
    if (f->magic && (size < (size_t)(f->at + f->length) ||
                     memcmp(head + f->at, f->magic, (size_t)f->length) != 0))
        return false;
    if (f->word && !memmem(head, size, f->word, strlen(f->word)))
        return false;
    return !f->inside || !*f->inside || has_file(path, f->inside);
}

nn_status nn_foreign_check(const char *path, nn_error *err)
{
    char head[HEAD];
    size_t size = 0;
    struct stat st;
    if (stat(path, &st) != 0)
        return NN_OK;
    const bool folder = S_ISDIR(st.st_mode);
    FILE *file = S_ISREG(st.st_mode) ? fopen(path, "rb") : NULL;
    if (file) {
        size = fread(head, 1, sizeof head, file);
        fclose(file);
    }
    for (size_t i = 0; (file || folder) && i < sizeof formats / sizeof *formats; i++)
        if (matches(&formats[i], path, folder, head, size))
            return formats[i].name
                       ? nn_fail(err, NN_EUNSUPPORTED, "%s: this is %s, which is not read here: %s",
                                 path, formats[i].name, formats[i].advice)
                       : NN_OK;
    return NN_OK;
}
