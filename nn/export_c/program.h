// SPDX-License-Identifier: MIT
// The files of a program around its constants and calls.
#ifndef NN_EXPORT_C_PROGRAM_H
#define NN_EXPORT_C_PROGRAM_H

#include "nn/export_c/writer.h"

// NAME.c, once all nodes are written.
void nn_c_write_source(const nn_c_writer *w, nn_buffer *to);
void nn_c_write_header(const nn_c_writer *w, nn_buffer *to);
// NAME_test.c: runs the engine on an input and writes both down.
nn_status nn_c_write_test(const nn_c_writer *w, nn_buffer *to, nn_error *err);

// The card's input as the program takes it: byte or number of a colour 0 .. 255 of input channel c.
float nn_c_pixel(const nn_card *card, int c, int colour);
// Letters, digits and signs that may stand in a comment.
void nn_c_write_plain(nn_buffer *to, const char *text);
nn_c_text nn_c_upper(const char *name); // in ASCII, whatever the locale

#endif
