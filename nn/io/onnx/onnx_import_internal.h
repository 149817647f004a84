// SPDX-License-Identifier: MIT
// An ONNX model while it is read: shared by the reader of files and by the code that collects
// values and nodes.
#ifndef NN_IO_ONNX_ONNX_IMPORT_INTERNAL_H
#define NN_IO_ONNX_ONNX_IMPORT_INTERNAL_H

#include "nn/graph/model.h"
#include "nn/io/onnx/onnx_import.h"

typedef struct nn_onnx_made {
    nn_onnx_value shown;         // first: builders hold pointers to it
    char *name;                  // NULL until it gets one
    float *data;                 // owned by this value: a constant's elements
    const nn_onnx_value **items; // owned by this value: of a sequence
    nn_value placed;             // in the graph
    int input, step;             // which input it is, or which step makes it; -1
    bool live;
    bool trained; // a constant that an op has as weight, bias or scale
    bool kept;    // a tail reads it: a constant stays when the graph is made
    int end;      // which output of the graph it is for a tail, from 1; 0: none
    bool passing; // made in a run of a tail
} nn_onnx_made;

typedef struct nn_onnx_step {
    const nn_op *op;
    void *params;
    nn_onnx_made **in; // n_in, NULL where absent
    int n_in;
    nn_onnx_made *out;
    bool live;
} nn_onnx_step;

typedef struct nn_onnx_binding {
    const char *name;           // of the file's strings
    const nn_onnx_value *value; // NULL: its scope was left
    int scope;                  // 0: the model's graph
} nn_onnx_binding;

struct nn_onnx_import {
    nn_onnx_made **values;
    nn_onnx_step *steps;
    nn_onnx_binding *bindings; // open addressing, a power of two
    int value_count, value_capacity, step_count, step_capacity, binding_count, binding_capacity;
    nn_onnx_binding *hidden; // what names meant before a scope that is open gave them to others
    int hidden_count, hidden_capacity;
    int scope, renamed; // depth of the open one, and values with numbers in their names
    int nodes_left;     // that subgraphs may still make
    size_t budget;      // bytes of constants that may still be made
    double work_left;   // elements that computing constants may still read and write
    bool tails;         // sizes that depend on the data begin a tail
    bool waits;         // the failure is that a node needs data that runs alone have
    // Of a run of a tail: what was made when the model was read. Everything here is constant.
    const nn_onnx_import *outer;
    nn_pool *pool;    // borrowed, may be NULL
    double deadline;  // of nn_clock_seconds; 0: none
    size_t collected; // `budget` behind the last collection of garbage, and the values then
    int values_collected;
    nn_onnx_pins *pins;

    nn_error error;
};

// Runs an operator on values with data. False when memory is short.
bool nn_onnx_compute(const nn_onnx_import *m, const nn_onnx_step *s);

// A value that only runs of a tail know. Names may stand for it.
extern const nn_onnx_value nn_onnx_deferred;

// Constants may take `budget` bytes in all. NULL when memory is short.
nn_onnx_import *nn_onnx_import_new(size_t budget);
void nn_onnx_import_free(nn_onnx_import *m);

// The failure that everything after it sees; status NN_OK while there is none.
nn_error *nn_onnx_import_error(nn_onnx_import *m);

// Names are borrowed from the file; a second value of the same name is a failure.
const nn_onnx_value *nn_onnx_import_find(const nn_onnx_import *m, const char *name);
void nn_onnx_import_bind(nn_onnx_import *m, const char *name, const nn_onnx_value *v);
// The name stands for what only runs of a tail know, whatever it was before.
void nn_onnx_import_defer(nn_onnx_import *m, const char *name);
// Gives a value that has no name this one.
void nn_onnx_import_rename(nn_onnx_import *m, const nn_onnx_value *v, const char *name);
// Nobody reads the name again.
void nn_onnx_import_drop(nn_onnx_import *m, const char *name);
// Forgets all values and steps from these numbers on, and the failure. Names that stand for them must
// get another meaning before they are looked up.
void nn_onnx_import_undo(nn_onnx_import *m, int values, int steps);
// In a run of a tail: frees values to which no name, pin or sequence leads, once they are many.
void nn_onnx_import_collect(nn_onnx_import *m);
// What the name means outside of the open scope is not seen in it.
void nn_onnx_import_hide(nn_onnx_import *m, const char *name);
// Opens a scope of names, for a subgraph; what nn_onnx_import_leave gets. Values of a subgraph get
// names of their own each time.
int nn_onnx_import_enter(nn_onnx_import *m);
void nn_onnx_import_leave(nn_onnx_import *m, int mark);
const nn_onnx_value *nn_onnx_import_input(nn_onnx_import *m, const char *name, int index,
                                          const nn_shape *shape, bool integer);
// A value of `outer` with the data of a run, which is borrowed.
const nn_onnx_value *nn_onnx_import_passing(nn_onnx_import *m, const nn_onnx_value *v,
                                            const float *data);
// A new constant; its elements are written by the caller, NULL after a failure.
float *nn_onnx_import_constant(nn_onnx_import *m, const nn_shape *shape, bool integer,
                               const nn_onnx_value **out);

// The graph of what the values need, with its parameters; names[i] is the output values[i]. Once
// only; of constants those stay that a tail reads.
nn_status nn_onnx_import_finish(nn_onnx_import *m, const char *const *names,
                                const nn_onnx_value *const *values, int count, nn_model **out,
                                nn_error *err);

#endif
