#pragma once
#include <dnnl.h>

// The OpenMP runtime that oneDNN is built with: how many threads its primitives use on the calling thread.
extern void omp_set_num_threads(int);
