// SPDX-License-Identifier: MIT
// How the x86 versions of kernels that keep arrays in registers are expanded.
#ifndef NN_KERNELS_UNROLL_H
#define NN_KERNELS_UNROLL_H

// Arrays stay in registers only when functions over them are expanded and loops unrolled for every
// size. Under a sanitizer each load becomes many instructions: then one version of each function
// serves all sizes, or these files would take minutes to compile.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NN_SANITIZED 1
#endif
#endif
#define NN_PRAGMA(text) _Pragma(#text)
#if defined(__SANITIZE_ADDRESS__) || defined(NN_SANITIZED)
#define NN_INLINE static __attribute__((noinline))
#define NN_UNROLL(n) NN_PRAGMA(GCC unroll 1)
#define NN_UNFILLED = {0} // nobody sees any more that arrays are filled before they are read
#else
#define NN_INLINE static inline __attribute__((always_inline))
#define NN_UNROLL(n) NN_PRAGMA(GCC unroll n)
#define NN_UNFILLED
#endif

#endif
