// SPDX-License-Identifier: MIT
// The code of a module of nn/base/late.h: a table of the functions of the library that it links.
#define NN_LATE_MODULE
#include NN_LATE_HEADER
