// SPDX-License-Identifier: MIT
// ONNX: Einsum, as products of matrices: one operand after the other is joined with the rest.
#include "nn/io/onnx/import/compose.h"

#include <string.h>

// Letters are axes; those of an ellipsis are numbered from its end.
enum { ELLIPSIS = 1, LABELS = 128, MAX_EQUATION = 200 };

typedef struct operand {
    const nn_onnx_value *v;
    int rank;
    unsigned char label[NN_MAX_RANK];
} operand;

typedef struct einsum {
    nn_onnx_node *n;
    operand in[NN_ONNX_MAX_IN], out;
    int count;
    int ellipsis; // the most axes that one stands for
} einsum;

static bool has(const operand *o, unsigned char label)
{
    return memchr(o->label, label, (size_t)o->rank) != NULL;
}

// Reads labels up to a comma, an arrow or the end. An ellipsis stands for `more` axes.
static const char *read_labels(einsum *e, const char *p, operand *o, int more)
{
    for (o->rank = 0; *p && *p != ',' && *p != '-';) {
        const bool dots = strncmp(p, "...", 3) == 0;
        const bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        if (*p == ' ') {
            p++;
            continue;
        }
        if ((!dots && !letter) || o->rank + (dots ? more : 1) > NN_MAX_RANK) {
            nn_onnx_fail(e->n, NN_EUNSUPPORTED, "the equation is not supported at '%.20s'", p);
            return p;
        }
        for (int i = 0; dots && i < more; i++)
            o->label[o->rank++] = (unsigned char)(ELLIPSIS + more - 1 - i);
        if (letter)
            o->label[o->rank++] = (unsigned char)*p;
        p += dots ? 3 : 1;
    }
    return p;
}

// Axes that the ellipsis of an operand of `rank` stands for: those that have no letter.
static int ellipsis_axes(const char *p, int rank)
{
    int letters = 0;
    bool dots = false;
    for (; *p && *p != ',' && *p != '-'; p++) {
        letters += *p != ' ' && *p != '.';
        dots = dots || *p == '.';
    }
    return dots && rank > letters ? rank - letters : 0;
}

// Without an arrow the result has the labels that occur once, in the order of the alphabet, behind
// those of the ellipsis.
static void find_result(einsum *e)
{
    for (int label = ELLIPSIS + e->ellipsis - 1; label >= ELLIPSIS; label--)
        e->out.label[e->out.rank++] = (unsigned char)label;
    for (int label = 'A'; label <= 'z'; label++) {
        int uses = 0;
        for (int i = 0; i < e->count; i++)
            for (int k = 0; k < e->in[i].rank; k++)
                uses += e->in[i].label[k] == label;
        if (uses == 1 && e->out.rank == NN_MAX_RANK) {
            nn_onnx_fail(e->n, NN_EUNSUPPORTED, "over %d axes are not supported", NN_MAX_RANK);
            return;
        }
        if (uses == 1)
            e->out.label[e->out.rank++] = (unsigned char)label;
    }
}

static bool read_equation(einsum *e, const char *p)
{
    e->count = e->n->n_in;
    for (int i = 0; i < e->count && !nn_onnx_failed(e->n); i++) {
        operand *o = &e->in[i];
        o->v = e->n->in[i];
        if (!o->v) {
            nn_onnx_fail(e->n, NN_EFORMAT, "input %d is missing", i);
            return false;
        }
        const int more = ellipsis_axes(p, o->v->shape.rank);
        e->ellipsis = more > e->ellipsis ? more : e->ellipsis;
        p = read_labels(e, p, o, more);
        if (!nn_onnx_failed(e->n) &&
            (o->rank != o->v->shape.rank || (*p == ',') != (i + 1 < e->count)))
            nn_onnx_fail(e->n, NN_EFORMAT, "the equation does not suit input %d", i);
        p += *p == ',';
    }
    if (nn_onnx_failed(e->n))
        return false;
    if (*p == '-' && p[1] == '>')
        read_labels(e, p + 2, &e->out, e->ellipsis);
    else
        find_result(e);
    for (int i = 0; i < e->out.rank; i++) {
        bool known = memchr(e->out.label, e->out.label[i], (size_t)i) == NULL, found = false;
        for (int k = 0; k < e->count; k++)
            found = found || has(&e->in[k], e->out.label[i]);
        if (!known || !found)
            nn_onnx_fail(e->n, NN_EFORMAT, "the result of the equation is invalid");
    }
    return !nn_onnx_failed(e->n);
}

