/* One conversion from beginning to end. */
#ifndef CONVERTER_CONVERT_H
#define CONVERTER_CONVERT_H

#include "converter/options.h"

/* Reads the EXPORTs, judges, writes and publishes. The exit status of README.md:
 * 0, 1 or 5, or that of a failure, which is then set. What people are to read is appended to
 * `told`. Starts threads unless options->threads is 1; none is left when it returns. */
int convert(const struct options *options, struct buf *told, struct failure *failure);

#endif
