// SPDX-License-Identifier: MIT
// Which of several words was meant by one that is none of them.
#include "nn/base/spelling.h"

#include <string.h>

enum { MOST = 63, PREFIX = 3 };

static char plain(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c == '_' ? '-' : c;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int length_of(const char *text)
{
    const size_t length = strlen(text);
    return length < MOST ? (int)length : MOST;
}

int nn_spelling_distance(const char *a, const char *b)
{
    int rows[3][MOST + 1]; // of the table of distances between beginnings: this one, two before
    const int n = length_of(a), m = length_of(b);
    for (int k = 0; k <= m; k++)
        rows[0][k] = k;
    for (int i = 1; i <= n; i++) {
        int *now = rows[i % 3];
        const int *before = rows[(i + 2) % 3], *two = rows[(i + 1) % 3];
        now[0] = i;
        for (int k = 1; k <= m; k++) {
            const char x = plain(a[i - 1]), y = plain(b[k - 1]);
            now[k] = least(least(before[k], now[k - 1]) + 1, before[k - 1] + (x != y));
            if (i > 1 && k > 1 && x == plain(b[k - 2]) && plain(a[i - 2]) == y)
                now[k] = least(now[k], two[k - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

static int begins_with(const char *word, const char *beginning)
{
    for (; *beginning; word++, beginning++)
        if (plain(*word) != plain(*beginning))
            return 0;
    return 1;
}

const char *nn_spelling_nearest(const char *typed, const char *const *words, int count)
{
    const int length = length_of(typed);
    const char *best = NULL;
    const int most = length < PREFIX ? 0 : least((length + 1) / 3, 3);
    int distance = most + 1; // not near any more
    for (int i = 0; i < count; i++) {
        int d = nn_spelling_distance(typed, words[i]);
        if (length >= PREFIX && begins_with(words[i], typed))
            d = least(d, 1);
        else if (length_of(words[i]) >= PREFIX && begins_with(typed, words[i]))
            d = least(d, most);
        if (d < distance || (best && d == distance && strcmp(words[i], best) < 0)) {
            distance = d;
            best = words[i];
        }
    }
    return best;
}
