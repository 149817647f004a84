// SPDX-License-Identifier: MIT
// Lowers the priority of a thread on Linux, where each thread has its own nice value.
#include "plugins/common/background.h"

#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LOW = 10, LOWEST = 19 };

void nero_background(NeroBackground how)
{
    const id_t self = (id_t)syscall(SYS_gettid);
    const int nice = getpriority(PRIO_PROCESS, self) + LOW;
    setpriority(PRIO_PROCESS, self,
                how == NERO_BACKGROUND_LOWEST || nice > LOWEST ? LOWEST : nice);
}
#else
void nero_background(NeroBackground how)
{
    (void)how;
}
#endif
