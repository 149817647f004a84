// SPDX-License-Identifier: MIT
// The runtime as text: the files of runtime/, in the order in which they may stand in a program.
#ifndef NN_EXPORT_C_PIECES_H
#define NN_EXPORT_C_PIECES_H

enum { NN_C_PIECES = 64, NN_C_PIECE_NEEDS = 4 };

typedef struct nn_c_piece {
    const char *name;
    const char *needs[NN_C_PIECE_NEEDS + 1]; // pieces that stand before it; ends with NULL
    const char *text;
} nn_c_piece;

extern const nn_c_piece nn_c_pieces[]; // ends with a NULL name

#endif