static void drop_label(operand *o, int axis)
{
    memmove(o->label + axis, o->label + axis + 1, (size_t)(o->rank - axis - 1));
    o->rank--;
}

// Keeps what lies where both axes of a label are at the same place, as the first of them.
static void take_diagonal(einsum *e, operand *o, int first, int second)
{
    const nn_onnx_value *a = nn_onnx_count(e->n, o->v->shape.dim[first], o->rank, first);
    const nn_onnx_value *b = nn_onnx_count(e->n, o->v->shape.dim[second], o->rank, second);
    const nn_onnx_value *same = nn_onnx_arithmetic(e->n, NN_ARITHMETIC_EQUAL, a, b);
    o->v = nn_onnx_arithmetic(e->n, NN_ARITHMETIC_KEEP, o->v, same);
    o->v = nn_onnx_reduce(e->n, NN_REDUCE_SUM, o->v, 1u << second, false);
    drop_label(o, second);
}

static void take_diagonals(einsum *e, operand *o)
{
    for (int i = 0; i < o->rank; i++)
        for (int k = i + 1; k < o->rank && !nn_onnx_failed(e->n);)
            if (o->label[k] == o->label[i])
                take_diagonal(e, o, i, k);
            else
                k++;
}

// Sums over the labels that nothing else reads.
static void sum_alone(einsum *e, operand *o, const operand *other, int next)
{
    for (int i = o->rank - 1; i >= 0 && !nn_onnx_failed(e->n); i--) {
        bool read = has(&e->out, o->label[i]) || (other && has(other, o->label[i]));
        for (int k = next; k < e->count; k++)
            read = read || has(&e->in[k], o->label[i]);
        if (read)
            continue;
        o->v = nn_onnx_reduce(e->n, NN_REDUCE_SUM, o->v, 1u << i, false);
        drop_label(o, i);
    }
}

// The axes in the order of `labels`, of which all are there.
static const nn_onnx_value *arrange(einsum *e, const operand *o, const unsigned char *labels)
{
    int perm[NN_MAX_RANK];
    bool same = true;
    for (int i = 0; i < o->rank; i++) {
        perm[i] =
            (int)((const unsigned char *)memchr(o->label, labels[i], (size_t)o->rank) - o->label);
        same = same && perm[i] == i;
    }
    return same || nn_onnx_failed(e->n) ? o->v : nn_onnx_transpose(e->n, o->v, perm);
}

// What labels of two operands are: of both and kept, of both and summed, of one alone.
typedef struct parts {
    unsigned char shared[NN_MAX_RANK], summed[NN_MAX_RANK], left[NN_MAX_RANK], right[NN_MAX_RANK];
    int shares, sums, lefts, rights;
} parts;

static bool is_read_later(const einsum *e, unsigned char label, int next)
{
    for (int k = next; k < e->count; k++)
        if (has(&e->in[k], label))
            return true;
    return has(&e->out, label);
}

static parts split(const einsum *e, const operand *a, const operand *b, int next)
{
    parts p = {.shares = 0};
    for (int i = 0; i < a->rank; i++)
        if (!has(b, a->label[i]))
            p.left[p.lefts++] = a->label[i];
        else if (is_read_later(e, a->label[i], next))
            p.shared[p.shares++] = a->label[i];
        else
            p.summed[p.sums++] = a->label[i];
    for (int i = 0; i < b->rank; i++)
        if (!has(a, b->label[i]))
            p.right[p.rights++] = b->label[i];
    return p;
}

// A size of 1 that the other operand has more of is repeated.
static void broadcast(einsum *e, operand *o, const operand *other)
{
    int64_t dim[NN_MAX_RANK];
    bool more = false;
    for (int i = 0; i < o->rank; i++) {
        const unsigned char *at = memchr(other->label, o->label[i], (size_t)other->rank);
        dim[i] = o->v->shape.dim[i];
        if (dim[i] == 1 && at)
            dim[i] = other->v->shape.dim[at - other->label];
        more = more || dim[i] != o->v->shape.dim[i];
    }
    if (more)
        o->v = nn_onnx_expand(e->n, o->v, dim, o->rank);
}

