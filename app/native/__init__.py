"""Inner loops in C (`kernels.c`): arrays in, arrays out; what is damaged is refused with `IndexError`."""
