// SPDX-License-Identifier: MIT
// Numbers in another order: y is written from its first number to its last.
typedef struct walk {
    int rank, base;        // axes of y; where x begins
    int count[6], step[6]; // of each axis: its length in y, floats of x
} walk;

static void run_walk(const walk *t, const float *x, float *y)
{
    const int last = t->rank - 1;
    int at[6] = {0}, from = t->base, axis;
    do {
        for (int i = 0; i < (last < 0 ? 1 : t->count[last]); i++)
            *y++ = x[from + (last < 0 ? 0 : i * t->step[last])];
        for (axis = last - 1; axis >= 0; axis--) {
            from += t->step[axis];
            if (++at[axis] < t->count[axis])
                break;
            from -= t->step[axis] * t->count[axis];
            at[axis] = 0;
        }
    } while (axis >= 0);
}