static int64_t size_of(const operand *o, const unsigned char *labels, int count)
{
    int64_t size = 1;
    for (int i = 0; i < count; i++) {
        const unsigned char *at = memchr(o->label, labels[i], (size_t)o->rank);
        size *= o->v->shape.dim[at - o->label];
    }
    return size;
}

// Operand o with its axes as shared, first, second, each group as one.
static const nn_onnx_value *as_matrix(einsum *e, const operand *o, const parts *p,
                                      const unsigned char *first, int firsts,
                                      const unsigned char *second, int seconds)
{
    unsigned char order[3 * NN_MAX_RANK];
    memcpy(order, p->shared, (size_t)p->shares);
    memcpy(order + p->shares, first, (size_t)firsts);
    memcpy(order + p->shares + firsts, second, (size_t)seconds);
    const nn_shape shape =
        nn_shape_make(3, (int64_t[]){size_of(o, p->shared, p->shares), size_of(o, first, firsts),
                                     size_of(o, second, seconds)});
    return nn_onnx_reshape(e->n, arrange(e, o, order), &shape);
}

// Joins b with a. Its matrix is read as it lies, where that is possible.
static void join(einsum *e, operand *a, operand *b, int next)
{
    sum_alone(e, a, b, next);
    sum_alone(e, b, a, next);
    if (nn_onnx_failed(e->n))
        return;
    broadcast(e, a, b);
    if (!nn_onnx_failed(e->n))
        broadcast(e, b, a);
    if (nn_onnx_failed(e->n))
        return;
    const parts p = split(e, a, b, next);
    operand y = {.rank = p.shares + p.lefts + p.rights};
    if (y.rank > NN_MAX_RANK) {
        nn_onnx_fail(e->n, NN_EUNSUPPORTED, "over %d axes are not supported", NN_MAX_RANK);
        return;
    }
    memcpy(y.label, p.shared, (size_t)p.shares);
    memcpy(y.label + p.shares, p.left, (size_t)p.lefts);
    memcpy(y.label + p.shares + p.lefts, p.right, (size_t)p.rights);
    nn_shape shape = {.rank = y.rank};
    for (int i = 0; i < y.rank; i++)
        shape.dim[i] = size_of(i < p.shares + p.lefts ? a : b, &y.label[i], 1);
    const bool turned =
        p.rights > 0 && b->rank > 0 && b->label[b->rank - 1] != p.right[p.rights - 1];
    const nn_onnx_value *in[] = {as_matrix(e, a, &p, p.left, p.lefts, p.summed, p.sums),
                                 turned ? as_matrix(e, b, &p, p.right, p.rights, p.summed, p.sums)
                                        : as_matrix(e, b, &p, p.summed, p.sums, p.right, p.rights)};
    const nn_onnx_value *v =
        nn_onnx_emit(e->n, &nn_op_matmul, &(nn_matmul_params){0, turned, 1}, in, 2);
    y.v = nn_onnx_reshape(e->n, v, &shape);
    *a = y;
}

static void build_einsum(nn_onnx_node *n)
{
    char equation[MAX_EQUATION];
    einsum e = {.n = n};
    if (!nn_onnx_text(n, "equation", equation, sizeof equation)) {
        nn_onnx_fail(n, NN_EFORMAT, "there is no equation of up to %d letters", MAX_EQUATION - 1);
        return;
    }
    if (!read_equation(&e, equation))
        return;
    operand *a = &e.in[0];
    for (int i = 0; i < e.count && !nn_onnx_failed(n); i++)
        take_diagonals(&e, &e.in[i]);
    for (int i = 1; i < e.count && !nn_onnx_failed(n); i++)
        join(&e, a, &e.in[i], i + 1);
    if (!nn_onnx_failed(n))
        sum_alone(&e, a, NULL, e.count);
    if (!nn_onnx_failed(n))
        nn_onnx_output(n, 0, nn_onnx_retype(n, arrange(&e, a, e.out.label), n->in[0]->integer));
}

const nn_onnx_op nn_onnx_einsum[] = {
    {"Einsum", 1, NN_ONNX_MAX_IN, 1, build_einsum, 0},
    {0},
};
