// What the tools are told beside the C++, and the only file in which it matters which of them reads.
//
//   HLS(PIPELINE, II=1)            Vitis HLS: #pragma HLS pipeline II=1. A compiler passes over it.
//   CHANNEL(fires, 2, ap_uint<N>)  a stream between two processes: its name, how many words it holds, their type
//
// Vitis HLS takes a pragma out of a macro if there is another one between (UG1399, "Using Constants with Pragmas").
// A directive is pasted, never expanded: INLINE is a macro in the ap_int headers.
//
// Bambu is told nothing here (FOR_BAMBU, of its config.hpp): to it UNROLL stands before a loop, PIPELINE is none of a
// loop's, and a DATAFLOW out of a macro has no place in a function's text and is an error. So hls/bambu.py writes what it
// needs. Its streams have no names, and would take one for a file's.
#pragma once

#include <hls_stream.h>

#define HLS_TEXT(...) _Pragma(#__VA_ARGS__)

#ifdef FOR_BAMBU
#define HLS(directive, ...)
#define CHANNEL(name, words, ...) hls::stream<__VA_ARGS__> name;
#else
#define HLS(directive, ...) DIRECTIVE_##directive(__VA_ARGS__)
#define CHANNEL(name, words, ...)         \
    hls::stream<__VA_ARGS__> name(#name); \
    HLS(STREAM, variable=name type=fifo depth=words)
#endif

#define DIRECTIVE_ARRAY_PARTITION(...) HLS_TEXT(HLS array_partition __VA_ARGS__)
#define DIRECTIVE_ARRAY_RESHAPE(...) HLS_TEXT(HLS array_reshape __VA_ARGS__)
#define DIRECTIVE_BIND_OP(...) HLS_TEXT(HLS bind_op __VA_ARGS__)
#define DIRECTIVE_BIND_STORAGE(...) HLS_TEXT(HLS bind_storage __VA_ARGS__)
#define DIRECTIVE_DATAFLOW(...) HLS_TEXT(HLS dataflow __VA_ARGS__)
#define DIRECTIVE_DEPENDENCE(...) HLS_TEXT(HLS dependence __VA_ARGS__)
#define DIRECTIVE_INLINE(...) HLS_TEXT(HLS inline __VA_ARGS__)
#define DIRECTIVE_INTERFACE(...) HLS_TEXT(HLS interface __VA_ARGS__)
#define DIRECTIVE_LOOP_TRIPCOUNT(...) HLS_TEXT(HLS loop_tripcount __VA_ARGS__)
#define DIRECTIVE_PIPELINE(...) HLS_TEXT(HLS pipeline __VA_ARGS__)
#define DIRECTIVE_RESET(...) HLS_TEXT(HLS reset __VA_ARGS__)
#define DIRECTIVE_STREAM(...) HLS_TEXT(HLS stream __VA_ARGS__)
#define DIRECTIVE_UNROLL(...) HLS_TEXT(HLS unroll __VA_ARGS__)
