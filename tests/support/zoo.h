// SPDX-License-Identifier: MIT
// For tests that run all networks of the zoo.
#ifndef TESTS_SUPPORT_ZOO_H
#define TESTS_SUPPORT_ZOO_H

#include <stdbool.h>
#include <string.h>

// Whether a network is another one's blocks again, only more of them or wider: minutes of
// multiplications and nothing new. The parity test compares them with the reference. EfficientNetV2
// is left out whole: with the reference's parameters its outputs are mostly rounding.
static inline bool test_zoo_is_repetition(const char *name)
{
    static const char *const names[] = {
        "vgg11",
        "vgg13",
        "vgg13_bn",
        "vgg16",
        "vgg16_bn",
        "vgg19",
        "vgg19_bn",
        "resnet34",
        "resnet101",
        "resnet152",
        "densenet161",
        "densenet169",
        "densenet201",
        "efficientnet_b1",
        "efficientnet_b2",
        "efficientnet_b3",
        "efficientnet_b4",
        "efficientnet_b5",
        "efficientnet_b6",
        "efficientnet_b7",
        "efficientnet_v2_s",
        "efficientnet_v2_m",
        "convnext_small",
        "convnext_base",
        "vit_b_16",
        "vit_b_32",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

#endif
