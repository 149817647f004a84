// SPDX-License-Identifier: MIT
// A program on a bare Cortex-M board of QEMU: runs the test of an exported network and says through
// semihosting how many numbers are wrong and how many instructions a run took.
#include "net.h"

#include <stdint.h>
#include <string.h>

int net_test(void);
void start(void);

extern uint32_t data_from[], data_begin[], data_end[], zero_begin[], zero_end[], stack_end[];

static int call_host(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void say(const char *word, uint32_t number)
{
    enum { WRITE0 = 4 };
    char text[80], digits[12];
    int n = 0, at = 0;
    while (word[at] && at < 60)
        text[at] = word[at], at++;
    do
        digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    while (n > 0)
        text[at++] = digits[--n];
    text[at++] = '\n';
    text[at] = '\0';
    call_host(WRITE0, text);
}

static void end(int wrong)
{
    enum { EXIT = 0x18, EXIT_EXTENDED = 0x20, STOPPED = 0x20026 };
    const uint32_t block[2] = {STOPPED, (uint32_t)wrong};
    call_host(EXIT_EXTENDED, block);
    call_host(EXIT, (const void *)(uintptr_t)STOPPED);
    for (;;)
        ;
}

// The timer counts down at the board's reference clock of 1 MHz; -icount makes time of
// instructions.
#define TIMER ((volatile uint32_t *)0xe000e010)
enum { CONTROL, RELOAD, VALUE, RUNS = 1, MOST = 0xffffff };

// Paints the stack below, and finds how much of it a run used.
static uint32_t *paint(void)
{
    uint32_t here, *p = zero_end;
    for (; p < &here - 16; p++)
        *p = 0x5a5a5a5a;
    return p;
}

static uint32_t count_stack(void)
{
    const uint32_t *p = zero_end;
    while (*p == 0x5a5a5a5a)
        p++;
    return (uint32_t)((const char *)stack_end - (const char *)p);
}

void start(void)
{
    memcpy(data_begin, data_from, (size_t)((char *)data_end - (char *)data_begin));
    for (volatile uint32_t *p = zero_begin; p < zero_end; p++)
        *p = 0;
#if defined(__ARM_FP)
    *(volatile uint32_t *)0xe000ed88 |= 0xf << 20; // lets the program use the floating point unit
    __asm__ volatile("dsb\nisb");
#endif
    const int wrong = net_test();
    paint();
    TIMER[RELOAD] = MOST;
    TIMER[VALUE] = 0;
    TIMER[CONTROL] = RUNS;
    const uint32_t before = TIMER[VALUE];
    net_run();
    const uint32_t after = TIMER[VALUE];
    say("ticks ", (before - after) & MOST);
    say("stack ", count_stack());
    say("wrong ", (uint32_t)wrong);
    end(wrong > 0);
}

static void halt(void)
{
    say("fault", 0);
    end(2);
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))stack_end, start, halt, halt, halt, halt, halt};
