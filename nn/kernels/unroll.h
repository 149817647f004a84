// SPDX-License-Identifier: MIT
// Macros that expand and unroll those x86 kernels that keep arrays in registers.
#ifndef NN_KERNELS_UNROLL_H
#define NN_KERNELS_UNROLL_H

// Arrays stay in registers only when functions over them are inlined and loops are unrolled for
// every size. Under a sanitizer, where each load becomes many instructions, one version of each
// function serves all sizes: otherwise these files would take minutes to compile.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NN_SANITIZED 1
#endif
#endif
#define NN_PRAGMA(text) _Pragma(#text)
#if defined(__SANITIZE_ADDRESS__) || defined(NN_SANITIZED)
#define NN_INLINE static __attribute__((noinline, unused))
#define NN_UNROLL(n) NN_PRAGMA(GCC unroll 1)
#define NN_UNFILLED = {0} // not inlined, the compiler cannot see that arrays are filled before use
#else
#define NN_INLINE static inline __attribute__((always_inline, unused))
#define NN_UNFILLED
#ifdef __clang__ // with a number it unrolls after it has decided what stays in registers
#define NN_UNROLL(n) NN_PRAGMA(clang loop unroll(full))
#else
#define NN_UNROLL(n) NN_PRAGMA(GCC unroll n)
#endif
#endif

#endif
