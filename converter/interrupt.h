/* SIGINT, SIGTERM and SIGHUP end a run cleanly: the stage is removed, then the signal is raised
 * again so that the caller sees it. SIGPIPE is ignored: a write says so itself. */
#ifndef CONVERTER_INTERRUPT_H
#define CONVERTER_INTERRUPT_H

#include <stdbool.h>

/* Once, before the first thread. */
void interrupt_catch(void);

/* Whether one of the signals has come. Any thread. */
bool interrupted(void);

/* Dies of the signal that came, if one did. */
void interrupt_raise(void);

#endif
