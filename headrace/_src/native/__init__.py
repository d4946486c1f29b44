"""The optional library of C++ kernels; see `library`."""
