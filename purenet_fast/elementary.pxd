cdef extern from "kernels/elementary.h" nogil:
    double purenet_exp(double x)
    double purenet_log(double x)
    double purenet_log1p(double x)
    double purenet_tanh(double x)
    double purenet_sigmoid(double z)
