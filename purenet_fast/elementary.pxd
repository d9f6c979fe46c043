cdef extern from "kernels/elementary.h" nogil:
    double purenet_exp(double x)
    double purenet_log(double x)
    double purenet_log1p(double x)
    double purenet_tanh(double x)
    double purenet_sigmoid(double z)
    double purenet_sigmoid_loss(double z, double y, double e)
    double purenet_cos(double x)
    double PURENET_LARGEST_ANGLE
